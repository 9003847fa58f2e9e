/* admin_auth.h — who may use the admin listener.
 *
 * With a token: whoever gives it as `Authorization: Bearer TOKEN`, as the password of Basic (any
 * user), or by the cookie that the login sets: an HMAC of the token, so that a browser does not
 * keep the token itself. Without one, which only a loopback listener may be: everybody whose Host
 * is an address or `localhost`, so that no page of another site can reach it by a name of its own.
 */
#ifndef WSRELAY_SOCKET_ADMIN_AUTH_H
#define WSRELAY_SOCKET_ADMIN_AUTH_H

#include <libwebsockets.h>
#include <stdbool.h>

#include "base/err.h"

#define ADMIN_COOKIE_MAX 128

struct admin_auth {
    char *token;                   /* NULL: none is needed */
    char cookie[ADMIN_COOKIE_MAX]; /* "name=value" */
};

/* `token` is copied; NULL: none. What was there is freed. */
int admin_auth_set(struct admin_auth *auth, const char *token) RELAY_MUST_USE;
void admin_auth_deinit(struct admin_auth *auth);
/* Whether that is the token; NULL: whether none is needed. */
bool admin_auth_is(const struct admin_auth *auth, const char *token);

/* Whether the request names a host that this listener answers to. */
bool admin_auth_knows_host(const struct admin_auth *auth, struct lws *wsi);
/* Whether somebody says that he has the token; a cookie may be left from before. */
bool admin_auth_is_claimed(struct lws *wsi);
/* Whether it has the token, or none is needed. */
bool admin_auth_allows(const struct admin_auth *auth, struct lws *wsi);
/* Whether a WebSocket was asked for by a page of this listener, or by no page. */
bool admin_auth_is_same_origin(struct lws *wsi);

#endif

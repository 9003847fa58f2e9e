/* attempt.h — one try of a dial at one address: libwebsockets' client until the WebSocket stands,
 * and the owner of its wsi afterwards.
 *
 * Freed when libwebsockets destroys the wsi. The surprising rule: of a connect that fails, 4.1.6
 * forgets its libuv handle; the attempt finds and closes it, or every try would leave one behind.
 */
#ifndef WSRELAY_SOCKET_ATTEMPT_H
#define WSRELAY_SOCKET_ATTEMPT_H

#include <libwebsockets.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <uv.h>

#include "base/list.h"
#include "socket/url.h"

struct conn;
struct dial;
struct sockets;

/* Begins; NULL when that failed at once, and `dial` knows why (dial_fails). Otherwise dial_fails or
 * dial_stands follows, from the loop. */
struct attempt *attempt_new(struct sockets *sockets, struct dial *dial,
                            const struct sockaddr *address);
/* Nobody wants it any more: it ends soon and tells nobody. */
void attempt_abandon(struct attempt *attempt);
/* All that libwebsockets forgot, once its context is gone. */
void attempts_free(struct sockets *sockets);

/* The one with this descriptor that has not become a connection yet; NULL. */
struct attempt *attempt_find(struct sockets *sockets, int fd);
/* Where it goes. */
const struct url *attempt_url(const struct attempt *attempt);
/* The peer's certificate is refused. `reason` is static. */
void attempt_distrusts(struct attempt *attempt, const char *reason);

/* The protocol of the vhost that dials. */
extern const struct lws_protocols attempt_protocols[];

#endif

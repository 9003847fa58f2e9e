/* handshake.h — the checks before a WebSocket upgrade, with a real HTTP status for each refusal. */
#ifndef WSRELAY_SOCKET_HANDSHAKE_H
#define WSRELAY_SOCKET_HANDSHAKE_H

#include <libwebsockets.h>

struct conn;

struct handshake_refusal {
    unsigned status;     /* 0: accepted */
    const char *headers; /* as struct http_answer's */
    const char *reason;
};

/* Whether the request is a handshake as RFC 6455 wants it, for this subprotocol or none. */
struct handshake_refusal handshake_check_request(struct lws *wsi, int method,
                                                 const char *subprotocol);

/* LWS_CALLBACK_HTTP_CONFIRM_UPGRADE: 0 lets the upgrade go on; -1: it was answered, and the
 * connection ends. */
int handshake_check(struct conn *conn);

#endif

/* handshake.h — the checks before a WebSocket upgrade, with a real HTTP status for each refusal. */
#ifndef WSRELAY_SOCKET_HANDSHAKE_H
#define WSRELAY_SOCKET_HANDSHAKE_H

struct conn;

/* LWS_CALLBACK_HTTP_CONFIRM_UPGRADE: 0 lets the upgrade go on; -1: it was answered, and the
 * connection ends. */
int handshake_check(struct conn *conn);

#endif

/* dialer.h — connecting to other nodes: resolve the name, try its addresses, shake hands.
 *
 * A dial ends with mesh_dialled or mesh_dial_failed, never from inside of dialer_dial, and within
 * DIAL_MS; the exceptions are dialer_cancel, and want of memory for the dial itself, which end it
 * without a word. What stands then is a connection like any other (conn.h). */
#ifndef WSRELAY_SOCKET_DIALER_H
#define WSRELAY_SOCKET_DIALER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/list.h"
#include "socket/url.h"

#define DIAL_MS 10000
#define DIAL_REASON_MAX 128
#define DIAL_TOKEN_MAX 1024

struct config;
struct conn;
struct dial;
struct lws_vhost;
struct sockets;
struct ssl_ctx_st;

/* Open to socket/ alone. */
struct dialer {
    struct lws_vhost *vhost;
    struct ssl_ctx_st *tls;
    struct list dials;    /* struct dial.node, oldest first */
    struct list attempts; /* struct attempt.node */
    bool is_closed;
};

/* After libwebsockets' context; dialer_init before everything. */
void dialer_init(struct dialer *dialer);
int dialer_open(struct sockets *sockets, const struct config *config,
                struct buf *error) RELAY_MUST_USE;
/* Ends the dials; the mesh hears no more of them, nor of those to come. */
void dialer_close(struct sockets *sockets);
/* After the loop and libwebsockets' context have ended. */
void dialer_free(struct sockets *sockets);

/* Connects to a node. The mesh knows the dial by its number. Strings are copied. */
void dialer_dial(struct sockets *sockets, uint64_t dial, const char *url, const char *token);
/* The mesh does not want it any more; an unknown number changes nothing. */
void dialer_cancel(struct sockets *sockets, uint64_t dial);

/* Ten times a second: who is over its time, and whose next address is due. */
void dialer_tick(struct sockets *sockets, uint64_t now_ms);

/* For attempt.c alone: what became of an attempt; whether to close it. */
void dial_fails(struct dial *dial, const char *reason);
int dial_stands(struct dial *dial, struct conn *conn);
const struct url *dial_url(const struct dial *dial);
const char *dial_token(const struct dial *dial);

#endif

/* flush.h — the write path: once a turn of the loop, all that waits for a connection in one write.
 *
 * Source: docs/performance.md. Ready-made frames go through libwebsockets untouched
 * (LWS_WRITE_HTTP). The work of one turn is bounded, so a large fan-out does not hold the loop. */
#ifndef WSRELAY_SOCKET_FLUSH_H
#define WSRELAY_SOCKET_FLUSH_H

#include <stdbool.h>

struct conn;
struct sockets;

/* The loop's part of it; flush_close before sockets_free. */
int flush_open(struct sockets *sockets);
void flush_close(struct sockets *sockets);

/* Frames wait for this connection: put it on a list, once; with an answer among them, on the one
 * that goes first. */
void flush_mark(struct conn *conn, bool is_answer);
/* The socket takes bytes again. */
void flush_unblock(struct conn *conn);
/* Writes what waits right now, as far as the socket takes it. */
void flush_now(struct conn *conn);

#endif

/* intake.h — reads on from connections that have more, so that what arrived together leaves
 * together.
 *
 * libwebsockets reads at most rx_buffer_size bytes of a connection in a turn of the loop, and that
 * buffer is kept small because every connection owns one. A publisher with many messages in flight
 * would then cost a write to every subscriber for each kilobyte; read on, a turn takes tens of
 * them, and each subscriber still costs one write. */
#ifndef WSRELAY_SOCKET_INTAKE_H
#define WSRELAY_SOCKET_INTAKE_H

#include <stddef.h>

struct conn;
struct sockets;

/* Pieces of messages came: a connection that filled its buffer is read on before the flush. */
void intake_count(struct conn *conn, size_t len);

/* Reads on, within the bounds of one turn: in reads, and in the deliveries that they cause. */
void intake_turn(struct sockets *sockets);

#endif

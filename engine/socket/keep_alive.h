/* keep_alive.h — the one timer for all connections: pings the idle, ends the dead, the stuck and
 * the slow; and drives the dialer. */
#ifndef WSRELAY_SOCKET_KEEP_ALIVE_H
#define WSRELAY_SOCKET_KEEP_ALIVE_H

struct sockets;

int keep_alive_open(struct sockets *sockets);
void keep_alive_close(struct sockets *sockets);

#endif

/* listener.h — one listening socket: accepts, and says when it cannot.
 *
 * Accepting is ours because libwebsockets' own loops on a lack of descriptors, and cannot refuse
 * with an answer. Heap: listener_open, listener_close, which ends asynchronously. */
#ifndef WSRELAY_SOCKET_LISTENER_H
#define WSRELAY_SOCKET_LISTENER_H

#include <netinet/in.h>

#include "base/buf.h"
#include "config.h"

struct listener;
struct sockets;

/* Takes a connection over, its descriptor with it. */
typedef void listener_take(void *context, int fd, const struct sockaddr_storage *peer);

/* Listens on the sockets' loop. NULL: `error` holds a message for a person. */
struct listener *listener_open(struct sockets *sockets, const struct config_listen *listen_on,
                               const char *scheme, listener_take *take, void *context,
                               struct buf *error);

/* The one that it has where port 0 let the kernel choose. */
unsigned listener_port(const struct listener *listener);

/* No connection any more. NULL is allowed. */
void listener_close(struct listener *listener);

#endif

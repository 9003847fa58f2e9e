/* listener.h — the listening sockets: accept, count, cap, hand over to libwebsockets.
 *
 * Accepting is ours because libwebsockets' own loops on a lack of descriptors, and cannot refuse
 * with an answer. Past a limit a few more are accepted to be told 429 or 503; past those,
 * connections are closed at once. */
#ifndef WSRELAY_SOCKET_LISTENER_H
#define WSRELAY_SOCKET_LISTENER_H

#include "base/buf.h"
#include "config.h"

struct sockets;

/* Binds every address of the configuration; all or none. `error` holds a message for a person. */
int listeners_open(struct sockets *sockets, const struct config *config,
                   struct buf *error) RELAY_MUST_USE;

/* Closes them; safe twice. */
void listeners_close(struct sockets *sockets);

#endif

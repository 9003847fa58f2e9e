/* admission.h — who may come in by the node's ordinary listeners: counts, caps, and hands over to
 * libwebsockets.
 *
 * Past a limit a few more are taken to be told 429 or 503; past those, connections are closed at
 * once. */
#ifndef WSRELAY_SOCKET_ADMISSION_H
#define WSRELAY_SOCKET_ADMISSION_H

#include "base/buf.h"
#include "config.h"

struct sockets;

/* Opens every listener of the configuration. On failure `error` holds a message for a person. */
int admission_open(struct sockets *sockets, const struct config *config,
                   struct buf *error) RELAY_MUST_USE;

/* Nobody comes in any more; safe twice. */
void admission_close(struct sockets *sockets);

#endif

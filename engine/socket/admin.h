/* admin.h — the admin listener: /livez and /readyz, what the scripts answer (/metrics, /overview
 * …), and a WebSocket, /overview/live, for those who watch.
 *
 * Plain HTTP, also where the node's ordinary listeners have TLS. Few connections, so libwebsockets
 * does here what it does well: its writes, its timers. It listens until the node has ended, also
 * while it drains. Who may: admin_auth.h. */
#ifndef WSRELAY_SOCKET_ADMIN_H
#define WSRELAY_SOCKET_ADMIN_H

#include "socket/sockets.h"

struct admin;

/* Listens nowhere yet. NULL for want of memory. */
struct admin *admin_new(struct sockets *sockets);

/* See sockets_apply_admin. */
int admin_apply(struct admin *admin, const struct config *config, struct buf *error) RELAY_MUST_USE;

/* See sockets_show. */
size_t admin_show(struct admin *admin, struct text text);

/* Nobody comes in any more; libwebsockets closes those that are there. NULL is allowed. */
void admin_close(struct admin *admin);
/* After the context is gone. NULL is allowed. */
void admin_free(struct admin *admin);

#endif

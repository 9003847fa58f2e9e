/* control_socket.h — the file of ctl's socket: made so that its owner alone can open it, and taken
 * away again.
 *
 * What stands at the path is replaced when it is a socket that nobody listens on; anything else is
 * left alone and refused. The owner's storage: {.fd = -1}, control_socket_open, and at the end
 * control_socket_remove; `fd` is handed to whoever listens on it. */
#ifndef WSRELAY_CONTROL_SOCKET_H
#define WSRELAY_CONTROL_SOCKET_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"

struct control_socket {
    int fd; /* listens, does not block */
    char *path;
    dev_t device; /* of the file that was made here */
    ino_t inode;
};

/* On failure nothing is open, and `error` says for a person why. */
int control_socket_open(struct control_socket *socket, const char *path,
                        struct buf *error) RELAY_MUST_USE;
/* Removes the file, unless another one stands there by now. The descriptor is left alone. */
void control_socket_remove(struct control_socket *socket);

/* Whether who connected is this process' user, or root. */
bool control_socket_admits(int fd);

#endif

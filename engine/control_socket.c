/* control_socket.c — see control_socket.h. */
#include "control_socket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 16

static int refuse(struct buf *error, const char *path, const char *why)
{
    buf_add_text(error, "control: ");
    buf_add_text(error, path);
    buf_add_text(error, ": ");
    buf_add_text(error, why);
    return RELAY_ESYSTEM;
}

static int new_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* Anything but a refusal means that somebody is there: a full queue, too. */
static bool is_listened_on(const struct sockaddr_un *address)
{
    int fd = new_socket();
    bool is_live =
        fd >= 0 && (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
                    (errno != ECONNREFUSED && errno != ENOENT));
    if (fd >= 0)
        close(fd);
    return is_live;
}

/* Makes room for the new file, where that harms nobody. */
static int make_room(const struct sockaddr_un *address, struct buf *error)
{
    struct stat status;
    const char *path = address->sun_path;
    if (lstat(path, &status) != 0)
        return errno == ENOENT ? 0 : refuse(error, path, strerror(errno));
    if (!S_ISSOCK(status.st_mode))
        return refuse(error, path, "there is a file that is no socket");
    if (is_listened_on(address))
        return refuse(error, path, "another node listens there");
    return unlink(path) == 0 || errno == ENOENT ? 0 : refuse(error, path, strerror(errno));
}

/* The mask, so that not for a moment somebody else could open it. */
static int bind_private(int fd, const struct sockaddr_un *address)
{
    mode_t mask = umask(0177);
    int result = bind(fd, (const struct sockaddr *)address, sizeof(*address));
    int why = errno;
    umask(mask);
    errno = why;
    return result;
}

static int listen_at(struct control_socket *made, const struct sockaddr_un *address)
{
    struct stat status;
    made->fd = new_socket();
    if (made->fd < 0 || bind_private(made->fd, address) != 0)
        return RELAY_ESYSTEM;
    if (lstat(address->sun_path, &status) == 0) {
        made->device = status.st_dev;
        made->inode = status.st_ino;
    }
    return listen(made->fd, BACKLOG) == 0 ? 0 : RELAY_ESYSTEM;
}

int control_socket_open(struct control_socket *made, const char *path, struct buf *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    *made = (struct control_socket){.fd = -1};
    if (strlen(path) >= sizeof(address.sun_path))
        return refuse(error, path, "the path is longer than a socket's can be, 107 bytes");
    memcpy(address.sun_path, path, strlen(path) + 1);
    int err = make_room(&address, error);
    if (err)
        return err;
    made->path = strdup(path);
    if (!made->path)
        return RELAY_ENOMEM;
    if (listen_at(made, &address) == 0)
        return 0;
    err = refuse(error, path, strerror(errno));
    if (made->fd >= 0)
        close(made->fd);
    control_socket_remove(made);
    return err;
}

void control_socket_remove(struct control_socket *made)
{
    struct stat status;
    if (made->path && made->inode && lstat(made->path, &status) == 0 && S_ISSOCK(status.st_mode) &&
        status.st_dev == made->device && status.st_ino == made->inode)
        unlink(made->path);
    free(made->path);
    *made = (struct control_socket){.fd = -1};
}

bool control_socket_admits(int fd)
{
    struct ucred peer;
    socklen_t len = sizeof(peer);
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
           (peer.uid == geteuid() || peer.uid == 0);
}

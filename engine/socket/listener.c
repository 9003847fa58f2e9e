/* listener.c — see listener.h. */
#include "socket/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "socket/sockets.h"

#define BACKLOG 4096
#define ACCEPT_TURN 64      /* connections taken in one turn of the loop */
#define ACCEPT_RETRY_MS 200 /* after a lack of descriptors */

struct listener {
    struct sockets *sockets;
    uv_poll_t poll;
    uv_timer_t retry; /* after a lack of descriptors */
    unsigned handles; /* open ones */
    int fd;
    listener_take *take;
    void *context;
};

static void say(struct buf *error, const char *what, const char *host, unsigned port)
{
    char text[256];
    snprintf(text, sizeof(text), "cannot %s %s port %u: %s", what, host, port, strerror(errno));
    buf_add_text(error, text);
}

static socklen_t address_of(const struct config_listen *listen, struct sockaddr_storage *address)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;
    memset(address, 0, sizeof(*address));
    if (inet_pton(AF_INET, listen->host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(listen->port);
        return sizeof(*v4);
    }
    if (inet_pton(AF_INET6, listen->host, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(listen->port);
        return sizeof(*v6);
    }
    errno = EINVAL;
    return 0;
}

/* "[::]:8080" takes IPv6 alone, so that it can stand beside "0.0.0.0:8080". */
static int bind_socket(const struct config_listen *listen_on, struct buf *error)
{
    struct sockaddr_storage address;
    const int yes = 1;
    socklen_t len = address_of(listen_on, &address);
    int fd = len ? socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0) : -1;
    if (fd < 0)
        goto failed;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (address.ss_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof(yes));
    if (bind(fd, (struct sockaddr *)&address, len) || listen(fd, BACKLOG))
        goto failed;
    return fd;
failed:
    say(error, "listen on", listen_on->host, listen_on->port);
    if (fd >= 0)
        close(fd);
    return -1;
}

static unsigned bound_port(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address = {0};
    socklen_t len = sizeof(address);
    if (getsockname(fd, &address.any, &len))
        return 0;
    return ntohs(address.any.sa_family == AF_INET ? address.v4.sin_port : address.v6.sin6_port);
}

static void listen_again(uv_timer_t *timer);

/* Out of descriptors or memory: waiting connections stay in the kernel's queue until the next try.
 */
static void rest(struct listener *listener)
{
    struct sockets *sockets = listener->sockets;
    log_event_gated(sockets->relay->log, &sockets->gates.accept, clock_ms(&sockets->relay->clock),
                    LOG_ERROR, "cannot accept", LOG_FIELDS(LOG_STR("error", strerror(errno))));
    uv_poll_stop(&listener->poll);
    uv_timer_start(&listener->retry, listen_again, ACCEPT_RETRY_MS, 0);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct listener *listener = poll->data;
    (void)status, (void)events;
    for (int i = 0; i < ACCEPT_TURN; i++) {
        struct sockaddr_storage peer = {0};
        socklen_t len = sizeof(peer);
        int fd =
            accept4(listener->fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            listener->take(listener->context, fd, &peer);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            rest(listener);
            return;
        } else if (errno != ECONNABORTED && errno != EINTR) {
            return;
        }
    }
}

static void listen_again(uv_timer_t *timer)
{
    struct listener *listener = timer->data;
    uv_poll_start(&listener->poll, UV_READABLE, on_readable);
}

static int watch(struct listener *listener)
{
    uv_loop_t *loop = listener->sockets->loop;
    int err = uv_poll_init(loop, &listener->poll, listener->fd);
    if (err)
        return RELAY_ESYSTEM;
    uv_timer_init(loop, &listener->retry);
    listener->handles = 2;
    listener->poll.data = listener->retry.data = listener;
    uv_poll_start(&listener->poll, UV_READABLE, on_readable);
    return 0;
}

struct listener *listener_open(struct sockets *sockets, const struct config_listen *listen_on,
                               const char *scheme, listener_take *take, void *context,
                               struct buf *error)
{
    struct listener *listener = calloc(1, sizeof(*listener));
    if (!listener)
        return NULL;
    listener->sockets = sockets;
    listener->take = take;
    listener->context = context;
    listener->fd = bind_socket(listen_on, error);
    if (listener->fd >= 0 && watch(listener) != 0) {
        close(listener->fd);
        listener->fd = -1;
        buf_add_text(error, "cannot watch a listening socket");
    }
    if (listener->fd < 0) {
        free(listener);
        return NULL;
    }
    log_info(sockets->relay->log, "listening", LOG_STR("address", listen_on->host),
             LOG_INT("port", bound_port(listener->fd)), LOG_STR("scheme", scheme));
    return listener;
}

unsigned listener_port(const struct listener *listener)
{
    return bound_port(listener->fd);
}

static void on_closed(uv_handle_t *handle)
{
    struct listener *listener = handle->data;
    if (--listener->handles == 0)
        free(listener);
}

void listener_close(struct listener *listener)
{
    if (!listener)
        return;
    uv_close((uv_handle_t *)&listener->poll, on_closed);
    uv_close((uv_handle_t *)&listener->retry, on_closed);
    close(listener->fd);
}

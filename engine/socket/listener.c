/* listener.c — see listener.h. */
#include "socket/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "socket/conn.h"

#define BACKLOG 4096
#define ACCEPT_TURN 64      /* connections taken in one turn of the loop */
#define REFUSED_MAX 64      /* connections over a limit that are kept to be told so */
#define ACCEPT_RETRY_MS 200 /* after a lack of descriptors */

struct listener {
    uv_poll_t poll;
    struct sockets *sockets;
    int fd;
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

/* Whether there is room for one more, and with which status it must be refused otherwise. -1: not
 * even for that. */
static int refuse_status(struct sockets *sockets, const struct conn *conn)
{
    struct counters *counters = &sockets->relay->counters;
    if (sockets->count > sockets->connections_max) {
        counters->connections_refused_full++;
        return sockets->count > sockets->connections_max + REFUSED_MAX ? -1 : 503;
    }
    size_t most = sockets->connections_per_address;
    if (most && conn->address->connections > most) {
        counters->connections_refused_address++;
        return conn->address->connections > most + REFUSED_MAX ? -1 : 429;
    }
    counters->connections_accepted++;
    return 0;
}

static void log_refused(struct sockets *sockets, const struct conn *conn, const char *event)
{
    log_event_gated(sockets->relay->log, &sockets->gates.accept, clock_ms(&sockets->relay->clock),
                    LOG_WARN, event,
                    LOG_FIELDS(LOG_STR("address", conn->address_text),
                               LOG_INT("connections", sockets->count - 1)));
}

/* libwebsockets frees the connection when it destroys the wsi, also when adopting failed half-way.
 */
static void adopt(struct sockets *sockets, struct conn *conn, int fd)
{
    const int yes = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    lws_adopt_desc_t info = {
        .vh = sockets->vhost,
        .type = LWS_ADOPT_HTTP | LWS_ADOPT_SOCKET | LWS_ADOPT_ALLOW_SSL,
        .fd.sockfd = fd,
        .opaque = conn,
    };
    sockets->is_wsi_created = false;
    if (lws_adopt_descriptor_vhost_via_info(&info) || sockets->is_wsi_created)
        return;
    conn_free(conn); /* libwebsockets has closed the descriptor */
}

static void take(struct sockets *sockets, int fd, const struct sockaddr_storage *peer)
{
    struct conn *conn = conn_new(sockets, peer);
    if (!conn) {
        close(fd);
        return;
    }
    int status = refuse_status(sockets, conn);
    if (status != 0)
        log_refused(sockets, conn,
                    status == 429 ? "too many connections from one address" : "full");
    if (status < 0) {
        close(fd);
        conn_free(conn);
        return;
    }
    conn->refuse_status = (uint16_t)status;
    adopt(sockets, conn, fd);
}

static void listen_again(uv_timer_t *timer);

/* Out of descriptors or memory: waiting connections stay in the kernel's queue until the next try.
 */
static void rest(struct sockets *sockets)
{
    log_event_gated(sockets->relay->log, &sockets->gates.accept, clock_ms(&sockets->relay->clock),
                    LOG_ERROR, "cannot accept", LOG_FIELDS(LOG_STR("error", strerror(errno))));
    for (size_t i = 0; i < sockets->listener_count; i++)
        uv_poll_stop(&sockets->listeners[i].poll);
    uv_timer_start(&sockets->accept_retry, listen_again, ACCEPT_RETRY_MS, 0);
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
            take(listener->sockets, fd, &peer);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            rest(listener->sockets);
            return;
        } else if (errno != ECONNABORTED && errno != EINTR) {
            return;
        }
    }
}

static void listen_again(uv_timer_t *timer)
{
    struct sockets *sockets = timer->data;
    for (size_t i = 0; i < sockets->listener_count; i++)
        uv_poll_start(&sockets->listeners[i].poll, UV_READABLE, on_readable);
}

static int open_one(struct sockets *sockets, const struct config_listen *listen_on,
                    struct buf *error)
{
    struct listener *listener = &sockets->listeners[sockets->listener_count];
    listener->fd = bind_socket(listen_on, error);
    if (listener->fd < 0)
        return RELAY_ESYSTEM;
    listener->sockets = sockets;
    listener->poll.data = listener;
    if (uv_poll_init(sockets->loop, &listener->poll, listener->fd)) {
        close(listener->fd);
        buf_add_text(error, "cannot watch a listening socket");
        return RELAY_ESYSTEM;
    }
    sockets->listener_count++;
    uv_poll_start(&listener->poll, UV_READABLE, on_readable);
    log_info(sockets->relay->log, "listening", LOG_STR("address", listen_on->host),
             LOG_INT("port", bound_port(listener->fd)),
             LOG_STR("scheme", sockets->tls.is_on ? "wss" : "ws"));
    return 0;
}

int listeners_open(struct sockets *sockets, const struct config *config, struct buf *error)
{
    sockets->listeners = calloc(config->listen_count, sizeof(struct listener));
    if (!sockets->listeners)
        return RELAY_ENOMEM;
    uv_timer_init(sockets->loop, &sockets->accept_retry);
    sockets->accept_retry.data = sockets;
    for (size_t i = 0; i < config->listen_count; i++) {
        int err = open_one(sockets, &config->listen[i], error);
        if (err)
            return err;
    }
    return 0;
}

void listeners_close(struct sockets *sockets)
{
    for (size_t i = 0; i < sockets->listener_count; i++) {
        uv_poll_stop(&sockets->listeners[i].poll);
        uv_close((uv_handle_t *)&sockets->listeners[i].poll, NULL);
        close(sockets->listeners[i].fd);
    }
    sockets->listener_count = 0;
    if (sockets->accept_retry.data)
        uv_timer_stop(&sockets->accept_retry);
}

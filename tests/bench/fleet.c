/* fleet.c — opening and driving the connections of a fleet. */
#include "fleet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "process.h"
#include "ws.h"

enum { EVENTS_MAX = 512, SOURCE_PORTS = 10000, CONNECT_SECONDS = 60 };

void fleet_fail(struct fleet *fleet, const char *format, ...)
{
    va_list arguments;
    if (fleet->error[0] != '\0') {
        return;
    }
    va_start(arguments, format);
    vsnprintf(fleet->error, sizeof fleet->error, format, arguments);
    va_end(arguments);
}

void bytes_append(struct bytes *bytes, const char *data, size_t length)
{
    if (bytes->length + length > bytes->capacity) {
        size_t capacity = bytes->capacity == 0 ? 256 : bytes->capacity;
        while (capacity < bytes->length + length) {
            capacity *= 2;
        }
        bytes->data = realloc(bytes->data, capacity);
        if (bytes->data == NULL) {
            abort();
        }
        bytes->capacity = capacity;
    }
    if (length > 0) {
        memcpy(bytes->data + bytes->length, data, length);
        bytes->length += length;
    }
}

void bytes_free(struct bytes *bytes)
{
    free(bytes->data);
    *bytes = (struct bytes){0};
}

bool fleet_init(struct fleet *fleet, const struct options *options, unsigned count)
{
    *fleet = (struct fleet){.options = options, .count = count};
    process_allow_files(count + 64U);
    fleet->epoll = epoll_create1(EPOLL_CLOEXEC);
    fleet->conns = calloc(count, sizeof *fleet->conns);
    fleet->buffer = malloc(READ_BYTES);
    if (fleet->epoll < 0 || fleet->conns == NULL || fleet->buffer == NULL) {
        fleet_fail(fleet, "cannot set up: %s", strerror(errno));
        return false;
    }
    return true;
}

void fleet_free(struct fleet *fleet)
{
    for (unsigned i = 0; fleet->conns != NULL && i < fleet->count; i++) {
        struct conn *conn = &fleet->conns[i];
        if (conn->state != CONN_UNUSED) {
            close(conn->fd);
        }
        bytes_free(&conn->rest);
        bytes_free(&conn->part);
        bytes_free(&conn->out);
    }
    free(fleet->conns);
    free(fleet->buffer);
    if (fleet->epoll >= 0) {
        close(fleet->epoll);
    }
}

void conn_want_write(struct fleet *fleet, struct conn *conn, bool wanted)
{
    struct epoll_event event = {.events = EPOLLIN | (wanted ? (uint32_t)EPOLLOUT : 0U)};
    if (conn->wants_write == wanted) {
        return;
    }
    event.data.ptr = conn;
    conn->wants_write = wanted;
    if (epoll_ctl(fleet->epoll, EPOLL_CTL_MOD, conn->fd, &event) != 0) {
        fleet_fail(fleet, "epoll_ctl: %s", strerror(errno));
    }
}

void conn_flush(struct fleet *fleet, struct conn *conn)
{
    struct bytes *out = &conn->out;
    if (out->length == 0 || conn->mid_frame) {
        return;
    }
    ssize_t sent = send(conn->fd, out->data, out->length, MSG_NOSIGNAL);
    if (sent < 0) {
        if (errno != EAGAIN && errno != ENOTCONN) {
            fleet_fail(fleet, "send: %s", strerror(errno));
        }
        sent = 0;
    }
    out->length -= (size_t)sent;
    memmove(out->data, out->data + sent, out->length);
    /* A publisher may also wait to send its messages: its owner knows. */
    if (conn->role == SUBSCRIBER || out->length > 0) {
        conn_want_write(fleet, conn, out->length > 0);
    }
}

void conn_send(struct fleet *fleet, struct conn *conn, const char *data, size_t length)
{
    bytes_append(&conn->out, data, length);
    conn_flush(fleet, conn);
}

/* Ports of one address run out: take the next address of the loopback network. */
static bool bind_source(struct fleet *fleet, int fd, unsigned index)
{
    unsigned sources = fleet->options->sources;
    int on = 1;
    if (sources == 0) {
        sources = 1 + fleet->count / SOURCE_PORTS;
    }
    if (sources == 1) {
        return true;
    }
    struct sockaddr_in from = {.sin_family = AF_INET};
    from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + index % sources);
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    return bind(fd, (struct sockaddr *)&from, sizeof from) == 0;
}

static bool start(struct fleet *fleet, struct conn *conn, unsigned index)
{
    const struct options *options = fleet->options;
    uint16_t port = conn->role == PUBLISHER ? options->publish_port : options->port;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT};
    int on = 1;
    char path[200];
    char request[500];
    conn->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (conn->fd < 0 || inet_pton(AF_INET, options->host, &to.sin_addr) != 1) {
        fleet_fail(fleet, "no socket to %s: %s", options->host, strerror(errno));
        return false;
    }
    conn->state = CONN_UPGRADING;
    conn->wants_write = true;
    setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (!bind_source(fleet, conn->fd, index) ||
        (connect(conn->fd, (struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS)) {
        fleet_fail(fleet, "connect %u: %s", index, strerror(errno));
        return false;
    }
    event.data.ptr = conn;
    if (epoll_ctl(fleet->epoll, EPOLL_CTL_ADD, conn->fd, &event) != 0) {
        fleet_fail(fleet, "epoll_ctl: %s", strerror(errno));
        return false;
    }
    options->dialect->path(path, sizeof path, conn->role, conn->channel);
    int length = snprintf(request, sizeof request,
                          "GET %s HTTP/1.1\r\nHost: %s:%u\r\nUpgrade: websocket\r\n"
                          "Connection: Upgrade\r\nSec-WebSocket-Key: " WS_KEY "\r\n"
                          "Sec-WebSocket-Version: 13\r\n\r\n",
                          path, options->host, port);
    bytes_append(&conn->out, request, (size_t)length);
    return true;
}

bool fleet_connect(struct fleet *fleet, unsigned from, unsigned to)
{
    uint64_t deadline = clock_now() + (uint64_t)CONNECT_SECONDS * 1000000000U;
    unsigned before = fleet->ready;
    unsigned started = 0;
    while (fleet->ready - before < to - from) {
        while (from + started < to && before + started - fleet->ready < CONNECTING_MAX) {
            if (!start(fleet, &fleet->conns[from + started], from + started)) {
                return false;
            }
            started++;
        }
        if (!fleet_poll(fleet, 100000000)) {
            return false;
        }
        if (clock_now() > deadline) {
            fleet_fail(fleet, "only %u of %u connections were made in %d s", fleet->ready - before,
                       to - from, CONNECT_SECONDS);
            return false;
        }
    }
    return true;
}

bool fleet_poll(struct fleet *fleet, uint64_t nanoseconds)
{
    struct epoll_event events[EVENTS_MAX];
    struct timespec timeout = {.tv_sec = (time_t)(nanoseconds / 1000000000U),
                               .tv_nsec = (long)(nanoseconds % 1000000000U)};
    if (fleet->options->spin) {
        timeout = (struct timespec){0};
    }
    int count = epoll_pwait2(fleet->epoll, events, EVENTS_MAX, &timeout, NULL);
    for (int i = 0; i < count; i++) {
        struct conn *conn = events[i].data.ptr;
        if ((events[i].events & EPOLLOUT) != 0) {
            conn_flush(fleet, conn);
            if (fleet->on_writable != NULL && conn->role == PUBLISHER) {
                fleet->on_writable(fleet, conn);
            }
        }
        if ((events[i].events & ~(uint32_t)EPOLLOUT) != 0) {
            conn_receive(fleet, conn);
        }
    }
    return fleet->error[0] == '\0';
}

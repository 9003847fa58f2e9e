/* fleet.h — many non-blocking WebSocket clients on one epoll: connecting, the upgrade, reading
 * whole frames in place from one large buffer. What a delivery means is for the fleet's owner to
 * say. */
#ifndef BENCH_FLEET_H
#define BENCH_FLEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "options.h"

enum {
    READ_BYTES = 1 << 20, /* the buffer that all connections are read through */
    CONNECTING_MAX = 64   /* connections that are being made at the same time */
};

enum conn_state { CONN_UNUSED, CONN_UPGRADING, CONN_SUBSCRIBING, CONN_READY };

struct bytes {
    char *data;
    size_t length;
    size_t capacity;
};

struct conn {
    int fd;
    enum conn_state state;
    enum role role;
    unsigned channel;
    bool mid_frame;    /* a publisher has sent a part of a frame: nothing may come in between */
    bool wants_write;  /* registered for EPOLLOUT */
    uint64_t next;     /* sequence number of the delivery that must come next */
    struct bytes rest; /* received, but not a whole frame yet */
    struct bytes part; /* payload, but not a whole message yet (stream dialects) */
    struct bytes out;  /* to be sent: handshake, answers to pings */
};

struct fleet {
    const struct options *options;
    int epoll;
    struct conn *conns;
    unsigned count;
    unsigned ready;
    char *buffer;
    uint64_t now; /* when the last bytes were received */
    char error[200];
    void *owner;
    void (*on_event)(struct fleet *fleet, struct conn *conn, const struct event *event);
    void (*on_writable)(struct fleet *fleet, struct conn *conn);
};

/* False with fleet->error set when something is missing. */
bool fleet_init(struct fleet *fleet, const struct options *options, unsigned count);
void fleet_free(struct fleet *fleet);

/* Connects conns[from] up to conns[to - 1], whose role and channel are set, and waits until all are
 * ready. False with fleet->error set when one of them is not. */
bool fleet_connect(struct fleet *fleet, unsigned from, unsigned to);

/* Waits at most so long and handles what came. False with fleet->error set when a connection broke.
 */
bool fleet_poll(struct fleet *fleet, uint64_t nanoseconds);

/* Sends now or later; never in the middle of a publisher's frame. */
void conn_send(struct fleet *fleet, struct conn *conn, const char *data, size_t length);
void conn_flush(struct fleet *fleet, struct conn *conn);
void conn_want_write(struct fleet *fleet, struct conn *conn, bool wanted);

/* Reads what is there and hands every event to the fleet's owner (fleet_read.c). */
void conn_receive(struct fleet *fleet, struct conn *conn);

/* Keeps the first error, in words. */
void fleet_fail(struct fleet *fleet, const char *format, ...) __attribute__((format(printf, 2, 3)));

void bytes_append(struct bytes *bytes, const char *data, size_t length);
void bytes_free(struct bytes *bytes);

#endif

/* fleet_read.c — from received bytes to events: the upgrade's answer, then frames, parsed where
 * they lie. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "fleet.h"
#include "process.h"
#include "ws.h"

static void become_ready(struct fleet *fleet, struct conn *conn)
{
    conn->state = CONN_READY;
    fleet->ready++;
}

/* Returns the bytes of the server's answer to the upgrade, 0 when it is not whole. */
static size_t read_upgrade(struct fleet *fleet, struct conn *conn, const char *bytes, size_t n)
{
    char text[400];
    char frame[sizeof text + WS_HEADER_MAX];
    const char *end = memmem(bytes, n, "\r\n\r\n", 4);
    if (end == NULL) {
        return 0;
    }
    size_t length = (size_t)(end - bytes) + 4;
    if (n < 12 || memcmp(bytes, "HTTP/1.1 101", 12) != 0 ||
        memmem(bytes, length, WS_ACCEPT, strlen(WS_ACCEPT)) == NULL) {
        fleet_fail(fleet, "no upgrade, but: %.*s", (int)strcspn(bytes, "\r\n"), bytes);
        return 0;
    }
    const struct dialect *dialect = fleet->options->dialect;
    size_t said = dialect->hello(text, sizeof text, conn->role, conn->channel);
    if (said == 0) {
        become_ready(fleet, conn);
        return length;
    }
    conn->state = CONN_SUBSCRIBING;
    size_t header = ws_client_header(frame, dialect->opcode, said);
    memcpy(frame + header, text, said);
    conn_send(fleet, conn, frame, header + said);
    return length;
}

static void handle(struct fleet *fleet, struct conn *conn, const struct event *event)
{
    if (event->kind == EVENT_PING) {
        conn_send(fleet, conn, event->data, event->length);
    } else if (conn->state == CONN_READY) {
        if (event->kind != EVENT_NOTHING && fleet->on_event != NULL) {
            fleet->on_event(fleet, conn, event);
        }
    } else if (event->kind == EVENT_OK) {
        become_ready(fleet, conn);
    } else if (event->kind == EVENT_REFUSED) {
        fleet_fail(fleet, "refused: %.*s", (int)(event->length > 100 ? 100 : event->length),
                   event->data);
    }
}

/* Hands on every whole event in `bytes` and returns how many bytes those were. */
static size_t handle_all(struct fleet *fleet, struct conn *conn, const char *bytes, size_t n)
{
    const struct dialect *dialect = fleet->options->dialect;
    size_t at = 0;
    while (at < n) {
        struct event event;
        size_t used = dialect->parse(conn->role, bytes + at, n - at, &event);
        if (used == 0) {
            break;
        }
        handle(fleet, conn, &event);
        at += used;
    }
    return at;
}

/* A stream dialect's message may begin in one frame and end in another. */
static void handle_piece(struct fleet *fleet, struct conn *conn, const char *bytes, size_t n)
{
    struct bytes *part = &conn->part;
    if (part->length == 0) {
        size_t used = handle_all(fleet, conn, bytes, n);
        bytes_append(part, bytes + used, n - used);
        return;
    }
    bytes_append(part, bytes, n);
    size_t used = handle_all(fleet, conn, part->data, part->length);
    part->length -= used;
    memmove(part->data, part->data + used, part->length);
}

static void handle_control(struct fleet *fleet, struct conn *conn, const struct ws_frame *frame)
{
    char pong[WS_HEADER_MAX + 125];
    if (frame->opcode == WS_PING && frame->length <= 125) {
        size_t header = ws_client_header(pong, WS_PONG, frame->length);
        memcpy(pong + header, frame->payload, frame->length);
        conn_send(fleet, conn, pong, header + frame->length);
    } else if (frame->opcode == WS_CLOSE) {
        const uint8_t *code = (const uint8_t *)frame->payload;
        unsigned number = frame->length < 2 ? 1005U : (unsigned)(code[0] << 8 | code[1]);
        fleet_fail(fleet, "the server closed a connection with %u", number);
    }
}

static void handle_frame(struct fleet *fleet, struct conn *conn, const struct ws_frame *frame)
{
    if (frame->opcode >= WS_CLOSE) {
        handle_control(fleet, conn, frame);
    } else if (fleet->options->dialect->stream) {
        handle_piece(fleet, conn, frame->payload, frame->length);
    } else if (!frame->final || frame->opcode == WS_CONTINUATION) {
        fleet_fail(fleet, "the server sent a message in fragments");
    } else {
        handle_all(fleet, conn, frame->payload, frame->length);
    }
}

static size_t consume(struct fleet *fleet, struct conn *conn, char *bytes, size_t n)
{
    size_t at = conn->state == CONN_UPGRADING ? read_upgrade(fleet, conn, bytes, n) : 0;
    while (conn->state != CONN_UPGRADING && at < n && fleet->error[0] == '\0') {
        struct ws_frame frame;
        size_t used = ws_read(bytes + at, n - at, &frame);
        if (used == 0) {
            break;
        }
        handle_frame(fleet, conn, &frame);
        at += used;
    }
    return at;
}

void conn_receive(struct fleet *fleet, struct conn *conn)
{
    struct bytes *rest = &conn->rest;
    if (rest->length >= READ_BYTES) {
        fleet_fail(fleet, "the server sent a frame of more than %d bytes", READ_BYTES);
        return;
    }
    if (rest->length > 0) {
        memcpy(fleet->buffer, rest->data, rest->length);
    }
    ssize_t got = recv(conn->fd, fleet->buffer + rest->length, READ_BYTES - rest->length, 0);
    if (got <= 0) {
        if (got == 0 || errno != EAGAIN) {
            fleet_fail(fleet, "a connection broke: %s", got == 0 ? "closed" : strerror(errno));
        }
        return;
    }
    fleet->now = clock_now();
    size_t total = rest->length + (size_t)got;
    size_t used = consume(fleet, conn, fleet->buffer, total);
    rest->length = 0;
    bytes_append(rest, fleet->buffer + used, total - used);
}

/* dialect_nats.c — the NATS client protocol inside WebSocket frames, which are only pieces of one
 * stream of bytes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialect.h"
#include "ws.h"

static size_t path(char *out, size_t size, enum role role, unsigned channel)
{
    (void)role;
    (void)channel;
    return (size_t)snprintf(out, size, "/");
}

static size_t hello(char *out, size_t size, enum role role, unsigned channel)
{
    static const char connect[] = "CONNECT {\"verbose\":false,\"pedantic\":false,\"protocol\":1,"
                                  "\"echo\":false}\r\n";
    if (role == PUBLISHER) {
        return (size_t)snprintf(out, size, "%sPING\r\n", connect);
    }
    return (size_t)snprintf(out, size, "%sSUB %s.%u 1\r\nPING\r\n", connect, dialect_prefix(),
                            channel);
}

static void shape(char *out, unsigned channel, const char *payload, size_t size,
                  struct message_shape *made)
{
    size_t space = size + SHAPE_OVERHEAD - WS_HEADER_MAX;
    char *body = malloc(space);
    if (body == NULL) {
        abort();
    }
    int at = snprintf(body, space, "PUB %s.%u %zu\r\n", dialect_prefix(), channel, size);
    int rest = snprintf(body + at, space - (size_t)at, "%.*s\r\n", (int)size, payload);
    dialect_frame(out, WS_BINARY, body, (size_t)(at + rest), (size_t)at, made);
    free(body);
}

/* MSG subject sid size\r\npayload\r\n, where the first line is `line` bytes without its end. */
static size_t parse_message(const char *bytes, size_t n, size_t line, struct event *event)
{
    size_t size = 0;
    size_t digit = line;
    while (digit > 0 && bytes[digit - 1] >= '0' && bytes[digit - 1] <= '9') {
        digit--;
    }
    for (size_t i = digit; i < line; i++) {
        size = size * 10 + (size_t)(bytes[i] - '0');
    }
    if (n < line + 2 + size + 2) {
        return 0;
    }
    event->kind = EVENT_DELIVERY;
    event->data = bytes + line + 2;
    event->length = size;
    return line + 2 + size + 2;
}

static size_t parse(enum role role, const char *bytes, size_t n, struct event *event)
{
    static const char pong[] = "\x82\x86\0\0\0\0PONG\r\n";
    (void)role;
    const char *end = memchr(bytes, '\r', n);
    if (end == NULL || end + 1 == bytes + n) {
        return 0;
    }
    size_t line = (size_t)(end - bytes);
    event->kind = EVENT_NOTHING;
    event->data = bytes;
    event->length = line;
    if (line > 4 && memcmp(bytes, "MSG ", 4) == 0) {
        return parse_message(bytes, n, line, event);
    }
    if (line == 4 && memcmp(bytes, "PONG", 4) == 0) {
        event->kind = EVENT_OK;
    } else if (line == 4 && memcmp(bytes, "PING", 4) == 0) {
        event->kind = EVENT_PING;
        event->data = pong;
        event->length = sizeof pong - 1;
    } else if (bytes[0] == '-') {
        event->kind = EVENT_REFUSED;
    }
    return line + 2;
}

const struct dialect dialect_nats = {
    .name = "nats",
    .opcode = WS_BINARY,
    .answers = false,
    .stream = true,
    .path = path,
    .hello = hello,
    .shape = shape,
    .parse = parse,
};

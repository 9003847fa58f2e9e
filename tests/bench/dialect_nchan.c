/* dialect_nchan.c — nginx nchan: a subscriber and a publisher location, both over WebSocket,
 * payloads as they are. nchan answers each published message with a text about the channel. */
#include <stdio.h>
#include <string.h>

#include "dialect.h"
#include "ws.h"

static size_t path(char *out, size_t size, enum role role, unsigned channel)
{
    const char *end = role == PUBLISHER ? "pub" : "sub";
    return (size_t)snprintf(out, size, "/%s?id=%s-%u", end, dialect_prefix(), channel);
}

static size_t hello(char *out, size_t size, enum role role, unsigned channel)
{
    (void)out;
    (void)size;
    (void)role;
    (void)channel;
    return 0;
}

static void shape(char *out, unsigned channel, const char *payload, size_t size,
                  struct message_shape *made)
{
    (void)channel;
    dialect_frame(out, WS_TEXT, payload, size, 0, made);
}

static size_t parse(enum role role, const char *bytes, size_t n, struct event *event)
{
    event->kind = role == PUBLISHER ? EVENT_OK : EVENT_DELIVERY;
    event->data = bytes;
    event->length = n;
    return n;
}

const struct dialect dialect_nchan = {
    .name = "nchan",
    .opcode = WS_TEXT,
    .answers = true,
    .stream = false,
    .path = path,
    .hello = hello,
    .shape = shape,
    .parse = parse,
};

/* dialect_wsrelay.c — the relay's own JSON commands on WS /connect, as protocol-notes define them.
 * The textbook relay and the floor speak it too. Answers are expected as compact JSON with keys in
 * any order. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialect.h"
#include "ws.h"

static size_t path(char *out, size_t size, enum role role, unsigned channel)
{
    (void)role;
    (void)channel;
    return (size_t)snprintf(out, size, "/connect");
}

static size_t hello(char *out, size_t size, enum role role, unsigned channel)
{
    (void)role; /* a publisher must be subscribed too; it is not sent its own messages */
    return (size_t)snprintf(out, size,
                            "{\"command\":\"subscribe\",\"data\":{\"topic\":\"%s-%u\"},"
                            "\"nonce\":\"hello\"}",
                            dialect_prefix(), channel);
}

static void shape(char *out, unsigned channel, const char *payload, size_t size,
                  struct message_shape *made)
{
    static const char head[] = "{\"command\":\"send\",\"data\":{\"message\":\"";
    size_t space = size + SHAPE_OVERHEAD - WS_HEADER_MAX;
    char *body = malloc(space);
    if (body == NULL) {
        abort();
    }
    int length = snprintf(body, space, "%s%.*s\",\"channel\":\"%s-%u\"},\"nonce\":\"00000000\"}",
                          head, (int)size, payload, dialect_prefix(), channel);
    dialect_frame(out, WS_TEXT, body, (size_t)length, sizeof head - 1, made);
    made->nonce_at = made->length - strlen("00000000\"}");
    free(body);
}

static bool has(const char *bytes, size_t n, const char *text)
{
    return memmem(bytes, n, text, strlen(text)) != NULL;
}

/* What stood before the payload in the last delivery, and how long the payload was. Both hardly
 * ever change, so trying them first saves the searches; what is then found is compared in full. */
static struct {
    char bytes[256];
    size_t length;
    size_t payload;
} prefix;

static bool find_payload(const char *bytes, size_t n, struct event *event)
{
    static const char key[] = "\"message\":\"";
    const char *start = memmem(bytes, n, key, sizeof key - 1);
    if (start == NULL || !has(bytes, n, "\"type\":\"message\"")) {
        return false;
    }
    start += sizeof key - 1;
    prefix.length = (size_t)(start - bytes);
    if (prefix.length > sizeof prefix.bytes || !has(bytes, prefix.length, "\"type\":\"message\"")) {
        prefix.length = 0; /* too long, or not telling enough, to be compared with */
    }
    memcpy(prefix.bytes, bytes, prefix.length);
    event->data = start;
    return true;
}

static size_t parse(enum role role, const char *bytes, size_t n, struct event *event)
{
    (void)role;
    if (n > prefix.length && prefix.length > 0 && memcmp(bytes, prefix.bytes, prefix.length) == 0) {
        event->data = bytes + prefix.length;
    } else if (!find_payload(bytes, n, event)) {
        bool ok = has(bytes, n, "\"ok\":true");
        event->kind = ok ? EVENT_OK : has(bytes, n, "\"ok\":false") ? EVENT_REFUSED : EVENT_NOTHING;
        event->data = bytes;
        event->length = n;
        return n;
    }
    size_t left = (size_t)(bytes + n - event->data);
    if (prefix.payload >= left || event->data[prefix.payload] != '"') {
        const char *end = memchr(event->data, '"', left);
        prefix.payload = end == NULL ? left : (size_t)(end - event->data);
    }
    event->kind = EVENT_DELIVERY;
    event->length = prefix.payload;
    return n;
}

const struct dialect dialect_wsrelay = {
    .name = "wsrelay",
    .opcode = WS_TEXT,
    .answers = true,
    .stream = false,
    .path = path,
    .hello = hello,
    .shape = shape,
    .parse = parse,
};

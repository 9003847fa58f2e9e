/* mini.c — spans are taken raw, quotes included, and spliced raw, as the engine does it. */
#include "mini.h"

#include <string.h>

/* What stands between `key` and `end`. */
static bool find(const char *text, size_t length, const char *key, const char *end,
                 struct mini_span *span)
{
    const char *start = memmem(text, length, key, strlen(key));
    if (start == NULL) {
        return false;
    }
    start += strlen(key);
    size_t left = (size_t)(text + length - start);
    const char *stop = memmem(start, left, end, strlen(end));
    span->data = start;
    span->length = (size_t)(stop == NULL ? 0 : stop - start);
    return stop != NULL;
}

bool mini_read(const char *text, size_t length, struct mini_command *command)
{
    struct mini_span name;
    if (!find(text, length, "{\"command\":\"", "\"", &name) ||
        !find(text, length, "},\"nonce\":", "}", &command->nonce)) {
        return false;
    }
    command->is_send = name.length == 4 && memcmp(name.data, "send", 4) == 0;
    if (!command->is_send) {
        return name.length == 9 && memcmp(name.data, "subscribe", 9) == 0;
    }
    return find(text, length, "\"message\":", ",\"channel\":", &command->message) &&
           find(text, length, ",\"channel\":", "},", &command->channel);
}

static char *put(char *out, const char *text)
{
    size_t length = strlen(text);
    memcpy(out, text, length);
    return out + length;
}

static char *put_span(char *out, const struct mini_span *span)
{
    memcpy(out, span->data, span->length);
    return out + span->length;
}

size_t mini_delivery(char *out, const struct mini_command *command)
{
    char *at = put(out, "{\"type\":\"message\",\"data\":{\"message\":");
    at = put_span(at, &command->message);
    at = put(at, ",\"channel\":");
    at = put_span(at, &command->channel);
    at = put(at, "},\"nonce\":");
    at = put_span(at, &command->nonce);
    at = put(at, "}");
    return (size_t)(at - out);
}

size_t mini_answer(char *out, const struct mini_command *command)
{
    char *at = put(out, "{\"type\":\"response\",\"data\":{\"ok\":true},\"nonce\":");
    at = put_span(at, &command->nonce);
    at = put(at, "}");
    return (size_t)(at - out);
}

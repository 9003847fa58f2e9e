/* json_read.h — a strict pull reader of JSON (RFC 8259) that copies nothing.
 *
 * The caller walks the objects that it knows and skips what it does not; every value is seen as a
 * span of the text as it was written. The text must be valid UTF-8 (the socket checked it) and
 * needs no NUL at its end; a NUL in it is a syntax error. A reader that failed stays failed. Depth
 * is bounded by JSON_DEPTH_MAX: `[` thirty-two deep passes, thirty-three fails.
 *
 *     json_read_init(&json, text, len);
 *     if (json_enter_object(&json) == 0)
 *         while (json_next_member(&json, &key) > 0) json_read_value(&json, &value);
 *     if (json_finish(&json)) … the text was no JSON
 */
#ifndef WSRELAY_PROTOCOL_JSON_READ_H
#define WSRELAY_PROTOCOL_JSON_READ_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define JSON_DEPTH_MAX 32

enum json_kind {
    JSON_ABSENT, /* a span that was never set */
    JSON_NULL,
    JSON_BOOL,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

/* A value as it stands in the text: a string's span has its quotes and its escapes. */
struct json_span {
    const char *at;
    size_t len;
    enum json_kind kind;
};

struct json_reader {
    const char *at, *end;
    unsigned depth;
    bool failed;
    bool first; /* no member of the object just entered was read */
};

void json_read_init(struct json_reader *json, const char *text, size_t len);

/* The kind of the value that comes next, unread; JSON_ABSENT when none can. */
enum json_kind json_peek(struct json_reader *json);

/* Enters the object that comes next. RELAY_ESYNTAX when something else does. */
int json_enter_object(struct json_reader *json) RELAY_MUST_USE;

/* Reads a member's key and its colon: 1. The object's end: 0, and the reader stands behind it.
 * RELAY_ESYNTAX otherwise. */
int json_next_member(struct json_reader *json, struct json_span *key) RELAY_MUST_USE;

/* Reads any one value, nested ones whole, and gives its span. RELAY_ESYNTAX when it is none. */
int json_read_value(struct json_reader *json, struct json_span *value) RELAY_MUST_USE;

/* 0 when no call failed and only white space is left. */
int json_finish(struct json_reader *json) RELAY_MUST_USE;

/* Whether a JSON_STRING span, unescaped, is this text. */
bool json_string_equals(const struct json_span *string, const char *text);

/* Unescapes a JSON_STRING span into `out`, whose room is `size` bytes; `*len` is what was written
 * (no NUL is). RELAY_EFULL when it does not fit, RELAY_EINVAL when an escape is half of a surrogate
 * pair (no UTF-8 can hold it). */
int json_string_decode(const struct json_span *string, char *out, size_t size,
                       size_t *len) RELAY_MUST_USE;

#endif

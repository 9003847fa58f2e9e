/* fuzz_json_read.c — spans lie in the text, two ways of reading agree, and strings survive the way
 * out and back. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/json_read.h"
#include "protocol/json_write.h"
#include "protocol/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

struct text {
    const char *at;
    size_t len;
};

static int read_whole(struct text text, struct json_span *value)
{
    struct json_reader json;
    json_read_init(&json, text.at, text.len);
    *value = (struct json_span){0};
    (void)!json_read_value(&json, value);
    return json_finish(&json);
}

static void check_span(struct text text, const struct json_span *span)
{
    CHECK(span->kind != JSON_ABSENT && span->len > 0);
    CHECK(span->at >= text.at && span->at + span->len <= text.at + text.len);
    struct json_span again;
    CHECK(read_whole((struct text){span->at, span->len}, &again) == 0);
    CHECK(again.kind == span->kind && again.at == span->at && again.len == span->len);
}

/* A decoded string, written and read again, is the same string. */
static void check_written_again(const struct json_span *string, const char *bytes, size_t len)
{
    struct buf buf = {0};
    struct json_span span;
    size_t len_again = 0;
    json_write_string(&buf, bytes, len);
    CHECK(!buf.failed);
    CHECK(read_whole((struct text){buf.bytes, buf.len}, &span) == 0);
    CHECK(span.kind == JSON_STRING);
    char *again = malloc(len + 1);
    CHECK(json_string_decode(&span, again, len, &len_again) == 0);
    CHECK(len_again == len && memcmp(again, bytes, len) == 0);
    if (!memchr(bytes, '\0', len)) {
        again[len] = '\0';
        CHECK(json_string_equals(string, again) && json_string_equals(&span, again));
        again[len / 2] ^= 1;
        CHECK(len == 0 || !json_string_equals(string, again));
    }
    free(again);
    buf_deinit(&buf);
}

static void check_string(const struct json_span *string)
{
    size_t len = 0;
    char *bytes = malloc(string->len); /* unescaping only makes a string shorter */
    int err = json_string_decode(string, bytes, string->len - 2, &len);
    CHECK(err == 0 || err == RELAY_EINVAL);
    if (err == 0) {
        CHECK(len <= string->len - 2);
        CHECK(!utf8_is_valid(string->at, string->len) || utf8_is_valid(bytes, len));
        if (len > 0)
            CHECK(json_string_decode(string, bytes, len - 1, &len) == RELAY_EFULL);
        CHECK(json_string_decode(string, bytes, len, &len) == 0);
        check_written_again(string, bytes, len);
    }
    free(bytes);
}

/* Reads member by member, as the commands' parser does. The text bounds the recursion's depth. */
static int walk_value(struct text text, struct json_reader *json)
{
    struct json_span span = {0};
    if (json_peek(json) != JSON_OBJECT) {
        int err = json_read_value(json, &span);
        if (err == 0)
            check_span(text, &span);
        if (err == 0 && span.kind == JSON_STRING)
            check_string(&span);
        return err;
    }
    int more = json_enter_object(json);
    while (more == 0 && (more = json_next_member(json, &span)) > 0) {
        CHECK(span.kind == JSON_STRING);
        check_span(text, &span);
        check_string(&span);
        more = walk_value(text, json);
    }
    return more;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text text = {(const char *)data, size};
    struct json_span value;
    struct json_reader json;
    int whole = read_whole(text, &value);
    json_read_init(&json, text.at, text.len);
    int walked = walk_value(text, &json);
    CHECK(json.depth <= JSON_DEPTH_MAX);
    int finished = json_finish(&json);
    CHECK(walked == 0 || finished == RELAY_ESYNTAX);
    CHECK(whole == finished);
    if (whole == 0)
        check_span(text, &value);
    return 0;
}

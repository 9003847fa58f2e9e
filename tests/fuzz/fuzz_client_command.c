/* fuzz_client_command.c — a command is a pure function of its bytes, and what is answered to it is
 * JSON. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/client_command.h"
#include "protocol/client_reply.h"
#include "protocol/json_write.h"
#include "protocol/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

/* One text, parsed into memory that held something else before. */
static enum client_reason parse_over(struct client_command *command, int fill, const char *text,
                                     size_t len)
{
    memset(command, fill, sizeof(*command));
    return client_command_parse(command, text, len);
}

static void check_same_span(const struct json_span *a, const struct json_span *b)
{
    CHECK(a->kind == b->kind && a->at == b->at && a->len == b->len);
}

static void check_same(const struct client_command *a, const struct client_command *b)
{
    CHECK(a->kind == b->kind && a->of_node == b->of_node);
    CHECK(a->channel_len == b->channel_len && a->password_len == b->password_len);
    CHECK(memcmp(a->channel, b->channel, a->channel_len) == 0);
    CHECK(memcmp(a->password, b->password, a->password_len) == 0);
    check_same_span(&a->message, &b->message);
    check_same_span(&a->nonce, &b->nonce);
}

static void check_inside(const struct json_span *span, const char *text, size_t len)
{
    if (span->kind != JSON_ABSENT)
        CHECK(span->at >= text && span->at + span->len <= text + len);
}

static void check_fields(const struct client_command *command, enum client_reason reason)
{
    CHECK(reason >= REASON_NONE && reason <= REASON_INVALID_PASSWORD);
    CHECK(command->password_len <= PASSWORD_MAX);
    CHECK(command->nonce.kind == JSON_ABSENT || command->nonce.kind == JSON_STRING ||
          command->nonce.kind == JSON_NUMBER);
    CHECK(command->nonce.len <= NONCE_MAX + 2);
    CHECK((reason != REASON_MALFORMED_JSON && reason != REASON_INVALID_NONCE) ||
          command->nonce.kind == JSON_ABSENT);
    if (command->channel_len > 0)
        CHECK(channel_name_is_valid(command->channel, command->channel_len));
    if (reason == REASON_NONE) {
        CHECK((command->kind == COMMAND_LIST) == (command->channel_len == 0));
        CHECK((command->kind == COMMAND_SEND) == (command->message.kind != JSON_ABSENT));
    }
}

/* The composed text is one JSON object; then the buffer is empty again. */
static void check_json(struct buf *buf)
{
    struct json_reader json;
    struct json_span value = {0};
    CHECK(!buf->failed);
    json_read_init(&json, buf->bytes, buf->len);
    CHECK(json_read_value(&json, &value) == 0 && json_finish(&json) == 0);
    CHECK(value.kind == JSON_OBJECT && value.len == buf->len);
    buf_clear(buf);
}

static void check_replies(const struct client_command *command, enum client_reason reason)
{
    struct buf buf = {0}, quoted = {0};
    const char *text = client_reason_text(reason);
    client_reply_ok(&buf, &command->nonce);
    check_json(&buf);
    client_reply_failure(&buf, text, strlen(text), &command->nonce);
    check_json(&buf);
    json_write_string(&quoted, command->channel, command->channel_len);
    client_reply_channels_begin(&buf);
    client_reply_channels_add(&buf, quoted.bytes, quoted.len);
    client_reply_channels_end(&buf, &command->nonce);
    check_json(&buf);
    if (command->message.kind != JSON_ABSENT) {
        client_reply_message(&buf, &command->message, quoted.bytes, quoted.len, &command->nonce);
        check_json(&buf);
    }
    buf_deinit(&quoted);
    buf_deinit(&buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct client_command first, second;
    const char *text = (const char *)data;
    if (!utf8_is_valid(text, size))
        return 0; /* the socket closes such a client before anybody parses */
    enum client_reason reason = parse_over(&first, 0x00, text, size);
    CHECK(parse_over(&second, 0xff, text, size) == reason);
    check_same(&first, &second);
    check_inside(&first.nonce, text, size);
    check_inside(&first.message, text, size);
    check_fields(&first, reason);
    check_replies(&first, reason);
    return 0;
}

/* inm_message.c — what has no escapes, which is nearly everything, is encoded where it stands. */
#include "protocol/inm_message.h"

#include <assert.h>
#include <string.h>

#include "protocol/base64.h"
#include "protocol/json_write.h"
#include "protocol/utf8.h"

#define ADD_LITERAL(buf, text) buf_add((buf), (text), sizeof(text) - 1)

static bool has_escapes(const struct json_span *string)
{
    return memchr(string->at, '\\', string->len) != NULL;
}

/* Adds a string's text. RELAY_EINVAL when no UTF-8 can hold it, RELAY_ENOMEM. */
static int unescape(struct buf *buf, const struct json_span *string)
{
    size_t len = 0;
    char *room = buf_reserve(buf, string->len); /* no escape is shorter than its bytes */
    if (!room)
        return RELAY_ENOMEM;
    int err = json_string_decode(string, room, string->len, &len);
    buf->len += len;
    return err;
}

/* Adds `"BASE64"`. */
static void add_base64(struct buf *buf, const char *bytes, size_t len)
{
    buf_add_byte(buf, '"');
    base64_encode(buf, bytes, len);
    buf_add_byte(buf, '"');
}

/* Adds a message in the form that it travels in, and says whether that is its JSON text. */
static bool add_message(struct buf *buf, const struct json_span *message)
{
    if (message->kind != JSON_STRING) {
        add_base64(buf, message->at, message->len);
        return true;
    }
    if (!has_escapes(message)) {
        add_base64(buf, message->at + 1, message->len - 2);
        return false;
    }
    struct buf text;
    buf_init(&text, 0);
    int err = unescape(&text, message);
    bool is_json = err == RELAY_EINVAL;
    if (err == RELAY_ENOMEM)
        buf->failed = true;
    else
        add_base64(buf, is_json ? message->at : text.bytes, is_json ? message->len : text.len);
    buf_deinit(&text);
    return is_json;
}

void inm_message_write(struct buf *buf, const struct inm_address *address,
                       const struct inm_message *message)
{
    inm_packet_begin(buf, address, INM_MESSAGE);
    ADD_LITERAL(buf, "{\"message\":");
    bool is_json = add_message(buf, &message->message);
    ADD_LITERAL(buf, ",\"channel\":");
    buf_add(buf, message->channel_json, message->channel_json_len);
    if (is_json)
        ADD_LITERAL(buf, ",\"encoding\":\"json\"");
    if (message->nonce.kind != JSON_ABSENT) {
        ADD_LITERAL(buf, ",\"nonce\":");
        buf_add(buf, message->nonce.at, message->nonce.len);
    }
    if (message->claim) {
        ADD_LITERAL(buf, ",\"claim\":\"");
        buf_add(buf, message->claim, INM_CLAIM_LEN);
        buf_add_byte(buf, '"');
    }
    buf_add_byte(buf, '}');
    inm_packet_end(buf);
}

/* Adds the bytes of a base64 string. Some encoders of JSON escape its slashes. */
static int read_base64(struct buf *bytes, const struct json_span *string)
{
    if (!has_escapes(string))
        return base64_decode(bytes, string->at + 1, string->len - 2);
    struct buf text;
    buf_init(&text, 0);
    int err = unescape(&text, string);
    if (err == 0)
        err = base64_decode(bytes, text.bytes, text.len);
    buf_deinit(&text);
    return err == RELAY_EINVAL ? RELAY_ESYNTAX : err;
}

/* Adds the one JSON value that a text is, without the white space around it. */
static int add_json(struct buf *buf, const struct buf *text)
{
    struct json_reader json;
    struct json_span value;
    json_read_init(&json, text->bytes, text->len);
    if (json_read_value(&json, &value) != 0 || json_finish(&json) != 0)
        return RELAY_ESYNTAX;
    buf_add(buf, value.at, value.len);
    return 0;
}

static int add_value(struct buf *buf, const struct buf *text, bool is_json)
{
    if (!utf8_is_valid(text->bytes, text->len))
        return RELAY_ESYNTAX;
    size_t before = buf->len;
    int err = 0;
    if (is_json)
        err = add_json(buf, text);
    else
        json_write_string(buf, text->bytes, text->len);
    if (!buf->failed)
        return err;
    buf->len = before; /* half a string may have found room */
    return RELAY_ENOMEM;
}

int inm_message_decode(const struct inm_packet *packet, struct buf *json)
{
    assert(packet->message.kind == JSON_STRING);
    struct buf text;
    buf_init(&text, 0);
    int err = read_base64(&text, &packet->message);
    if (err == 0)
        err = add_value(json, &text, packet->is_json);
    buf_deinit(&text);
    return err;
}

bool inm_message_claims(const struct inm_packet *packet, const char *claim)
{
    return packet->claim.kind == JSON_STRING && json_string_equals(&packet->claim, claim);
}

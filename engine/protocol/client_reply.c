/* client_reply.c — texts put together from constant pieces; keys always in the notes' order. */
#include "protocol/client_reply.h"

#include "protocol/json_write.h"

#define ADD_LITERAL(buf, text) buf_add((buf), (text), sizeof(text) - 1)

/* Ends the object that every text is, with the nonce as its last member. */
static void add_nonce_and_end(struct buf *buf, const struct json_span *nonce)
{
    if (nonce->kind != JSON_ABSENT) {
        ADD_LITERAL(buf, ",\"nonce\":");
        buf_add(buf, nonce->at, nonce->len);
    }
    buf_add_byte(buf, '}');
}

void client_reply_ok(struct buf *buf, const struct json_span *nonce)
{
    ADD_LITERAL(buf, "{\"type\":\"response\",\"data\":{\"ok\":true}");
    add_nonce_and_end(buf, nonce);
}

void client_reply_failure(struct buf *buf, const char *reason, size_t reason_len,
                          const struct json_span *nonce)
{
    ADD_LITERAL(buf, "{\"type\":\"response\",\"data\":{\"ok\":false,\"reason\":");
    json_write_string(buf, reason, reason_len);
    buf_add_byte(buf, '}');
    add_nonce_and_end(buf, nonce);
}

void client_reply_channels_begin(struct buf *buf)
{
    ADD_LITERAL(buf, "{\"type\":\"response\",\"data\":{\"channels\":[");
}

void client_reply_channels_add(struct buf *buf, const char *channel_json, size_t len)
{
    if (buf->len > 0 && buf->bytes[buf->len - 1] != '[')
        buf_add_byte(buf, ',');
    buf_add(buf, channel_json, len);
}

void client_reply_channels_end(struct buf *buf, const struct json_span *nonce)
{
    ADD_LITERAL(buf, "]}");
    add_nonce_and_end(buf, nonce);
}

void client_reply_message(struct buf *buf, const struct json_span *message,
                          const char *channel_json, size_t channel_json_len,
                          const struct json_span *nonce)
{
    ADD_LITERAL(buf, "{\"type\":\"message\",\"data\":{\"message\":");
    buf_add(buf, message->at, message->len);
    ADD_LITERAL(buf, ",\"channel\":");
    buf_add(buf, channel_json, channel_json_len);
    buf_add_byte(buf, '}');
    add_nonce_and_end(buf, nonce);
}

void client_reply_unsubscribed(struct buf *buf, const char *channel_json, size_t channel_json_len,
                               const char *reason, size_t reason_len)
{
    ADD_LITERAL(buf, "{\"type\":\"unsubscribed\",\"data\":{\"channel\":");
    buf_add(buf, channel_json, channel_json_len);
    ADD_LITERAL(buf, ",\"reason\":");
    json_write_string(buf, reason, reason_len);
    ADD_LITERAL(buf, "}}");
}

/* fuzz_inm_packet.c — a packet is a pure function of its bytes, and what a client sent arrives as
 * what it was. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/base64.h"
#include "protocol/inm_handshake.h"
#include "protocol/inm_message.h"
#include "protocol/inm_nonce.h"
#include "protocol/json_items.h"
#include "protocol/json_write.h"
#include "protocol/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

static void check_same_span(const struct json_span *a, const struct json_span *b)
{
    CHECK(a->kind == b->kind && a->at == b->at && a->len == b->len);
}

static void check_same_text(const char *a, size_t a_len, const char *b, size_t b_len)
{
    CHECK(a_len == b_len && (a_len == 0 || memcmp(a, b, a_len) == 0));
}

static void check_inside(const struct json_span *span, const char *text, size_t len)
{
    if (span->kind != JSON_ABSENT)
        CHECK(span->at >= text && span->at + span->len <= text + len);
}

/* One text, parsed into memory that held something else before. */
static int parse_over(struct inm_packet *packet, int fill, const char *text, size_t len)
{
    memset(packet, fill, sizeof(*packet));
    return inm_packet_parse(packet, text, len);
}

static void check_same(const struct inm_packet *a, const struct inm_packet *b)
{
    CHECK(a->type == b->type && a->is_for_all == b->is_for_all);
    CHECK(a->is_json == b->is_json && a->ok == b->ok);
    check_same_text(a->source, a->source_len, b->source, b->source_len);
    check_same_text(a->destination, a->destination_len, b->destination, b->destination_len);
    check_same_text(a->nonce, a->nonce_len, b->nonce, b->nonce_len);
    check_same_text(a->channel, a->channel_len, b->channel, b->channel_len);
    check_same_text(a->command, a->command_len, b->command, b->command_len);
    check_same_span(&a->data, &b->data);
    check_same_span(&a->message, &b->message);
    check_same_span(&a->client_nonce, &b->client_nonce);
    check_same_span(&a->claim, &b->claim);
}

static void check_fields(const struct inm_packet *packet, const char *text, size_t len)
{
    check_inside(&packet->data, text, len);
    check_inside(&packet->message, text, len);
    check_inside(&packet->client_nonce, text, len);
    check_inside(&packet->claim, text, len);
    CHECK(packet->type <= INM_LINK && packet->data.kind != JSON_ABSENT);
    CHECK(node_name_is_valid(packet->source, packet->source_len));
    CHECK(packet->is_for_all || node_name_is_valid(packet->destination, packet->destination_len));
    CHECK(packet->nonce_len >= 1 && packet->nonce_len <= INM_NONCE_MAX);
    CHECK(packet->command_len <= INM_COMMAND_MAX && packet->client_nonce.len <= NONCE_MAX + 2);
    CHECK((packet->type == INM_MESSAGE) == (packet->message.kind == JSON_STRING));
    CHECK((packet->type == INM_MESSAGE) == (packet->channel_len > 0));
    if (packet->channel_len > 0)
        CHECK(channel_name_is_valid(packet->channel, packet->channel_len));
}

static struct inm_address address_of(const struct inm_packet *packet)
{
    return (struct inm_address){packet->source,          packet->source_len, packet->destination,
                                packet->destination_len, packet->nonce,      packet->nonce_len};
}

/* A packet written anew from what was read says the same. */
static void check_rewritten(const struct inm_packet *packet)
{
    static struct inm_packet again;
    struct buf buf = {0};
    struct inm_address address = address_of(packet);
    inm_packet_write(&buf, &address, packet->type, packet->data.at, packet->data.len);
    CHECK(!buf.failed && parse_over(&again, 0x5a, buf.bytes, buf.len) == 0);
    CHECK(again.type == packet->type && again.ok == packet->ok);
    check_same_text(again.source, again.source_len, packet->source, packet->source_len);
    check_same_text(again.nonce, again.nonce_len, packet->nonce, packet->nonce_len);
    check_same_text(again.data.at, again.data.len, packet->data.at, packet->data.len);
    check_same_text(again.channel, again.channel_len, packet->channel, packet->channel_len);
    check_same_text(again.command, again.command_len, packet->command, packet->command_len);
    buf_deinit(&buf);
}

/* The value that a text is; JSON_ABSENT when it is none. */
static struct json_span value_of(const char *text, size_t len)
{
    struct json_reader json;
    struct json_span value = {0}, none = {0};
    json_read_init(&json, text, len);
    bool is_value = json_read_value(&json, &value) == 0 && json_finish(&json) == 0;
    return is_value ? value : none;
}

/* What a string is once it was decoded and written; `want` is as it was when nothing holds it. */
static void write_plainly(struct buf *want, const struct json_span *value)
{
    size_t len = 0;
    char *text = malloc(value->len);
    CHECK(text);
    if (value->kind == JSON_STRING && json_string_decode(value, text, value->len, &len) == 0)
        json_write_string(want, text, len);
    else
        buf_add(want, value->at, value->len);
    free(text);
}

/* Sent, received, decoded: the same value. */
static void check_arrives(const struct json_span *value)
{
    static struct inm_packet packet;
    static const struct inm_address address = {"a", 1, "*", 1, "n", 1};
    struct inm_message message = {
        .message = *value, .channel_json = "\"c\"", .channel_json_len = 3, .claim = "0123abcd"};
    struct buf buf = {0}, got = {0}, want = {0};
    inm_message_write(&buf, &address, &message);
    CHECK(!buf.failed && parse_over(&packet, 0xff, buf.bytes, buf.len) == 0);
    CHECK(inm_message_claims(&packet, "0123abcd"));
    CHECK(inm_message_decode(&packet, &got) == 0);
    write_plainly(&want, value);
    check_same_text(got.bytes, got.len, want.bytes, want.len);
    buf_deinit(&buf);
    buf_deinit(&got);
    buf_deinit(&want);
}

/* What clients would get is one JSON value in UTF-8, and would get it from the next node too. */
static void check_message(const struct inm_packet *packet)
{
    struct buf json = {0};
    int err = inm_message_decode(packet, &json);
    CHECK(err == 0 || err == RELAY_ESYNTAX);
    CHECK(err == 0 || json.len == 0);
    if (err == 0) {
        struct json_span value = value_of(json.bytes, json.len);
        CHECK(value.len == json.len && utf8_is_valid(json.bytes, json.len));
        CHECK(packet->is_json || value.kind == JSON_STRING);
        check_arrives(&value);
    }
    buf_deinit(&json);
}

static void check_nonce(const struct inm_packet *packet)
{
    char text[INM_NONCE_OURS_MAX];
    uint64_t boot, seq;
    if (inm_nonce_parse(packet->nonce, packet->nonce_len, &boot, &seq))
        check_same_text(text, inm_nonce_write(text, boot, seq), packet->nonce, packet->nonce_len);
}

/* Walked item by item, an array is all that stands between its brackets. */
static void check_items(const struct json_span *array)
{
    struct json_items items;
    struct json_span item;
    const char *behind = array->at;
    json_items_init(&items, array);
    while (json_items_next(&items, &item)) {
        CHECK(array->kind == JSON_ARRAY && item.at > behind && item.kind != JSON_ABSENT);
        behind = item.at + item.len - 1;
        CHECK(behind < array->at + array->len - 1);
    }
}

static void check_packet(const char *text, size_t len)
{
    static struct inm_packet first, second;
    int err = parse_over(&first, 0x00, text, len);
    CHECK(err == 0 || err == RELAY_ESYNTAX);
    CHECK(parse_over(&second, 0xff, text, len) == err);
    if (err)
        return;
    check_same(&first, &second);
    check_fields(&first, text, len);
    check_rewritten(&first);
    check_nonce(&first);
    check_items(&first.data);
    if (first.type == INM_MESSAGE)
        check_message(&first);
}

static void check_handshake(const char *text, size_t len)
{
    static struct inm_handshake first, second;
    struct buf buf = {0};
    memset(&first, 0xff, sizeof(first));
    int err = inm_handshake_parse(&first, text, len);
    CHECK(err == 0 || err == RELAY_ESYNTAX || err == RELAY_EINVAL);
    if (err)
        return;
    CHECK(node_name_is_valid(first.name, first.name_len) && first.host_len <= INM_HOST_MAX);
    CHECK(!first.is_our_kind || (first.has_features && inm_boot_is_valid(first.boot)));
    inm_handshake_write(&buf, &first);
    CHECK(!buf.failed && inm_handshake_parse(&second, buf.bytes, buf.len) == 0);
    check_same_text(first.name, first.name_len, second.name, second.name_len);
    check_same_text(first.host, first.host_len, second.host, second.host_len);
    CHECK(first.is_our_kind == second.is_our_kind);
    CHECK(!first.is_our_kind || first.boot == second.boot);
    buf_deinit(&buf);
}

/* Any bytes come back; and what decodes is the one text for its bytes. */
static void check_base64(const char *text, size_t len)
{
    struct buf there = {0}, back = {0};
    base64_encode(&there, text, len);
    CHECK(base64_decode(&back, there.bytes, there.len) == 0);
    check_same_text(back.bytes, back.len, text, len);
    buf_clear(&there);
    buf_clear(&back);
    if (base64_decode(&there, text, len) == 0) {
        base64_encode(&back, there.bytes, there.len);
        check_same_text(back.bytes, back.len, text, len);
    }
    buf_deinit(&there);
    buf_deinit(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    check_base64(text, size);
    if (!utf8_is_valid(text, size))
        return 0; /* the socket closes such a link before anybody parses */
    check_packet(text, size);
    check_handshake(text, size);
    struct json_span value = value_of(text, size);
    if (value.kind != JSON_ABSENT)
        check_arrives(&value);
    return 0;
}

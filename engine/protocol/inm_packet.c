/* inm_packet.c — one pass gathers the members as spans; then the type says which of them count. */
#include "protocol/inm_packet.h"

#include <string.h>

#include "protocol/json_write.h"

#define ADD_LITERAL(buf, text) buf_add((buf), (text), sizeof(text) - 1)

static const char *const type_names[] = {
    [INM_MESSAGE] = "message",
    [INM_COMMAND] = "command",
    [INM_RESPONSE] = "response",
    [INM_LINK] = "link",
};
#define TYPE_COUNT (sizeof(type_names) / sizeof(type_names[0]))

/* The members of `data` that mean something in one type or another. */
struct content {
    struct json_span message, channel, encoding, nonce, claim, command, ok;
};

/* The members that mean something, as they were written last. Kind JSON_ABSENT: not there. */
struct envelope {
    struct json_span source, destination, type, nonce, data;
    struct content content; /* all absent when `data` is no object */
};

/* Where a member of `data` belongs; NULL when it means nothing. */
static struct json_span *content_member(struct content *content, const struct json_span *key)
{
    if (json_string_equals(key, "message"))
        return &content->message;
    if (json_string_equals(key, "channel"))
        return &content->channel;
    if (json_string_equals(key, "nonce"))
        return &content->nonce;
    if (json_string_equals(key, "claim"))
        return &content->claim;
    if (json_string_equals(key, "encoding"))
        return &content->encoding;
    if (json_string_equals(key, "command"))
        return &content->command;
    if (json_string_equals(key, "ok"))
        return &content->ok;
    return NULL;
}

/* Reads the value of `data`, and its members when it is an object. A later one replaces all of an
 * earlier one. Syntax errors are the reader's to remember. */
static void read_data(struct json_reader *json, struct envelope *envelope)
{
    struct json_span key, ignored;
    envelope->content = (struct content){0};
    if (json_peek(json) != JSON_OBJECT) {
        (void)!json_read_value(json, &envelope->data);
        return;
    }
    const char *start = json->at; /* the peek stepped over the white space */
    if (json_enter_object(json) != 0)
        return;
    while (json_next_member(json, &key) > 0) {
        struct json_span *member = content_member(&envelope->content, &key);
        if (json_read_value(json, member ? member : &ignored) != 0)
            return;
    }
    envelope->data = (struct json_span){start, (size_t)(json->at - start), JSON_OBJECT};
}

static void read_member(struct json_reader *json, struct envelope *envelope,
                        const struct json_span *key)
{
    struct json_span ignored;
    struct json_span *member = &ignored;
    if (json_string_equals(key, "data")) {
        read_data(json, envelope);
        return;
    }
    if (json_string_equals(key, "source"))
        member = &envelope->source;
    else if (json_string_equals(key, "destination"))
        member = &envelope->destination;
    else if (json_string_equals(key, "type"))
        member = &envelope->type;
    else if (json_string_equals(key, "nonce"))
        member = &envelope->nonce;
    (void)!json_read_value(json, member); /* a failed reader ends the caller's loop */
}

static int read_envelope(struct envelope *envelope, const char *text, size_t len)
{
    struct json_reader json;
    struct json_span key;
    json_read_init(&json, text, len);
    if (json_enter_object(&json) == 0) {
        while (json_next_member(&json, &key) > 0)
            read_member(&json, envelope, &key);
    }
    return json_finish(&json);
}

/* Unescapes a string that fits; false for every other value. */
static bool take_text(const struct json_span *value, char *out, size_t size, size_t *len)
{
    return value->kind == JSON_STRING && json_string_decode(value, out, size, len) == 0;
}

static bool take_type(struct inm_packet *packet, const struct json_span *type)
{
    if (type->kind != JSON_STRING)
        return false;
    for (unsigned i = 0; i < TYPE_COUNT; i++) {
        if (json_string_equals(type, type_names[i])) {
            packet->type = (enum inm_type)i;
            return true;
        }
    }
    return false;
}

bool node_name_is_valid(const char *name, size_t len)
{
    bool is_star = len == 1 && name[0] == '*';
    return len <= NODE_NAME_MAX && !is_star && channel_name_is_valid(name, len); /* the same rule */
}

static bool take_source(struct inm_packet *packet, const struct json_span *source)
{
    return take_text(source, packet->source, NODE_NAME_MAX, &packet->source_len) &&
           node_name_is_valid(packet->source, packet->source_len);
}

static bool take_destination(struct inm_packet *packet, const struct json_span *destination)
{
    if (!take_text(destination, packet->destination, NODE_NAME_MAX, &packet->destination_len))
        return false;
    packet->is_for_all = packet->destination_len == 1 && packet->destination[0] == '*';
    return packet->is_for_all || node_name_is_valid(packet->destination, packet->destination_len);
}

static bool take_nonce(struct inm_packet *packet, const struct json_span *nonce)
{
    return take_text(nonce, packet->nonce, INM_NONCE_MAX, &packet->nonce_len) &&
           packet->nonce_len > 0;
}

/* Whether a client of ours could have given it (protocol.md "WS /connect"). */
static bool is_client_nonce(const struct json_span *nonce)
{
    if (nonce->kind == JSON_NUMBER)
        return nonce->len <= NONCE_MAX;
    return nonce->kind == JSON_STRING && nonce->len - 2 <= NONCE_MAX;
}

static bool take_message(struct inm_packet *packet, const struct content *content)
{
    if (content->message.kind != JSON_STRING ||
        !take_text(&content->channel, packet->channel, CHANNEL_NAME_MAX, &packet->channel_len) ||
        !channel_name_is_valid(packet->channel, packet->channel_len))
        return false;
    packet->message = content->message;
    packet->is_json =
        content->encoding.kind == JSON_STRING && json_string_equals(&content->encoding, "json");
    if (is_client_nonce(&content->nonce))
        packet->client_nonce = content->nonce;
    packet->claim = content->claim;
    return true;
}

static void take_command(struct inm_packet *packet, const struct content *content)
{
    if (!take_text(&content->command, packet->command, INM_COMMAND_MAX, &packet->command_len))
        packet->command_len = 0;
}

static bool is_ok(const struct envelope *envelope)
{
    const struct json_span *ok = &envelope->content.ok;
    if (envelope->data.kind != JSON_OBJECT)
        return false;
    return ok->kind == JSON_ABSENT || (ok->kind == JSON_BOOL && ok->at[0] == 't');
}

static bool take_content(struct inm_packet *packet, const struct envelope *envelope)
{
    packet->data = envelope->data;
    switch (packet->type) {
    case INM_MESSAGE:
        return take_message(packet, &envelope->content);
    case INM_COMMAND:
        take_command(packet, &envelope->content);
        break;
    case INM_RESPONSE:
        packet->ok = is_ok(envelope);
        break;
    case INM_LINK:
        break;
    }
    return envelope->data.kind != JSON_ABSENT;
}

/* Everything but the bytes of the arrays, which would cost more than a whole parse. */
static void clear(struct inm_packet *packet)
{
    static const struct json_span absent;
    packet->type = INM_MESSAGE;
    packet->source_len = packet->destination_len = packet->nonce_len = 0;
    packet->channel_len = packet->command_len = 0;
    packet->is_for_all = packet->is_json = packet->ok = false;
    packet->data = packet->message = packet->client_nonce = packet->claim = absent;
}

int inm_packet_parse(struct inm_packet *packet, const char *text, size_t len)
{
    struct envelope envelope = {0};
    clear(packet);
    if (read_envelope(&envelope, text, len) != 0)
        return RELAY_ESYNTAX;
    bool is_packet = take_type(packet, &envelope.type) && take_source(packet, &envelope.source) &&
                     take_destination(packet, &envelope.destination) &&
                     take_nonce(packet, &envelope.nonce) && take_content(packet, &envelope);
    return is_packet ? 0 : RELAY_ESYNTAX;
}

void inm_packet_begin(struct buf *buf, const struct inm_address *address, enum inm_type type)
{
    ADD_LITERAL(buf, "{\"source\":");
    json_write_string(buf, address->source, address->source_len);
    ADD_LITERAL(buf, ",\"destination\":");
    json_write_string(buf, address->destination, address->destination_len);
    ADD_LITERAL(buf, ",\"type\":\"");
    buf_add_text(buf, type_names[type]);
    ADD_LITERAL(buf, "\",\"nonce\":");
    json_write_string(buf, address->nonce, address->nonce_len);
    ADD_LITERAL(buf, ",\"data\":");
}

void inm_packet_end(struct buf *buf)
{
    buf_add_byte(buf, '}');
}

void inm_packet_write(struct buf *buf, const struct inm_address *address, enum inm_type type,
                      const char *data, size_t data_len)
{
    inm_packet_begin(buf, address, type);
    buf_add(buf, data, data_len);
    inm_packet_end(buf);
}

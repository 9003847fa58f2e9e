/* claim_packet.c — see claim_packet.h. */
#include "reserve/claim_packet.h"

#include <stdio.h>
#include <string.h>

#include "protocol/inm_nonce.h"
#include "protocol/json_write.h"

#define NUMBER_MAX ((UINT64_C(1) << 53) - 1)
#define ADD_LITERAL(buf, text) buf_add((buf), (text), sizeof(text) - 1)

/* The members that mean something. Kind JSON_ABSENT: not there. */
struct members {
    struct json_span command, channel, password, ok;
    bool has_claim;
    struct json_span state, stamp, stamp_node, boot, version, unconfirmed;
};

void claim_number_write(struct buf *buf, uint64_t number)
{
    char digits[24];
    int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)number);
    buf_add(buf, digits, (size_t)len);
}

int claim_number_read(uint64_t *number, const struct json_span *value)
{
    uint64_t read = 0;
    if (value->kind != JSON_NUMBER || value->len > 16)
        return RELAY_EINVAL;
    for (size_t i = 0; i < value->len; i++) {
        if (value->at[i] < '0' || value->at[i] > '9')
            return RELAY_EINVAL;
        read = read * 10 + (uint64_t)(value->at[i] - '0');
    }
    if (read > NUMBER_MAX)
        return RELAY_EINVAL;
    *number = read;
    return 0;
}

void claim_hash_write(struct buf *buf, const struct password_hash *hash)
{
    char digits[PASSWORD_HASH_HEX_LEN + 1];
    if (!hash->is_set) {
        ADD_LITERAL(buf, "null");
        return;
    }
    password_hash_to_hex(hash, digits);
    buf_add_byte(buf, '"');
    buf_add_text(buf, digits);
    buf_add_byte(buf, '"');
}

int claim_hash_read(struct password_hash *hash, const struct json_span *value)
{
    *hash = (struct password_hash){0};
    if (value->kind == JSON_ABSENT || value->kind == JSON_NULL)
        return 0;
    if (value->kind != JSON_STRING)
        return RELAY_EINVAL;
    if (value->len == 2)
        return 0;
    return password_hash_from_hex(hash, value->at + 1, value->len - 2);
}

static void write_member(struct buf *buf, const char *key, uint64_t number)
{
    buf_add_text(buf, key);
    claim_number_write(buf, number);
}

static void write_claim(struct buf *buf, const struct claim_command *command)
{
    const struct claim *claim = &command->claim;
    bool has_state = command->kind == CLAIM_RESERVE;
    ADD_LITERAL(buf, ",\"claim\":{");
    if (has_state && command->is_released)
        ADD_LITERAL(buf, "\"state\":\"released\",");
    else if (has_state) {
        buf_add_text(buf,
                     claim->state == CLAIM_OPEN ? "\"state\":\"open\"" : "\"state\":\"tentative\"");
        write_member(buf, ",\"stamp\":", claim->stamp.ms);
        ADD_LITERAL(buf, ",\"stamp_node\":");
        json_write_string(buf, claim->stamp.node, strlen(claim->stamp.node));
        buf_add_text(buf, claim->is_unconfirmed ? ",\"unconfirmed\":true," : ",");
    }
    write_member(buf, "\"boot\":", command->boot);
    write_member(buf, ",\"version\":", command->version);
    buf_add_byte(buf, '}');
}

void claim_command_write(struct buf *buf, const struct claim_command *command)
{
    bool is_reserve = command->kind == CLAIM_RESERVE;
    buf_add_text(buf, is_reserve ? "{\"command\":\"reserve-channel\",\"channel\":"
                                 : "{\"command\":\"unreserve-channel\",\"channel\":");
    json_write_string(buf, command->name, command->name_len);
    if (is_reserve) {
        ADD_LITERAL(buf, ",\"password\":");
        claim_hash_write(buf, &command->hash);
    }
    if (command->has_claim)
        write_claim(buf, command);
    buf_add_byte(buf, '}');
}

void claim_vote_write(struct buf *buf, const struct claim_vote *vote)
{
    buf_add_text(buf, vote->is_ok
                          ? "{\"ok\":true,\"channel\":"
                          : "{\"ok\":false,\"reason\":\"channel already reserved\",\"channel\":");
    json_write_string(buf, vote->name, vote->name_len);
    write_member(buf, ",\"claim\":{\"boot\":", vote->boot);
    write_member(buf, ",\"version\":", vote->version);
    ADD_LITERAL(buf, "}}");
}

static struct json_span *claim_member(struct members *members, const struct json_span *key)
{
    if (json_string_equals(key, "state"))
        return &members->state;
    if (json_string_equals(key, "stamp"))
        return &members->stamp;
    if (json_string_equals(key, "stamp_node"))
        return &members->stamp_node;
    if (json_string_equals(key, "boot"))
        return &members->boot;
    if (json_string_equals(key, "version"))
        return &members->version;
    return json_string_equals(key, "unconfirmed") ? &members->unconfirmed : NULL;
}

static struct json_span *data_member(struct members *members, const struct json_span *key)
{
    if (json_string_equals(key, "command"))
        return &members->command;
    if (json_string_equals(key, "channel"))
        return &members->channel;
    if (json_string_equals(key, "password"))
        return &members->password;
    return json_string_equals(key, "ok") ? &members->ok : NULL;
}

/* Reads an object's members to where they belong; the reader remembers a failure. */
static void read_members(struct json_reader *json, struct members *members,
                         struct json_span *(*member_of)(struct members *members,
                                                        const struct json_span *key))
{
    struct json_span key, ignored;
    if (json_enter_object(json) != 0)
        return;
    while (json_next_member(json, &key) > 0) {
        struct json_span *member = member_of(members, &key);
        if (member_of == data_member && json_string_equals(&key, "claim") &&
            json_peek(json) == JSON_OBJECT) {
            members->has_claim = true;
            read_members(json, members, claim_member);
        } else if (json_read_value(json, member ? member : &ignored) != 0) {
            return;
        }
    }
}

static int read_data(struct members *members, const char *data, size_t len)
{
    struct json_reader json;
    json_read_init(&json, data, len);
    read_members(&json, members, data_member);
    return json_finish(&json) == 0 ? 0 : RELAY_EINVAL;
}

static int read_name(struct claim_packet *packet, const struct json_span *value, size_t *len)
{
    if (value->kind != JSON_STRING ||
        json_string_decode(value, packet->name, sizeof(packet->name), len) != 0 ||
        !channel_name_is_valid(packet->name, *len))
        return RELAY_EINVAL;
    return 0;
}

/* The stamp's node; the sender when none is named. */
static int read_stamp_node(struct claim_packet *packet, const struct members *members,
                           const char *sender)
{
    size_t len = 0;
    packet->command.claim.stamp.node = sender;
    if (members->stamp_node.kind == JSON_ABSENT)
        return 0;
    if (members->stamp_node.kind != JSON_STRING ||
        json_string_decode(&members->stamp_node, packet->stamp_node, CLAIM_NODE_MAX, &len) != 0 ||
        memchr(packet->stamp_node, '\0', len))
        return RELAY_EINVAL;
    packet->stamp_node[len] = '\0';
    packet->command.claim.stamp.node = packet->stamp_node;
    return 0;
}

static int read_state(struct claim_packet *packet, const struct members *members,
                      const char *sender)
{
    struct claim_command *command = &packet->command;
    struct claim *claim = &command->claim;
    if (command->kind == CLAIM_UNRESERVE)
        return 0;
    if (members->state.kind != JSON_STRING)
        return RELAY_EINVAL;
    if (json_string_equals(&members->state, "released")) {
        command->is_released = true;
        return 0;
    }
    claim->state = json_string_equals(&members->state, "open") ? CLAIM_OPEN : CLAIM_TENTATIVE;
    claim->is_unconfirmed =
        members->unconfirmed.kind == JSON_BOOL && members->unconfirmed.at[0] == 't';
    if (claim->state == CLAIM_TENTATIVE && !json_string_equals(&members->state, "tentative"))
        return RELAY_EINVAL;
    if (claim_number_read(&claim->stamp.ms, &members->stamp) != 0)
        return RELAY_EINVAL;
    return read_stamp_node(packet, members, sender);
}

static int read_claim(struct claim_packet *packet, const struct members *members,
                      const char *sender)
{
    struct claim_command *command = &packet->command;
    command->claim =
        (struct claim){.name = command->name, .name_len = command->name_len, .hash = command->hash};
    if (claim_number_read(&command->boot, &members->boot) != 0 || command->boot > INM_BOOT_MAX ||
        claim_number_read(&command->version, &members->version) != 0)
        return RELAY_EINVAL;
    return read_state(packet, members, sender);
}

int claim_command_read(struct claim_packet *packet, const char *sender, const char *data,
                       size_t len)
{
    struct members members = {0};
    struct claim_command *command = &packet->command;
    *command = (struct claim_command){.name = packet->name};
    if (read_data(&members, data, len) != 0 || members.command.kind != JSON_STRING)
        return RELAY_EINVAL;
    if (json_string_equals(&members.command, "unreserve-channel"))
        command->kind = CLAIM_UNRESERVE;
    else if (!json_string_equals(&members.command, "reserve-channel"))
        return RELAY_EINVAL;
    if (read_name(packet, &members.channel, &command->name_len) != 0)
        return RELAY_EINVAL;
    if (command->kind == CLAIM_RESERVE && claim_hash_read(&command->hash, &members.password) != 0)
        return RELAY_EINVAL;
    command->has_claim = members.has_claim && read_claim(packet, &members, sender) == 0;
    return 0;
}

int claim_vote_read(struct claim_packet *packet, const char *data, size_t len)
{
    struct members members = {0};
    struct claim_vote *vote = &packet->vote;
    *vote = (struct claim_vote){.name = packet->name};
    if (read_data(&members, data, len) != 0 || !members.has_claim ||
        read_name(packet, &members.channel, &vote->name_len) != 0 ||
        claim_number_read(&vote->boot, &members.boot) != 0 ||
        claim_number_read(&vote->version, &members.version) != 0)
        return RELAY_EINVAL;
    vote->is_ok = members.ok.kind == JSON_BOOL && members.ok.at[0] == 't';
    return 0;
}

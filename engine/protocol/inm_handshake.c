/* inm_handshake.c — once in a link's life: read plainly, members of members. */
#include "protocol/inm_handshake.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "protocol/inm_nonce.h"
#include "protocol/json_items.h"
#include "protocol/json_write.h"

#define ADD_LITERAL(buf, text) buf_add((buf), (text), sizeof(text) - 1)

#define FEATURE_TREE "tree/1"
#define FEATURE_CLAIMS "claims/1"

struct members {
    struct json_span command, data;              /* of the frame */
    struct json_span name, host, boot, features; /* of its data */
};

static struct json_span *frame_member(struct members *members, const struct json_span *key)
{
    if (json_string_equals(key, "command"))
        return &members->command;
    return json_string_equals(key, "data") ? &members->data : NULL;
}

static struct json_span *data_member(struct members *members, const struct json_span *key)
{
    if (json_string_equals(key, "name"))
        return &members->name;
    if (json_string_equals(key, "host"))
        return &members->host;
    if (json_string_equals(key, "boot"))
        return &members->boot;
    return json_string_equals(key, "features") ? &members->features : NULL;
}

/* Reads the members of an object that `place` knows; the last of a name wins. */
static int read_object(struct members *members, const char *text, size_t len,
                       struct json_span *(*place)(struct members *, const struct json_span *))
{
    struct json_reader json;
    struct json_span key, ignored;
    json_read_init(&json, text, len);
    if (json_enter_object(&json) != 0)
        return RELAY_ESYNTAX;
    while (json_next_member(&json, &key) > 0) {
        struct json_span *member = place(members, &key);
        if (json_read_value(&json, member ? member : &ignored) != 0)
            return RELAY_ESYNTAX;
    }
    return json_finish(&json);
}

/* A whole number of ms in the bounds of a boot, in digits alone; 0 for every other value. */
static uint64_t read_boot(const struct json_span *value)
{
    uint64_t boot = 0;
    if (value->kind != JSON_NUMBER)
        return 0;
    for (size_t i = 0; i < value->len; i++) {
        char c = value->at[i];
        if (c < '0' || c > '9' || boot > INM_BOOT_MAX)
            return 0;
        boot = boot * 10 + (uint64_t)(c - '0');
    }
    return inm_boot_is_valid(boot) ? boot : 0;
}

static bool has_feature(const struct json_span *features, const char *name)
{
    struct json_items items;
    struct json_span item;
    json_items_init(&items, features);
    while (json_items_next(&items, &item))
        if (item.kind == JSON_STRING && json_string_equals(&item, name))
            return true;
    return false;
}

/* 0 when the host is none that a node can have. */
static size_t read_host(const struct json_span *value, char out[INM_HOST_MAX])
{
    size_t len = 0;
    if (value->kind != JSON_STRING || json_string_decode(value, out, INM_HOST_MAX, &len) != 0)
        return 0;
    for (size_t i = 0; i < len; i++)
        if (out[i] <= ' ' || out[i] > '~')
            return 0;
    return len;
}

static int read_name(struct inm_handshake *handshake, const struct json_span *name)
{
    if (name->kind != JSON_STRING ||
        json_string_decode(name, handshake->name, NODE_NAME_MAX, &handshake->name_len) != 0 ||
        !node_name_is_valid(handshake->name, handshake->name_len))
        return RELAY_EINVAL;
    return 0;
}

int inm_handshake_parse(struct inm_handshake *handshake, const char *text, size_t len)
{
    struct members members = {0};
    *handshake = (struct inm_handshake){0};
    if (read_object(&members, text, len, frame_member) != 0 ||
        members.command.kind != JSON_STRING || !json_string_equals(&members.command, "handshake"))
        return RELAY_ESYNTAX;
    if (members.data.kind != JSON_OBJECT ||
        read_object(&members, members.data.at, members.data.len, data_member) != 0)
        return RELAY_EINVAL;
    handshake->host_len = read_host(&members.host, handshake->host);
    handshake->boot = read_boot(&members.boot);
    handshake->has_features = members.features.kind == JSON_ARRAY;
    handshake->is_our_kind = handshake->boot && has_feature(&members.features, FEATURE_TREE) &&
                             has_feature(&members.features, FEATURE_CLAIMS);
    return read_name(handshake, &members.name);
}

static void add_boot_and_features(struct buf *buf, uint64_t boot)
{
    char number[24];
    assert(inm_boot_is_valid(boot));
    int len = snprintf(number, sizeof(number), "%" PRIu64, boot);
    ADD_LITERAL(buf, ",\"boot\":");
    buf_add(buf, number, (size_t)len);
    ADD_LITERAL(buf, ",\"features\":[\"" FEATURE_TREE "\",\"" FEATURE_CLAIMS "\"]");
}

void inm_handshake_write(struct buf *buf, const struct inm_handshake *handshake)
{
    ADD_LITERAL(buf, "{\"command\":\"handshake\",\"data\":{\"name\":");
    json_write_string(buf, handshake->name, handshake->name_len);
    if (handshake->host_len > 0) {
        ADD_LITERAL(buf, ",\"host\":");
        json_write_string(buf, handshake->host, handshake->host_len);
    }
    if (handshake->is_our_kind)
        add_boot_and_features(buf, handshake->boot);
    ADD_LITERAL(buf, "}}");
}

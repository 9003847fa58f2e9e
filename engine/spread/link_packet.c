/* link_packet.c — see link_packet.h. */
#include "spread/link_packet.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "protocol/inm_nonce.h"
#include "protocol/json_items.h"
#include "protocol/json_read.h"
#include "protocol/json_write.h"
#include "spread/source.h"

static const char *const kind_names[] = {
    [LINK_PRUNE] = "prune", [LINK_GRAFT] = "graft", [LINK_GONE] = "gone",
    [LINK_LEAVE] = "leave", [LINK_HAVE] = "have",
};

/* Adds `,` and a number. */
static void write_number(struct buf *buf, uint64_t number)
{
    char text[24];
    int len = snprintf(text, sizeof(text), ",%" PRIu64, number);
    buf_add(buf, text, (size_t)len);
}

/* Adds `,` and a number, or null. */
static void write_known(struct buf *buf, bool is_known, uint64_t number)
{
    if (is_known)
        write_number(buf, number);
    else
        buf_add_text(buf, ",null");
}

/* The items of a row, without brackets. */
static void write_row(struct buf *buf, enum link_kind kind, const struct link_row *row)
{
    json_write_string(buf, row->source.at, row->source.len);
    if (kind == LINK_PRUNE)
        return;
    write_number(buf, row->boot);
    write_number(buf, row->seq);
    if (kind != LINK_HAVE)
        return;
    write_known(buf, row->dist_ms != DIST_UNKNOWN, row->dist_ms);
    write_number(buf, row->beat);
    write_known(buf, !row->has_ended, row->age_ms);
}

void link_packet_write(struct buf *buf, const struct link_packet *packet)
{
    buf_add_text(buf, "{\"");
    buf_add_text(buf, kind_names[packet->kind]);
    buf_add_text(buf, "\":[");
    for (uint32_t i = 0; i < packet->count; i++) {
        if (i > 0)
            buf_add_byte(buf, ',');
        if (packet->kind == LINK_HAVE)
            buf_add_byte(buf, '[');
        write_row(buf, packet->kind, &packet->rows[i]);
        if (packet->kind == LINK_HAVE)
            buf_add_byte(buf, ']');
    }
    buf_add_text(buf, "]}");
}

static int read_number(const struct json_span *span, uint64_t max, uint64_t *number)
{
    *number = 0;
    if (span->kind != JSON_NUMBER)
        return RELAY_EINVAL;
    for (size_t i = 0; i < span->len; i++) {
        if (span->at[i] < '0' || span->at[i] > '9')
            return RELAY_EINVAL;
        *number = *number * 10 + (uint64_t)(span->at[i] - '0');
        if (*number > max)
            return RELAY_EINVAL;
    }
    return 0;
}

static int read_boot(const struct json_span *span, uint64_t *boot)
{
    int err = read_number(span, INM_BOOT_MAX, boot);
    return err || inm_boot_is_valid(*boot) ? err : RELAY_EINVAL;
}

static int read_small(const struct json_span *span, uint32_t *number)
{
    uint64_t read;
    if (read_number(span, UINT32_MAX - 1, &read) != 0)
        return RELAY_EINVAL;
    *number = (uint32_t)read;
    return 0;
}

/* A name without an escape stays where it stands. */
static int read_name(struct link_packet *packet, const struct json_span *span, struct text *name)
{
    if (span->kind != JSON_STRING)
        return RELAY_EINVAL;
    *name = (struct text){span->at + 1, span->len - 2};
    if (memchr(name->at, '\\', name->len)) {
        char *room = packet->names + packet->names_len;
        int err = json_string_decode(span, room, LINK_NAMES_MAX - packet->names_len, &name->len);
        if (err)
            return err;
        name->at = room;
        packet->names_len += name->len;
    }
    return node_name_is_valid(name->at, name->len) ? 0 : RELAY_EINVAL;
}

static int add_row(struct link_packet *packet, struct link_row **row)
{
    if (packet->count == LINK_ROWS_MAX)
        return RELAY_EFULL;
    *row = &packet->rows[packet->count++];
    **row = (struct link_row){.dist_ms = DIST_UNKNOWN};
    return 0;
}

/* Reads `["S",boot,seq…`; what follows is the caller's. */
static int read_head(struct link_packet *packet, struct json_items *items, struct link_row *row)
{
    struct json_span item;
    if (!json_items_next(items, &item))
        return RELAY_EINVAL;
    int err = read_name(packet, &item, &row->source);
    if (err)
        return err;
    if (!json_items_next(items, &item) || read_boot(&item, &row->boot) != 0 ||
        !json_items_next(items, &item) || read_number(&item, INM_SEQ_MAX, &row->seq) != 0)
        return RELAY_EINVAL;
    return 0;
}

static int read_prune(struct link_packet *packet, struct json_items *items)
{
    struct json_span item;
    struct link_row *row;
    while (json_items_next(items, &item)) {
        int err = add_row(packet, &row);
        if (!err)
            err = read_name(packet, &item, &row->source);
        if (err)
            return err;
    }
    return 0;
}

static int read_one(struct link_packet *packet, struct json_items *items)
{
    struct link_row *row;
    int err = add_row(packet, &row);
    if (!err)
        err = read_head(packet, items, row);
    bool fits = packet->kind != LINK_LEAVE || row->seq < UINT32_MAX;
    return err || fits ? err : RELAY_EINVAL;
}

/* What may be missing at the end of a row. */
static int read_life(struct json_items *items, struct link_row *row)
{
    struct json_span item;
    if (!json_items_next(items, &item))
        return 0;
    if (read_small(&item, &row->beat) != 0)
        return RELAY_EINVAL;
    if (!json_items_next(items, &item))
        return 0;
    row->has_ended = item.kind == JSON_NULL;
    return row->has_ended ? 0 : read_small(&item, &row->age_ms);
}

static int read_have_row(struct link_packet *packet, const struct json_span *span)
{
    struct json_items items;
    struct json_span item;
    struct link_row *row;
    json_items_init(&items, span);
    int err = add_row(packet, &row);
    if (!err)
        err = read_head(packet, &items, row);
    if (err)
        return err;
    if (!json_items_next(&items, &item))
        return RELAY_EINVAL;
    if (item.kind != JSON_NULL && read_small(&item, &row->dist_ms) != 0)
        return RELAY_EINVAL;
    return read_life(&items, row);
}

static int read_have(struct link_packet *packet, struct json_items *items)
{
    struct json_span item;
    while (json_items_next(items, &item)) {
        int err = read_have_row(packet, &item);
        if (err)
            return err;
    }
    return 0;
}

static int read_rows(struct link_packet *packet, const struct json_span *rows)
{
    struct json_items items;
    if (rows->kind != JSON_ARRAY)
        return RELAY_EINVAL;
    json_items_init(&items, rows);
    if (packet->kind == LINK_PRUNE)
        return read_prune(packet, &items);
    return packet->kind == LINK_HAVE ? read_have(packet, &items) : read_one(packet, &items);
}

/* The member among the five; -1 when it is none. */
static int kind_of(const struct json_span *key)
{
    for (int kind = LINK_PRUNE; kind <= LINK_HAVE; kind++) {
        if (json_string_equals(key, kind_names[kind]))
            return kind;
    }
    return -1;
}

/* Finds the last of the five and its rows; -1 when there is none. */
static int read_members(struct json_reader *json, struct json_span *rows)
{
    struct json_span key, value;
    int kind_read = -1;
    if (json_enter_object(json) != 0)
        return -1;
    while (json_next_member(json, &key) > 0) {
        if (json_read_value(json, &value) != 0)
            break;
        int kind = kind_of(&key);
        if (kind >= 0) {
            *rows = value;
            kind_read = kind;
        }
    }
    return kind_read;
}

int link_packet_read(struct link_packet *packet, const char *text, size_t len)
{
    struct json_reader json;
    struct json_span rows = {0};
    json_read_init(&json, text, len);
    int kind = read_members(&json, &rows);
    if (json_finish(&json) != 0)
        return RELAY_ESYNTAX;
    if (kind < 0)
        return RELAY_EINVAL;
    packet->kind = (enum link_kind)kind;
    packet->count = 0;
    packet->names_len = 0;
    return read_rows(packet, &rows);
}

/* claim_digest_write.c — a digest composed: its parts in one order, each only when it is there. */
#include <stdlib.h>
#include <string.h>

#include "protocol/json_write.h"
#include "reserve/claim_digest_packet.h"
#include "reserve/claim_packet.h"

#define SUM_DIGITS 16
#define ADD_LITERAL(buf, text) buf_add((buf), (text), sizeof(text) - 1)

static void write_digits(struct buf *buf, uint64_t value, unsigned count)
{
    static const char digits[] = "0123456789abcdef";
    for (unsigned i = 0; i < count; i++)
        buf_add_byte(buf, digits[value >> (60 - 4 * i) & 15]);
}

/* A comma unless the object has just begun, then the key and its colon. */
static void write_key(struct buf *buf, const char *key, size_t len)
{
    if (buf->len > 0 && buf->bytes[buf->len - 1] != '{')
        buf_add_byte(buf, ',');
    json_write_string(buf, key, len);
    buf_add_byte(buf, ':');
}

static void write_literal_key(struct buf *buf, const char *key)
{
    write_key(buf, key, strlen(key));
}

static void write_number(struct buf *buf, const char *key, uint64_t number)
{
    write_literal_key(buf, key);
    claim_number_write(buf, number);
}

static void write_range_key(struct buf *buf, struct range_key key)
{
    if (buf->len > 0 && buf->bytes[buf->len - 1] != '{')
        buf_add_byte(buf, ',');
    buf_add_byte(buf, '"');
    write_digits(buf, key.prefix, key.depth);
    ADD_LITERAL(buf, "\":");
}

static void write_splits(struct buf *buf, const struct buf *splits)
{
    if (splits->len == 0)
        return;
    write_literal_key(buf, "split");
    buf_add_byte(buf, '{');
    for (size_t i = 0; i < DIGEST_COUNT(*splits, range_split); i++) {
        const struct range_split *split = DIGEST_AT(*splits, range_split, i);
        write_range_key(buf, split->key);
        buf_add_byte(buf, '"');
        for (unsigned way = 0; way < RANGE_WAYS; way++)
            write_digits(buf, split->prints[way], SUM_DIGITS);
        buf_add_byte(buf, '"');
    }
    buf_add_byte(buf, '}');
}

static void write_ranges(struct buf *buf, const char *key, const struct buf *ranges)
{
    if (ranges->len == 0)
        return;
    write_literal_key(buf, key);
    buf_add_byte(buf, '{');
    for (size_t i = 0; i < DIGEST_COUNT(*ranges, range_key); i++) {
        write_range_key(buf, *DIGEST_AT(*ranges, range_key, i));
        buf_add_byte(buf, '0');
    }
    buf_add_byte(buf, '}');
}

static void write_row(struct buf *buf, const struct claim_row *row)
{
    const struct claim *claim = &row->claim;
    write_key(buf, claim->name, claim->name_len);
    ADD_LITERAL(buf, "{\"password\":");
    claim_hash_write(buf, &claim->hash);
    write_literal_key(buf, "state");
    buf_add_text(buf, claim->state == CLAIM_OPEN ? "\"open\"" : "\"tentative\"");
    write_number(buf, "stamp", claim->stamp.ms);
    write_literal_key(buf, "stamp_node");
    json_write_string(buf, claim->stamp.node, strlen(claim->stamp.node));
    write_number(buf, "version", row->version);
    if (claim->is_unconfirmed)
        ADD_LITERAL(buf, ",\"unconfirmed\":true");
    buf_add_byte(buf, '}');
}

static void begin_owner(struct buf *buf, const char *owner, uint64_t boot)
{
    write_key(buf, owner, strlen(owner));
    buf_add_byte(buf, '{');
    write_number(buf, "boot", boot);
}

static void write_rows(struct buf *buf, const struct buf *rows)
{
    const struct claim_row *last = NULL;
    if (rows->len == 0)
        return;
    write_literal_key(buf, "claims");
    buf_add_byte(buf, '{');
    for (size_t i = 0; i < DIGEST_COUNT(*rows, claim_row); i++) {
        const struct claim_row *row = DIGEST_AT(*rows, claim_row, i);
        if (!last || strcmp(last->owner, row->owner) != 0) {
            if (last)
                ADD_LITERAL(buf, "}}");
            begin_owner(buf, row->owner, row->boot);
            ADD_LITERAL(buf, ",\"names\":{");
        }
        write_row(buf, row);
        last = row;
    }
    ADD_LITERAL(buf, "}}}");
}

static bool is_same_list(const struct claim_gone *a, const struct claim_gone *b)
{
    return strcmp(a->owner, b->owner) == 0 && a->boot == b->boot && a->known == b->known;
}

static void write_gone(struct buf *buf, const struct buf *gone)
{
    const struct claim_gone *last = NULL;
    if (gone->len == 0)
        return;
    write_literal_key(buf, "gone");
    buf_add_byte(buf, '{');
    for (size_t i = 0; i < DIGEST_COUNT(*gone, claim_gone); i++) {
        const struct claim_gone *one = DIGEST_AT(*gone, claim_gone, i);
        if (!last || !is_same_list(last, one)) {
            if (last)
                ADD_LITERAL(buf, "}}");
            begin_owner(buf, one->owner, one->boot);
            write_number(buf, "known", one->known);
            ADD_LITERAL(buf, ",\"names\":{");
        }
        write_key(buf, one->name, one->name_len);
        buf_add_byte(buf, '0');
        last = one;
    }
    ADD_LITERAL(buf, "}}}");
}

static void write_behind(struct buf *buf, const struct buf *behind)
{
    if (behind->len == 0)
        return;
    write_literal_key(buf, "behind");
    buf_add_byte(buf, '{');
    for (size_t i = 0; i < DIGEST_COUNT(*behind, claim_known); i++) {
        const struct claim_known *one = DIGEST_AT(*behind, claim_known, i);
        write_number(buf, one->owner, one->boot);
    }
    buf_add_byte(buf, '}');
}

static void write_known(struct buf *buf, const struct buf *known)
{
    if (known->len == 0)
        return;
    write_literal_key(buf, "known");
    buf_add_byte(buf, '{');
    for (size_t i = 0; i < DIGEST_COUNT(*known, claim_known); i++) {
        const struct claim_known *one = DIGEST_AT(*known, claim_known, i);
        begin_owner(buf, one->owner, one->boot);
        write_number(buf, "version", one->version);
        buf_add_byte(buf, '}');
    }
    buf_add_byte(buf, '}');
}

static int compare_rows(const void *a, const void *b)
{
    const struct claim_row *first = a;
    const struct claim_row *second = b;
    return strcmp(first->owner, second->owner);
}

void claim_digest_write(struct buf *buf, struct claim_digest *digest)
{
    if (digest->rows.len > 0)
        qsort(digest->rows.bytes, DIGEST_COUNT(digest->rows, claim_row), sizeof(struct claim_row),
              compare_rows);
    buf_add_byte(buf, '{');
    if (digest->has_sum) {
        write_literal_key(buf, "sum");
        buf_add_byte(buf, '"');
        write_digits(buf, digest->sum, SUM_DIGITS);
        buf_add_byte(buf, '"');
    }
    write_splits(buf, &digest->splits);
    write_ranges(buf, "wanted", &digest->wanted);
    write_ranges(buf, "later", &digest->later);
    write_rows(buf, &digest->rows);
    write_gone(buf, &digest->gone);
    write_behind(buf, &digest->behind);
    write_known(buf, &digest->known);
    if (digest->is_cut) {
        write_literal_key(buf, "more");
        ADD_LITERAL(buf, "true");
    }
    buf_add_byte(buf, '}');
}

/* claim_digest_read.c — a digest read in one pass; keys that are not known are skipped. */
#include <stdlib.h>
#include <string.h>

#include "reserve/claim_digest_packet.h"
#include "reserve/claim_packet.h"

#define SUM_DIGITS 16
#define SPLIT_DIGITS ((size_t)RANGE_WAYS * SUM_DIGITS)

/* What is read, and the owner whose part it is. */
struct reading {
    struct json_reader json;
    struct claim_digest *digest;
    char *free; /* in digest->strings */
    const char *owner;
    uint64_t boot, known;
    int err;
};

static void fail(struct reading *reading, int err)
{
    if (reading->err == 0)
        reading->err = err;
}

/* The next member of the object that was entered, while nothing failed. */
static bool next(struct reading *reading, struct json_span *key)
{
    return reading->err == 0 && json_next_member(&reading->json, key) > 0;
}

static bool enter(struct reading *reading)
{
    if (reading->err == 0 && json_enter_object(&reading->json) != 0)
        fail(reading, RELAY_EINVAL);
    return reading->err == 0;
}

static struct json_span value_of(struct reading *reading)
{
    struct json_span value = {.kind = JSON_ABSENT};
    if (json_read_value(&reading->json, &value) != 0)
        fail(reading, RELAY_EINVAL);
    return value;
}

/* Adds one of at most `most` items. */
static void add_item(struct reading *reading, struct buf *items, const void *item, size_t size,
                     size_t most)
{
    if (items->len >= most * size) {
        fail(reading, RELAY_EINVAL);
        return;
    }
    buf_add(items, item, size);
    if (items->failed)
        fail(reading, RELAY_ENOMEM);
}

#define ADD(reading, field, item, most)                                                            \
    add_item((reading), &(reading)->digest->field, &(item), sizeof(item), (most))

static bool read_digits(uint64_t *value, const char *at, size_t count)
{
    uint64_t read = 0;
    for (size_t i = 0; i < count; i++) {
        const char *digits = "0123456789abcdef";
        const char *digit = at[i] ? strchr(digits, at[i]) : NULL;
        if (!digit)
            return false;
        read |= (uint64_t)(digit - digits) << (60 - 4 * i);
    }
    *value = read;
    return true;
}

/* Whether a string's inside is exactly so many digits. */
static bool is_digits(const struct json_span *value, size_t count)
{
    return value->kind == JSON_STRING && value->len == count + 2;
}

static uint64_t read_number(struct reading *reading)
{
    uint64_t number = 0;
    struct json_span value = value_of(reading);
    if (reading->err == 0 && claim_number_read(&number, &value) != 0)
        fail(reading, RELAY_EINVAL);
    return number;
}

/* A string with a NUL behind it, in the digest's storage. All of them fit: each had two quotes. */
static const char *keep_string(struct reading *reading, const struct json_span *value, size_t most,
                               size_t *len)
{
    char *at = reading->free;
    *len = 0;
    if (value->kind != JSON_STRING || json_string_decode(value, at, most, len) != 0) {
        fail(reading, RELAY_EINVAL);
        return "";
    }
    at[*len] = '\0';
    reading->free += *len + 1;
    return at;
}

static const char *keep_node(struct reading *reading, const struct json_span *value)
{
    size_t len;
    const char *node = keep_string(reading, value, CLAIM_NODE_MAX, &len);
    if (len == 0 || strlen(node) != len)
        fail(reading, RELAY_EINVAL);
    return node;
}

static const char *keep_name(struct reading *reading, const struct json_span *value, size_t *len)
{
    const char *name = keep_string(reading, value, CHANNEL_NAME_MAX, len);
    if (reading->err == 0 && !channel_name_is_valid(name, *len))
        fail(reading, RELAY_EINVAL);
    return name;
}

static struct range_key range_of(struct reading *reading, const struct json_span *digits)
{
    struct range_key key = {0};
    size_t count = digits->len - 2;
    if (count <= RANGE_DEPTH_MAX && read_digits(&key.prefix, digits->at + 1, count))
        key.depth = (unsigned)count;
    else
        fail(reading, RELAY_EINVAL);
    return key;
}

static void read_sum(struct reading *reading)
{
    struct json_span value = value_of(reading);
    reading->digest->has_sum = is_digits(&value, SUM_DIGITS) &&
                               read_digits(&reading->digest->sum, value.at + 1, SUM_DIGITS);
    if (!reading->digest->has_sum)
        fail(reading, RELAY_EINVAL);
}

static void read_splits(struct reading *reading)
{
    struct json_span digits;
    if (!enter(reading))
        return;
    while (next(reading, &digits)) {
        struct range_split split = {.key = range_of(reading, &digits)};
        struct json_span value = value_of(reading);
        bool is_whole = is_digits(&value, SPLIT_DIGITS) && split.key.depth < RANGE_DEPTH_MAX;
        for (unsigned way = 0; is_whole && way < RANGE_WAYS; way++)
            is_whole = read_digits(&split.prints[way], value.at + 1 + (size_t)way * SUM_DIGITS,
                                   SUM_DIGITS);
        if (is_whole)
            ADD(reading, splits, split, DIGEST_RANGES_MAX);
        else
            fail(reading, RELAY_EINVAL);
    }
}

static void read_ranges(struct reading *reading, struct buf *ranges)
{
    struct json_span digits;
    if (!enter(reading))
        return;
    while (next(reading, &digits)) {
        struct range_key key = range_of(reading, &digits);
        (void)value_of(reading);
        add_item(reading, ranges, &key, sizeof(key), DIGEST_RANGES_MAX);
    }
}

static void read_row_member(struct reading *reading, struct claim_row *row,
                            const struct json_span *key)
{
    struct claim *claim = &row->claim;
    if (json_string_equals(key, "stamp")) {
        claim->stamp.ms = read_number(reading);
        return;
    }
    if (json_string_equals(key, "version")) {
        row->version = read_number(reading);
        return;
    }
    struct json_span value = value_of(reading);
    if (reading->err)
        return;
    if (json_string_equals(key, "password") && claim_hash_read(&claim->hash, &value) != 0)
        fail(reading, RELAY_EINVAL);
    else if (json_string_equals(key, "state"))
        claim->state = value.kind == JSON_STRING && json_string_equals(&value, "open")
                           ? CLAIM_OPEN
                           : CLAIM_TENTATIVE;
    else if (json_string_equals(key, "stamp_node"))
        claim->stamp.node = keep_node(reading, &value);
    else if (json_string_equals(key, "unconfirmed"))
        claim->is_unconfirmed = value.kind == JSON_BOOL && value.at[0] == 't';
}

static void read_row(struct reading *reading, const struct json_span *name)
{
    struct json_span key;
    struct claim_row row = {.owner = reading->owner, .boot = reading->boot};
    row.claim.name = keep_name(reading, name, &row.claim.name_len);
    row.claim.stamp.node = reading->owner;
    if (!enter(reading))
        return;
    while (next(reading, &key))
        read_row_member(reading, &row, &key);
    if (reading->err == 0)
        ADD(reading, rows, row, DIGEST_ROWS_MAX);
}

static void read_gone(struct reading *reading, const struct json_span *name)
{
    struct claim_gone gone = {
        .owner = reading->owner, .boot = reading->boot, .known = reading->known};
    gone.name = keep_name(reading, name, &gone.name_len);
    (void)value_of(reading);
    if (reading->err == 0)
        ADD(reading, gone, gone, DIGEST_ROWS_MAX);
}

/* The lists of several owners: `boot` and `known` of each, then its names. */
static void read_lists(struct reading *reading,
                       void (*read_name)(struct reading *reading, const struct json_span *name))
{
    struct json_span owner, key, name;
    if (!enter(reading))
        return;
    while (next(reading, &owner)) {
        reading->owner = keep_node(reading, &owner);
        reading->boot = reading->known = 0;
        if (!enter(reading))
            return;
        while (next(reading, &key)) {
            if (json_string_equals(&key, "boot"))
                reading->boot = read_number(reading);
            else if (json_string_equals(&key, "known"))
                reading->known = read_number(reading);
            else if (!json_string_equals(&key, "names"))
                (void)value_of(reading);
            else if (enter(reading))
                while (next(reading, &name))
                    read_name(reading, &name);
        }
    }
}

static void read_behind(struct reading *reading)
{
    struct json_span owner;
    if (!enter(reading))
        return;
    while (next(reading, &owner)) {
        struct claim_known behind = {.owner = keep_node(reading, &owner)};
        behind.boot = read_number(reading);
        ADD(reading, behind, behind, DIGEST_OWNERS_MAX);
    }
}

static void read_known(struct reading *reading)
{
    struct json_span owner, key;
    if (!enter(reading))
        return;
    while (next(reading, &owner)) {
        struct claim_known known = {.owner = keep_node(reading, &owner)};
        if (!enter(reading))
            return;
        while (next(reading, &key)) {
            if (json_string_equals(&key, "boot"))
                known.boot = read_number(reading);
            else if (json_string_equals(&key, "version"))
                known.version = read_number(reading);
            else
                (void)value_of(reading);
        }
        ADD(reading, known, known, DIGEST_OWNERS_MAX);
    }
}

static void read_part(struct reading *reading, const struct json_span *key)
{
    struct claim_digest *digest = reading->digest;
    if (json_string_equals(key, "sum"))
        read_sum(reading);
    else if (json_string_equals(key, "split"))
        read_splits(reading);
    else if (json_string_equals(key, "wanted"))
        read_ranges(reading, &digest->wanted);
    else if (json_string_equals(key, "later"))
        read_ranges(reading, &digest->later);
    else if (json_string_equals(key, "claims"))
        read_lists(reading, read_row);
    else if (json_string_equals(key, "gone"))
        read_lists(reading, read_gone);
    else if (json_string_equals(key, "behind"))
        read_behind(reading);
    else if (json_string_equals(key, "known"))
        read_known(reading);
    else
        digest->is_cut |= value_of(reading).kind == JSON_BOOL && json_string_equals(key, "more");
}

int claim_digest_read(struct claim_digest *digest, const char *data, size_t len)
{
    struct json_span key;
    struct reading reading = {.digest = digest};
    digest->strings = malloc(len + 1);
    if (!digest->strings)
        return RELAY_ENOMEM;
    reading.free = digest->strings;
    json_read_init(&reading.json, data, len);
    if (enter(&reading)) {
        while (next(&reading, &key))
            read_part(&reading, &key);
    }
    if (reading.err)
        return reading.err;
    return json_finish(&reading.json) == 0 ? 0 : RELAY_EINVAL;
}

/* claim_digest.c — see claim_digest.h. */
#include "reserve/claim_digest.h"

#include <stdlib.h>
#include <string.h>

static const struct range_key everything;

/* What an answer is made with. */
struct answer {
    struct claim_table *table;
    struct claim_digest *out;
    size_t bytes; /* of the rows' JSON, about */
};

void claim_digest_deinit(struct claim_digest *digest)
{
    buf_deinit(&digest->splits);
    buf_deinit(&digest->wanted);
    buf_deinit(&digest->later);
    buf_deinit(&digest->rows);
    buf_deinit(&digest->gone);
    buf_deinit(&digest->behind);
    buf_deinit(&digest->known);
    free(digest->strings);
    *digest = (struct claim_digest){0};
}

bool claim_digest_is_empty(const struct claim_digest *digest)
{
    return !digest->has_sum && digest->splits.len == 0 && digest->wanted.len == 0 &&
           digest->later.len == 0 && digest->rows.len == 0 && digest->gone.len == 0 &&
           digest->behind.len == 0 && digest->known.len == 0;
}

/* Adds one of at most `most` items. False, and the digest is cut, when there is no room. */
static bool add_item(struct claim_digest *digest, struct buf *items, const void *item, size_t size,
                     size_t most)
{
    bool has_room = items->len < most * size;
    if (has_room)
        buf_add(items, item, size);
    if (has_room && !items->failed)
        return true;
    digest->is_cut = true;
    return false;
}

#define ADD(digest, field, item, most)                                                             \
    add_item((digest), &(digest)->field, &(item), sizeof(item), (most))

void claim_digest_ask(const struct claim_table *table, struct claim_digest *out)
{
    out->has_sum = true;
    out->sum = table->ranges.sum.print;
    size_t room = DIGEST_OWNERS_MAX;
    for (const struct claim_owner *owner = table->owners; owner && room > 0;
         owner = owner->hh.next) {
        struct claim_known behind = {owner->name, owner->boot, owner->known};
        if (!owner->is_behind)
            continue;
        ADD(out, behind, behind, DIGEST_OWNERS_MAX);
        room--;
    }
}

/* How long a row's JSON can get, nearly: names may consist of quotes. */
static size_t row_bytes(const struct claim_record *record)
{
    return 2 * record->claim.name_len + 2 * strlen(record->owner->name) +
           2 * strlen(record->stamp_node) + 200;
}

static bool has_room(const struct answer *answer, size_t bytes)
{
    return DIGEST_COUNT(answer->out->rows, claim_row) < DIGEST_ROWS_MAX &&
           answer->bytes + bytes <= DIGEST_ROWS_BYTES;
}

/* Adds a record that the other side is not known to have. False when there is no room. */
static bool add_row(struct answer *answer, struct claim_record *record)
{
    if (record->mark == answer->table->mark)
        return true;
    size_t bytes = row_bytes(record);
    struct claim_row row = {record->owner->name, record->owner->boot, record->version,
                            record->claim};
    if (!has_room(answer, bytes) || !ADD(answer->out, rows, row, DIGEST_ROWS_MAX))
        return false;
    answer->bytes += bytes;
    record->mark = answer->table->mark;
    return true;
}

struct giving {
    struct answer *answer;
    bool is_full;
};

static bool give_one(void *context, struct range_item *item)
{
    struct giving *giving = context;
    giving->is_full = !add_row(giving->answer, range_item_record(item));
    return !giving->is_full;
}

/* Adds all rows of a range; false when they did not fit. */
static bool give_rows(struct answer *answer, struct range_key key)
{
    struct giving giving = {.answer = answer};
    claim_ranges_each(&answer->table->ranges, key, give_one, &giving);
    return !giving.is_full;
}

static void want(struct answer *answer, struct range_key key)
{
    if (ADD(answer->out, wanted, key, DIGEST_RANGES_MAX) && !give_rows(answer, key))
        answer->out->is_cut = true;
}

static void add_split(struct answer *answer, struct range_key key)
{
    struct range_split split = {.key = key};
    struct range_sum parts[RANGE_WAYS];
    claim_ranges_parts(&answer->table->ranges, key, parts);
    for (unsigned i = 0; i < RANGE_WAYS; i++)
        split.prints[i] = parts[i].print;
    ADD(answer->out, splits, split, DIGEST_RANGES_MAX);
}

static void answer_sum(struct answer *answer, struct range_key key, uint64_t theirs)
{
    struct range_sum own = claim_ranges_sum(&answer->table->ranges, key);
    if (own.print == theirs)
        return;
    if (own.count <= DIGEST_FEW || key.depth == RANGE_DEPTH_MAX)
        want(answer, key);
    else
        add_split(answer, key);
}

/* The other side gave all that it has of a range. Too much to give at once is split, or put off. */
static void answer_wanted(struct answer *answer, struct range_key key)
{
    size_t count = claim_ranges_sum(&answer->table->ranges, key).count;
    if (count > DIGEST_ROWS_MAX / 4 && key.depth < RANGE_DEPTH_MAX)
        add_split(answer, key);
    else if (!give_rows(answer, key))
        ADD(answer->out, later, key, DIGEST_RANGES_MAX);
}

/* One row that was told, when what could be taken over was: they know it, or they are behind. */
static void answer_row(struct answer *answer, const struct claim_row *row)
{
    const struct claim_owner *owner = claim_table_owner(answer->table, row->owner);
    if (!owner || owner->boot < row->boot)
        return;
    struct claim_record *record =
        claim_table_find(answer->table, owner, row->claim.name, row->claim.name_len);
    bool is_same_boot = owner->boot == row->boot;
    if (record && is_same_boot && record->version == row->version) {
        record->mark = answer->table->mark;
    } else if (record && (!is_same_boot || record->version > row->version)) {
        if (!add_row(answer, record))
            answer->out->is_cut = true;
    } else if (!record && (!is_same_boot || owner->known >= row->version)) {
        struct claim_gone gone = {owner->name, owner->boot, owner->known, row->claim.name,
                                  row->claim.name_len};
        ADD(answer->out, gone, gone, DIGEST_ROWS_MAX);
    }
}

static void answer_behind(struct answer *answer, const struct claim_known *behind)
{
    const struct claim_owner *owner = claim_table_owner(answer->table, behind->owner);
    if (!owner || owner->is_behind || owner->boot < behind->boot)
        return;
    struct claim_known known = {owner->name, owner->boot, owner->known};
    ADD(answer->out, known, known, DIGEST_OWNERS_MAX);
}

void claim_digest_answer(struct claim_table *table, const struct claim_digest *in,
                         struct claim_digest *out)
{
    struct answer answer = {.table = table, .out = out};
    table->mark++;
    for (size_t i = 0; i < DIGEST_COUNT(in->rows, claim_row); i++)
        answer_row(&answer, DIGEST_AT(in->rows, claim_row, i));
    for (size_t i = 0; i < DIGEST_COUNT(in->behind, claim_known); i++)
        answer_behind(&answer, DIGEST_AT(in->behind, claim_known, i));
    if (in->has_sum)
        answer_sum(&answer, everything, in->sum);
    for (size_t i = 0; i < DIGEST_COUNT(in->splits, range_split); i++) {
        const struct range_split *split = DIGEST_AT(in->splits, range_split, i);
        for (unsigned way = 0; way < RANGE_WAYS; way++)
            answer_sum(&answer, range_part(split->key, way), split->prints[way]);
    }
    for (size_t i = 0; i < DIGEST_COUNT(in->wanted, range_key); i++)
        answer_wanted(&answer, *DIGEST_AT(in->wanted, range_key, i));
    for (size_t i = 0; i < DIGEST_COUNT(in->later, range_key); i++)
        want(&answer, *DIGEST_AT(in->later, range_key, i));
}

bool claim_row_is_news(const struct claim_table *table, const struct claim_row *row)
{
    const struct claim_owner *owner = claim_table_owner(table, row->owner);
    if (!owner || owner->boot < row->boot)
        return true;
    if (owner->boot > row->boot)
        return false;
    const struct claim_record *record =
        claim_table_find(table, owner, row->claim.name, row->claim.name_len);
    return record ? record->version < row->version : owner->known < row->version;
}

bool claim_gone_is_newer(const struct claim_table *table, const struct claim_gone *gone)
{
    const struct claim_owner *owner = claim_table_owner(table, gone->owner);
    return owner && owner->boot < gone->boot;
}

struct claim_record *claim_gone_record(const struct claim_table *table,
                                       const struct claim_gone *gone)
{
    const struct claim_owner *owner = claim_table_owner(table, gone->owner);
    if (!owner || owner->boot != gone->boot)
        return NULL;
    struct claim_record *record = claim_table_find(table, owner, gone->name, gone->name_len);
    return record && record->version <= gone->known ? record : NULL;
}

/* What stood there of an older boot is dropped. */
static struct claim_owner *owner_of_boot(struct claim_table *table, const char *node, uint64_t boot)
{
    struct claim_owner *owner = claim_table_add_owner(table, node);
    if (!owner || owner->boot == boot)
        return owner;
    while (!list_is_empty(&owner->records))
        claim_table_remove(table, list_entry(owner->records.next, struct claim_record, by_owner));
    claim_owner_restart(owner, boot);
    owner->is_behind = true;
    return owner;
}

static int take_row(struct claim_table *table, const struct claim_row *row, bool *changed)
{
    if (!claim_row_is_news(table, row))
        return 0;
    struct claim_owner *owner = owner_of_boot(table, row->owner, row->boot);
    struct claim_record *record;
    if (!owner)
        return RELAY_ENOMEM;
    *changed = true;
    return claim_table_put(table, owner, &row->claim, row->version, &record);
}

static bool take_gone(struct claim_table *table, const struct claim_gone *gone)
{
    bool is_newer = claim_gone_is_newer(table, gone);
    struct claim_record *record = claim_gone_record(table, gone);
    if (is_newer)
        (void)owner_of_boot(table, gone->owner, gone->boot);
    if (!record)
        return is_newer;
    record->owner->is_behind |= record->owner->known < gone->known;
    claim_table_remove(table, record);
    return true;
}

int claim_digest_apply(struct claim_table *table, const struct claim_digest *in, bool *changed)
{
    int err = 0;
    *changed = false;
    for (size_t i = 0; i < DIGEST_COUNT(in->rows, claim_row) && err == 0; i++)
        err = take_row(table, DIGEST_AT(in->rows, claim_row, i), changed);
    for (size_t i = 0; i < DIGEST_COUNT(in->gone, claim_gone); i++)
        *changed |= take_gone(table, DIGEST_AT(in->gone, claim_gone, i));
    return err;
}

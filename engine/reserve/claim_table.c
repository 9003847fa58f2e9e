/* claim_table.c — two uthash tables, two rings a record, and the tree of fingerprints. */
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element) ((element)->hh.tbl = NULL)

#include "reserve/claim_table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* The same on all nodes: positions and fingerprints are compared between them. */
static const struct hash_key position_key = {0x7773726c6179706fu, 1};
static const struct hash_key print_key = {0x7773726c61797072u, 1};

void claim_table_init(struct claim_table *table, const struct hash_key *key, size_t max)
{
    *table = (struct claim_table){.key = *key, .max = max};
}

static void forget_owner(struct claim_table *table, struct claim_owner *owner)
{
    HASH_DELETE(hh, table->owners, owner);
    free(owner);
}

void claim_table_deinit(struct claim_table *table)
{
    struct claim_owner *owner, *next;
    HASH_ITER(hh, table->owners, owner, next)
    {
        while (!list_is_empty(&owner->records))
            claim_table_remove(table,
                               list_entry(owner->records.next, struct claim_record, by_owner));
        forget_owner(table, owner);
    }
    claim_ranges_deinit(&table->ranges);
}

struct claim_owner *claim_table_owner(const struct claim_table *table, const char *node)
{
    struct claim_owner *found;
    size_t len = strlen(node);
    unsigned hash = hash_bytes(&table->key, node, len);
    HASH_FIND_BYHASHVALUE(hh, table->owners, node, len, hash, found);
    return found;
}

struct claim_owner *claim_table_add_owner(struct claim_table *table, const char *node)
{
    struct claim_owner *owner = claim_table_owner(table, node);
    if (owner || HASH_COUNT(table->owners) >= CLAIM_OWNERS_MAX)
        return owner;
    size_t len = strlen(node);
    owner = calloc(1, sizeof(*owner) + len + 1);
    if (!owner)
        return NULL;
    memcpy(owner->name, node, len + 1);
    list_init(&owner->records);
    unsigned hash = hash_bytes(&table->key, node, len);
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, table->owners, owner->name, len, hash, owner);
    if (owner->hh.tbl)
        return owner;
    free(owner);
    return NULL;
}

void claim_table_forget_owner(struct claim_table *table, struct claim_owner *owner)
{
    assert(owner->count == 0);
    forget_owner(table, owner);
}

static struct claim_name *find_name(const struct claim_table *table, const char *name, size_t len)
{
    struct claim_name *found;
    unsigned hash = hash_bytes(&table->key, name, len);
    HASH_FIND_BYHASHVALUE(hh, table->names, name, len, hash, found);
    return found;
}

static struct claim_name *add_name(struct claim_table *table, const char *bytes, size_t len)
{
    struct claim_name *name = find_name(table, bytes, len);
    if (name)
        return name;
    name = calloc(1, sizeof(*name) + len + 1);
    if (!name)
        return NULL;
    memcpy(name->bytes, bytes, len);
    name->len = len;
    list_init(&name->records);
    unsigned hash = hash_bytes(&table->key, bytes, len);
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, table->names, name->bytes, len, hash, name);
    if (name->hh.tbl)
        return name;
    free(name);
    return NULL;
}

static void drop_name_if_empty(struct claim_table *table, struct claim_name *name)
{
    if (!list_is_empty(&name->records))
        return;
    HASH_DELETE(hh, table->names, name);
    free(name);
}

struct claim_record *claim_table_winner(const struct claim_table *table, const char *name,
                                        size_t name_len)
{
    const struct claim_name *found = find_name(table, name, name_len);
    return found ? found->winner : NULL;
}

struct claim_record *claim_table_find(const struct claim_table *table,
                                      const struct claim_owner *owner, const char *name,
                                      size_t name_len)
{
    const struct claim_name *found = find_name(table, name, name_len);
    if (!found)
        return NULL;
    for (struct list *at = found->records.next; at != &found->records; at = at->next) {
        struct claim_record *record = list_entry(at, struct claim_record, by_name);
        if (record->owner == owner)
            return record;
    }
    return NULL;
}

/* Same stamp, state and hash: the owner's name decides, so that all find the same record. */
static bool goes_before(const struct claim_record *a, const struct claim_record *b)
{
    int order = claim_compare(&a->claim, &b->claim);
    return order ? order < 0 : strcmp(a->owner->name, b->owner->name) < 0;
}

static void find_winner(struct claim_name *name)
{
    name->winner = NULL;
    for (struct list *at = name->records.next; at != &name->records; at = at->next) {
        struct claim_record *record = list_entry(at, struct claim_record, by_name);
        if (!name->winner || goes_before(record, name->winner))
            name->winner = record;
    }
}

/* What takes part in a fingerprint beside the names, without padding. */
struct printed {
    uint64_t name, owner, boot, version, stamp_ms, stamp_node;
    unsigned char hash[PASSWORD_HASH_LEN];
    uint64_t flags;
};

static uint64_t hash_text(const struct hash_key *key, const char *text)
{
    return hash_bytes64(key, text, strlen(text));
}

static void print(struct claim_record *record)
{
    const struct claim *claim = &record->claim;
    uint64_t at[2] = {
        hash_bytes64(&position_key, claim->name, claim->name_len),
        hash_text(&position_key, record->owner->name),
    };
    struct printed printed = {
        .name = at[0],
        .owner = at[1],
        .boot = record->owner->boot,
        .version = record->version,
        .stamp_ms = claim->stamp.ms,
        .stamp_node = hash_text(&print_key, claim->stamp.node),
        .flags = (uint64_t)claim->hash.is_set | (uint64_t)(claim->state == CLAIM_OPEN) << 1,
    };
    if (claim->hash.is_set)
        memcpy(printed.hash, claim->hash.bytes, PASSWORD_HASH_LEN);
    record->item.position = hash_bytes64(&position_key, at, sizeof(at));
    record->item.print = hash_bytes64(&print_key, &printed, sizeof(printed));
}

static struct claim_record *record_new(struct claim_owner *owner, struct claim_name *name,
                                       const struct claim *claim, uint64_t version)
{
    size_t node_len = strlen(claim->stamp.node);
    struct claim_record *record = calloc(1, sizeof(*record) + node_len + 1);
    if (!record)
        return NULL;
    record->claim = *claim;
    record->claim.name = name->bytes;
    record->claim.stamp.node = record->stamp_node;
    memcpy(record->stamp_node, claim->stamp.node, node_len + 1);
    record->owner = owner;
    record->name = name;
    record->version = version;
    print(record);
    return record;
}

static void insert(struct claim_table *table, struct claim_record *record)
{
    struct claim_name *name = record->name;
    list_append(&name->records, &record->by_name);
    list_append(&record->owner->records, &record->by_owner);
    record->owner->count++;
    table->count++;
    claim_ranges_add(&table->ranges, &record->item);
    if (!name->winner || goes_before(record, name->winner))
        name->winner = record;
}

int claim_table_put(struct claim_table *table, struct claim_owner *owner, const struct claim *claim,
                    uint64_t version, struct claim_record **put)
{
    struct claim_record *old = claim_table_find(table, owner, claim->name, claim->name_len);
    if (!old && table->count >= table->max)
        return RELAY_EFULL;
    struct claim_name *name = add_name(table, claim->name, claim->name_len);
    if (!name)
        return RELAY_ENOMEM;
    struct claim_record *record = record_new(owner, name, claim, version);
    if (!record) {
        drop_name_if_empty(table, name);
        return RELAY_ENOMEM;
    }
    insert(table, record);
    if (old)
        claim_table_remove(table, old);
    *put = record;
    return 0;
}

void claim_table_remove(struct claim_table *table, struct claim_record *record)
{
    struct claim_name *name = record->name;
    claim_ranges_remove(&table->ranges, &record->item);
    list_remove(&record->by_name);
    list_remove(&record->by_owner);
    record->owner->count--;
    table->count--;
    if (name->winner == record)
        find_winner(name);
    drop_name_if_empty(table, name);
    free(record);
}

void claim_owner_restart(struct claim_owner *owner, uint64_t boot)
{
    assert(owner->count == 0);
    owner->boot = boot;
    owner->known = owner->run = owner->run_last = 0;
    owner->is_behind = false;
}

/* Behind no more once what is known reaches the run of versions that followed the gap. */
static void catch_up(struct claim_owner *owner)
{
    if (owner->known + 1 < owner->run)
        return;
    if (owner->known < owner->run_last)
        owner->known = owner->run_last;
    owner->run = owner->run_last = 0;
    owner->is_behind = false;
}

bool claim_owner_saw(struct claim_owner *owner, uint64_t version)
{
    if (version <= owner->known)
        return false;
    if (version == owner->known + 1) {
        owner->known = version;
        if (owner->run > 0)
            catch_up(owner);
        return false;
    }
    bool is_new = version > owner->run_last + 1;
    if (is_new)
        owner->run = version;
    if (version > owner->run_last)
        owner->run_last = version;
    owner->is_behind = true;
    return is_new;
}

void claim_owner_missed(struct claim_owner *owner, uint64_t version)
{
    if (owner->known >= version)
        owner->known = version - 1;
    owner->run = owner->run_last = 0;
    owner->is_behind = true;
}

void claim_owner_levelled(struct claim_owner *owner, uint64_t version)
{
    if (version > owner->known)
        owner->known = version;
    if (owner->is_behind)
        catch_up(owner);
}

size_t claim_table_page(const struct claim_table *table, uint64_t *cursor,
                        const struct claim_record **page, size_t most)
{
    size_t count = 0;
    while (count < most) {
        struct range_item *item = claim_ranges_from(&table->ranges, *cursor);
        if (!item)
            break;
        const struct claim_record *record = range_item_record(item);
        if (record->name->winner == record)
            page[count++] = record;
        *cursor = item->position + 1;
        if (*cursor == 0) /* behind the last position that there is */
            break;
    }
    return count;
}

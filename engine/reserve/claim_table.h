/* claim_table.h — all claims that a node knows, its own and the replicas of the others'.
 *
 * By name, with the winner at hand, and by owner. An owner's list is versioned: each of its changes
 * takes the next version of the owner's current boot, and `known` is the version up to which
 * nothing was missed here. The table owns its records; they live until they are replaced, removed,
 * or the table is freed. The surprising rule: a record may be newer than `known` (a digest brought
 * it), so an absent name was dropped only if its version is at most `known`. */
#ifndef WSRELAY_RESERVE_CLAIM_TABLE_H
#define WSRELAY_RESERVE_CLAIM_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/list.h"
#include "reserve/claim.h"
#include "reserve/claim_ranges.h"

#define CLAIM_OWNERS_MAX 4096
#define CLAIM_PAGE 2000 /* names in one answer to list-reserved-channels */

struct claim_owner {
    UT_hash_handle hh;
    uint64_t boot;          /* 0: none is known */
    uint64_t known;         /* nothing up to this version was missed */
    uint64_t run, run_last; /* the versions seen without a gap after the last gap; 0: no gap */
    bool is_behind;         /* something after `known` was missed: neighbours are asked */
    struct list records;    /* struct claim_record.by_owner */
    size_t count;
    char name[];
};

struct claim_name {
    UT_hash_handle hh;
    struct list records; /* struct claim_record.by_name */
    struct claim_record *winner;
    size_t len;
    char bytes[];
};

struct claim_record {
    struct claim claim; /* its strings live as long as the record */
    struct claim_owner *owner;
    struct claim_name *name;
    uint64_t version;
    struct list by_name, by_owner;
    struct range_item item;
    uint32_t mark; /* claim_digest's */
    char stamp_node[];
};

struct claim_table {
    struct hash_key key;
    struct claim_name *names;   /* uthash */
    struct claim_owner *owners; /* uthash */
    struct claim_ranges ranges;
    size_t count, max;
    uint32_t mark;
};

/* The owner's storage. At most `max` claims are taken. */
void claim_table_init(struct claim_table *table, const struct hash_key *key, size_t max);
void claim_table_deinit(struct claim_table *table);

/* NULL when the owner is not known. */
struct claim_owner *claim_table_owner(const struct claim_table *table, const char *node);
/* The owner, new with boot 0 when it was not known; NULL for want of memory or when
 * CLAIM_OWNERS_MAX are. */
struct claim_owner *claim_table_add_owner(struct claim_table *table, const char *node);
/* Forgets an owner without records. */
void claim_table_forget_owner(struct claim_table *table, struct claim_owner *owner);

/* The claim that holds a name; NULL when nobody claims it. */
struct claim_record *claim_table_winner(const struct claim_table *table, const char *name,
                                        size_t name_len);
/* The owner's claim to a name, or NULL. */
struct claim_record *claim_table_find(const struct claim_table *table,
                                      const struct claim_owner *owner, const char *name,
                                      size_t name_len);

/* Adds the owner's claim, or puts it in the place of the one that it had to this name. The claim
 * is copied and may be that one. RELAY_EFULL, RELAY_ENOMEM: the table is as it was. */
int claim_table_put(struct claim_table *table, struct claim_owner *owner, const struct claim *claim,
                    uint64_t version, struct claim_record **put) RELAY_MUST_USE;
void claim_table_remove(struct claim_table *table, struct claim_record *record);

/* A new boot: everything from the last one must have been removed. */
void claim_owner_restart(struct claim_owner *owner, uint64_t boot);
/* The owner itself told of this version, in order. True when something before it was missed and
 * that was not known yet. */
bool claim_owner_saw(struct claim_owner *owner, uint64_t version);
/* What it told with this version could not be kept: the list is behind, and says no name is gone.
 */
void claim_owner_missed(struct claim_owner *owner, uint64_t version);
/* All up to this version was compared with somebody who had missed nothing. */
void claim_owner_levelled(struct claim_owner *owner, uint64_t version);

/* A page of list-reserved-channels: up to `most` winners, in an order that no change disturbs.
 * `*cursor` begins with 0; the page is the last one when fewer than `most` are given. */
size_t claim_table_page(const struct claim_table *table, uint64_t *cursor,
                        const struct claim_record **page, size_t most);

static inline struct claim_record *range_item_record(struct range_item *item)
{
    return list_entry(item, struct claim_record, item);
}

#endif

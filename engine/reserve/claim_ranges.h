/* claim_ranges.h — sums of fingerprints over sixteenths of sixteenths of a table.
 *
 * Every item has a position, which spreads evenly over 64 bits, and a fingerprint of what it says.
 * A range is the items whose positions begin with the same hexadecimal digits; its sum tells
 * whether two tables hold the same there, at the cost of its depth. The items are their owner's
 * and stand in the tree by a link in them; the tree's own memory is only what the splits need, and
 * a split that finds none is left out: adding never fails. */
#ifndef WSRELAY_RESERVE_CLAIM_RANGES_H
#define WSRELAY_RESERVE_CLAIM_RANGES_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RANGE_WAYS 16
#define RANGE_DEPTH_MAX 16

struct range_item {
    uint64_t position, print;
    struct range_item *next; /* the tree's */
};

/* The items whose first `depth` digits are those of `prefix`; its other digits are 0. */
struct range_key {
    uint64_t prefix;
    unsigned depth;
};

struct range_sum {
    uint64_t print; /* of all fingerprints, modulo 2^64 */
    size_t count;
};

/* {0} is the empty tree, its own root. */
struct claim_ranges {
    struct range_sum sum;
    struct claim_ranges *children; /* RANGE_WAYS of them; NULL: the items stand here */
    struct range_item *items;
};

/* An item that is in no tree. */
void claim_ranges_add(struct claim_ranges *root, struct range_item *item);
/* An item that is in this one. */
void claim_ranges_remove(struct claim_ranges *root, struct range_item *item);
/* Frees the tree's own memory; the items are left as they are. The tree is empty then. */
void claim_ranges_deinit(struct claim_ranges *root);

struct range_sum claim_ranges_sum(const struct claim_ranges *root, struct range_key key);
/* The sums of the sixteen parts of a range that is not the deepest. */
void claim_ranges_parts(const struct claim_ranges *root, struct range_key key,
                        struct range_sum parts[RANGE_WAYS]);

/* Calls `visit` for each item of a range until it returns false. It must not change the tree. */
void claim_ranges_each(const struct claim_ranges *root, struct range_key key,
                       bool (*visit)(void *context, struct range_item *item), void *context);

/* The item with the least position of at least `from`; NULL when there is none. */
struct range_item *claim_ranges_from(const struct claim_ranges *root, uint64_t from);

/* The part of a range with the digit `way`. */
static inline struct range_key range_part(struct range_key key, unsigned way)
{
    assert(key.depth < RANGE_DEPTH_MAX);
    uint64_t digit = (uint64_t)way << (60 - 4 * key.depth);
    return (struct range_key){key.prefix | digit, key.depth + 1};
}

static inline bool range_holds(struct range_key key, uint64_t position)
{
    return key.depth == 0 || (position ^ key.prefix) >> (64 - 4 * key.depth) == 0;
}

#endif

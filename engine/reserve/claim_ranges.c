/* claim_ranges.c — a trie of hexadecimal digits that splits a crowded leaf and joins a thin branch.
 */
#include "reserve/claim_ranges.h"

#include <stdlib.h>

#define LEAF_MAX 16  /* items of a leaf that may still split */
#define BRANCH_MIN 8 /* a branch with fewer items becomes a leaf */

static unsigned digit_at(uint64_t position, unsigned depth)
{
    return (unsigned)(position >> (60 - 4 * depth)) & (RANGE_WAYS - 1);
}

static void sum_add(struct range_sum *sum, const struct range_item *item)
{
    sum->print += item->print;
    sum->count++;
}

static void push(struct claim_ranges *leaf, struct range_item *item)
{
    item->next = leaf->items;
    leaf->items = item;
}

static void split(struct claim_ranges *leaf, unsigned depth)
{
    struct claim_ranges *children = calloc(RANGE_WAYS, sizeof(*children));
    if (!children)
        return;
    struct range_item *item = leaf->items;
    leaf->children = children;
    leaf->items = NULL;
    while (item) {
        struct range_item *next = item->next;
        struct claim_ranges *child = &children[digit_at(item->position, depth)];
        sum_add(&child->sum, item);
        push(child, item);
        item = next;
    }
}

void claim_ranges_add(struct claim_ranges *root, struct range_item *item)
{
    struct claim_ranges *at = root;
    unsigned depth = 0;
    for (;; depth++) {
        sum_add(&at->sum, item);
        if (!at->children && at->sum.count > LEAF_MAX && depth < RANGE_DEPTH_MAX)
            split(at, depth);
        if (!at->children)
            break;
        at = &at->children[digit_at(item->position, depth)];
    }
    push(at, item);
}

/* Moves all items below `from` to `leaf`, and frees what was below. */
static void gather(struct claim_ranges *leaf, struct claim_ranges *from)
{
    struct range_item *item = from->items;
    while (item) {
        struct range_item *next = item->next;
        push(leaf, item);
        item = next;
    }
    for (unsigned i = 0; from->children && i < RANGE_WAYS; i++)
        gather(leaf, &from->children[i]);
    free(from->children);
}

static void join(struct claim_ranges *branch)
{
    struct claim_ranges old = *branch;
    branch->children = NULL;
    branch->items = NULL;
    gather(branch, &old);
}

static void unlink_item(struct claim_ranges *leaf, struct range_item *item)
{
    struct range_item **at = &leaf->items;
    while (*at != item) {
        assert(*at);
        at = &(*at)->next;
    }
    *at = item->next;
    item->next = NULL;
}

void claim_ranges_remove(struct claim_ranges *root, struct range_item *item)
{
    struct claim_ranges *at = root;
    for (unsigned depth = 0;; depth++) {
        at->sum.print -= item->print;
        at->sum.count--;
        if (at->children && at->sum.count < BRANCH_MIN)
            join(at);
        if (!at->children)
            break;
        at = &at->children[digit_at(item->position, depth)];
    }
    unlink_item(at, item);
}

void claim_ranges_deinit(struct claim_ranges *root)
{
    for (unsigned i = 0; root->children && i < RANGE_WAYS; i++)
        claim_ranges_deinit(&root->children[i]);
    free(root->children);
    *root = (struct claim_ranges){0};
}

/* The deepest node whose range holds all of `key`. `*is_exact`: its range is `key` itself. */
static const struct claim_ranges *descend(const struct claim_ranges *root, struct range_key key,
                                          bool *is_exact)
{
    const struct claim_ranges *at = root;
    unsigned depth = 0;
    for (; depth < key.depth && at->children; depth++)
        at = &at->children[digit_at(key.prefix, depth)];
    *is_exact = depth == key.depth;
    return at;
}

struct range_sum claim_ranges_sum(const struct claim_ranges *root, struct range_key key)
{
    bool is_exact;
    const struct claim_ranges *at = descend(root, key, &is_exact);
    if (is_exact)
        return at->sum;
    struct range_sum sum = {0};
    for (const struct range_item *item = at->items; item; item = item->next) {
        if (range_holds(key, item->position))
            sum_add(&sum, item);
    }
    return sum;
}

void claim_ranges_parts(const struct claim_ranges *root, struct range_key key,
                        struct range_sum parts[RANGE_WAYS])
{
    for (unsigned i = 0; i < RANGE_WAYS; i++)
        parts[i] = claim_ranges_sum(root, range_part(key, i));
}

static bool each_below(const struct claim_ranges *at, struct range_key key,
                       bool (*visit)(void *context, struct range_item *item), void *context)
{
    for (struct range_item *item = at->items; item; item = item->next) {
        if (range_holds(key, item->position) && !visit(context, item))
            return false;
    }
    for (unsigned i = 0; at->children && i < RANGE_WAYS; i++) {
        if (!each_below(&at->children[i], key, visit, context))
            return false;
    }
    return true;
}

void claim_ranges_each(const struct claim_ranges *root, struct range_key key,
                       bool (*visit)(void *context, struct range_item *item), void *context)
{
    bool is_exact;
    each_below(descend(root, key, &is_exact), key, visit, context);
}

static struct range_item *least_of_leaf(const struct claim_ranges *leaf, uint64_t from)
{
    struct range_item *least = NULL;
    for (struct range_item *item = leaf->items; item; item = item->next) {
        if (item->position >= from && (!least || item->position < least->position))
            least = item;
    }
    return least;
}

static struct range_item *least_below(const struct claim_ranges *at, unsigned depth, uint64_t from)
{
    if (!at->children)
        return least_of_leaf(at, from);
    unsigned first = digit_at(from, depth);
    for (unsigned i = first; i < RANGE_WAYS; i++) {
        uint64_t bound = i == first ? from : 0; /* past the first digit all are greater */
        struct range_item *least = least_below(&at->children[i], depth + 1, bound);
        if (least)
            return least;
    }
    return NULL;
}

struct range_item *claim_ranges_from(const struct claim_ranges *root, uint64_t from)
{
    return least_below(root, 0, from);
}

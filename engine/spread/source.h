/* source.h — what a node knows of one source of broadcasts: what arrived, and its tree's links
 * here.
 *
 * Arrived is everything up to `hi`, and what the window behind it holds; what is held was not
 * delivered yet, for a source's packets are delivered in order. For each link there is a row. A
 * silent source costs about 300 bytes and 64 for each link; the window is allocated while there
 * is a gap. A link is a small number that its owner gives (tree.h). */
#ifndef WSRELAY_SPREAD_SOURCE_H
#define WSRELAY_SPREAD_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

#include "base/err.h"
#include "base/list.h"
#include "spread/packet.h"

#define SOURCE_NAME_MAX NODE_NAME_MAX
#define SOURCE_WINDOW 1024
#define DIST_UNKNOWN UINT32_MAX

#define LINK_NONE UINT32_MAX
#define LINK_SELF (UINT32_MAX - 1) /* the parent of our own tree */

struct source_link {
    uint64_t adv_seq; /* what the link's end last said it has, and how far from the source it is */
    uint32_t adv_dist_ms, adv_beat;
    uint64_t got_seq;  /* the newest packet that came from there */
    uint64_t told_seq; /* what we last told it */
    uint32_t told_dist_ms, told_beat;
    uint64_t cut_ms; /* when we last pruned it */
    uint64_t lacks;  /* it said that it has none up to here */
    bool has_adv, was_told;
    bool is_off;    /* it does not want this source from us */
    bool is_cut;    /* pruned, and not asked again: what still comes from it are stragglers */
    bool was_asked; /* in the repair that runs */
};

struct source {
    UT_hash_handle hh;
    uint32_t place;        /* in the table's items */
    struct list by_heard;  /* in the table's list; our own is in none */
    struct list in_repair; /* in the tree's list while something is missing */
    struct list cached;    /* struct cached.by_source */
    uint64_t boot, hi;     /* all up to `hi` arrived or was given up */
    uint64_t floor;        /* what `hi` was at first: none up to there was ever here */
    uint64_t wanted;       /* somebody has this one */
    uint64_t heard_ms;     /* something new of it; 0: nothing of this boot yet */
    uint32_t beat;         /* its sign of life, counted by itself */
    bool has_ended;        /* it said so, and this beat was the last */
    uint32_t dist_ms;      /* from the source to here */
    unsigned parent;       /* a link, LINK_NONE or LINK_SELF */
    struct packet **held;  /* NULL, or SOURCE_WINDOW places by seq */
    uint32_t held_count, repair_tries;
    size_t held_bytes;
    uint64_t repair_due_ms, repair_hi;
    struct source_link *links;
    unsigned link_count;
    uint32_t name_len;
    char name[];
};

/* All links want it, no parent. NULL for want of memory. */
struct source *source_new(const char *name, size_t name_len, struct number newest,
                          unsigned link_count);
/* It must be in no list and no table, and its cache empty. */
void source_free(struct source *source);

/* It started anew: nothing of before counts, `newest` has arrived. Held packets must be gone. */
void source_restart(struct source *source, struct number newest);

/* Room for links below `count`. RELAY_ENOMEM leaves it as it was. */
int source_grow_links(struct source *source, unsigned count) RELAY_MUST_USE;

/* Whether a packet of the running boot arrived or was given up. */
bool source_has(const struct source *source, uint64_t seq);

/* Holds a packet behind a gap: hi < seq <= hi + SOURCE_WINDOW, and not held. Takes a reference.
 * RELAY_ENOMEM. */
int source_hold(struct source *source, struct packet *packet) RELAY_MUST_USE;

/* Steps over the next number: its packet when it was held, with its reference, else NULL. */
struct packet *source_step(struct source *source);

static inline bool source_holds_next(const struct source *source)
{
    return source->held && source->held[(source->hi + 1) % SOURCE_WINDOW];
}

/* The first number that is held; 0 when none is. */
uint64_t source_first_held(const struct source *source);

#endif

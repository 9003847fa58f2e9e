/* tree_inner.h — the insides of struct tree, for its own files alone.
 *
 * tree.c: life, links, publish, tick. tree_receive.c: a packet's way. tree_graft.c: who is whose
 * parent. tree_have.c: telling and hearing what one has.
 * tree_leave.c: who ends. tree_repair.c: gaps. */
#ifndef WSRELAY_SPREAD_TREE_INNER_H
#define WSRELAY_SPREAD_TREE_INNER_H

#include "spread/cache.h"
#include "spread/source_table.h"
#include "spread/tree.h"

#define HAVE_EVERY_MS 500
#define HAVE_JITTER_PERCENT 10
#define BEAT_EVERY_MS 5000 /* the least; with n sources n / 50 s */
#define CUT_AGAIN_MS 1000  /* a link is not pruned twice within this */
#define NEARER_MS 3        /* what a clearly nearer link must win, */
#define NEARER_PERCENT 10  /* and this much of the distance */
#define REPAIR_AFTER_MS 200
#define REPAIR_EVERY_MS 400
#define REPAIR_TRIES 6
#define HELD_BYTES_MAX (1u << 20)      /* of one source */
#define HELD_BYTES_MAX_ALL (16u << 20) /* of all sources */

struct tree_link {
    bool is_up, is_plain;
    uint32_t latency_ms;
    uint32_t cursor; /* the place in the source table from which the next have begins */
};

struct tree {
    struct tree_owner owner;
    struct source *self;
    struct source_table sources; /* self among them */
    struct seen seen;
    struct cache cache;
    struct tree_link *links;
    unsigned link_count; /* the sources' rows have the same */
    struct list repairs; /* struct source.in_repair */
    size_t held_bytes;
    uint64_t have_due_ms, beat_due_ms;
    struct tree_counters counters;
    struct link_packet told; /* scratch */
};

static inline uint64_t tree_now(const struct tree *tree)
{
    return clock_ms(&tree->owner.clock);
}

/* Up, and of our own kind. */
static inline bool tree_link_is_ours(const struct tree *tree, unsigned link)
{
    return link < tree->link_count && tree->links[link].is_up && !tree->links[link].is_plain;
}

/* tree.c */

/* A new source of which `newest` is the last that counts as arrived; when the table is full the one
 * silent longest goes. The caller says when it was heard of (tree_heard). NULL for want of memory.
 */
struct source *tree_add_source(struct tree *tree, struct text name, struct number newest);
/* Gives up what is missing, delivers what is held, and begins anew with another boot, of which
 * nothing has arrived. The caller says when it was heard of. */
void tree_restart_source(struct tree *tree, struct source *source, uint64_t boot);
void tree_forget_source(struct tree *tree, struct source *source);
/* Hands a copy to a link, or drops it where too much waits. */
void tree_forward(struct tree *tree, unsigned link, struct packet *packet);
/* Something new was heard of it, so long ago. */
void tree_heard(struct tree *tree, struct source *source, uint32_t age_ms);

/* tree_receive.c */

/* Delivers what is held without a gap. */
void tree_drain(struct tree *tree, struct source *source);
/* Gives up all that is missing up to `seq`, and delivers what follows. */
void tree_skip(struct tree *tree, struct source *source, uint64_t seq);

/* tree_graft.c */

/* `link` becomes the parent. */
void tree_take(struct tree *tree, struct source *source, unsigned link);
void tree_prune(struct tree *tree, struct source *source, unsigned link, bool crossing);
/* Asks a link for all from hi + 1 on. */
void tree_graft(struct tree *tree, struct source *source, unsigned link);
/* The parent is gone: asks for another one. */
void tree_adopt(struct tree *tree, struct source *source);
void tree_hear_prune(struct tree *tree, unsigned link, const struct link_row *row);
void tree_hear_graft(struct tree *tree, unsigned link, const struct link_row *row);
/* Tells one row about a source: prune, graft or gone. */
void tree_tell(struct tree *tree, unsigned link, enum link_kind kind, const struct source *source,
               uint64_t seq);

/* tree_have.c */

/* Tells a link what changed; with `all`, in as many packets as it takes. */
void tree_tell_have(struct tree *tree, unsigned link, bool all);
/* A gap was filled by asking: those around may have the same one, and need not wait for the next
 * digest. */
void tree_tell_mended(struct tree *tree, struct source *source);
void tree_hear_have(struct tree *tree, unsigned link, const struct link_row *row);
/* What the network says of this node. */
void tree_hear_of_self(struct tree *tree, const struct link_row *row);
uint64_t tree_next_have_ms(struct tree *tree);

/* tree_leave.c */

/* A source ended after this beat, no earlier than the last one that is known: the other neighbours
 * hear it at once. */
void tree_end(struct tree *tree, struct source *source, unsigned link, uint32_t beat);
void tree_hear_leave(struct tree *tree, unsigned link, const struct link_row *row);

/* tree_repair.c */

/* Somebody has `seq`. */
void tree_want(struct tree *tree, struct source *source, uint64_t seq);
void tree_hear_gone(struct tree *tree, unsigned link, const struct link_row *row);
void tree_repair_due(struct tree *tree);
uint64_t tree_repair_due_ms(const struct tree *tree);

#endif

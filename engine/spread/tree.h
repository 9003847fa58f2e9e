/* tree.h — broadcasts to every node of the network, along one tree for each source.
 *
 * The first packets of a source flood; whoever gets one twice prunes the slower link, and what is
 * left is a tree of the fastest ways. Every half second neighbours of our own kind tell each other
 * what they have: whoever misses something grafts a link that has it. Toward a plain peer, which
 * knows only the notes, all is flooded. docs/mesh.md tells the whole story.
 *
 * Vocabulary: a *source* is a node that broadcasts; its *number* is boot and seq (packet.h). A
 * *link* is a small number that the owner gives to a connection from tree_link_up to
 * tree_link_down, and may use again. For one source, the *parent* is the link that its packets come
 * by; a link is *off* when its other end does not want them from us; *cut* when we pruned it. A
 * *have* row says how far somebody got, and how far from the source it is.
 *
 * The tree is heap: tree_new, tree_free. It does no I/O and holds no clock; the owner gives
 * function pointers, and calls tree_tick when tree_due_ms has come. The surprising rule: of the
 * owner's functions only `deliver` and `left` may call back, and only tree_nonce and tree_publish.
 */
#ifndef WSRELAY_SPREAD_TREE_H
#define WSRELAY_SPREAD_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "protocol/inm_nonce.h"
#include "spread/link_packet.h"
#include "spread/packet.h"
#include "spread/seen.h"

#define TREE_LINKS_MAX 4096
#define TREE_QUEUE_BYTES_MAX (4u << 20)

struct tree;

struct tree_owner {
    struct clock clock;
    void *context;
    /* Sends the very bytes of a packet to a link; takes a reference when it queues them. */
    void (*forward)(void *context, unsigned link, struct packet *packet);
    /* Sends a link packet to a link of our own kind. */
    void (*tell)(void *context, unsigned link, const struct link_packet *packet);
    /* A broadcast of another node, for this one: once each, a source's in order. */
    void (*deliver)(void *context, struct packet *packet);
    /* What waits for a link to take it. */
    size_t (*queued_bytes)(void *context, unsigned link);
    /* A source said that it ends, and the link's end that it did: maybe not for the first time. */
    void (*left)(void *context, unsigned link, struct text source);
    uint32_t (*random)(void *context);
};

/* Every packet that arrived is delivered, held (tree_held), or counted here as what it was:
 * received = delivered + duplicates + stale + echoes + refused + held. */
struct tree_counters {
    uint64_t received;
    uint64_t delivered;
    uint64_t forwarded;  /* copies handed to links */
    uint64_t duplicates; /* had arrived before */
    uint64_t stale;      /* of a boot that ended, ours from before among them */
    uint64_t echoes;     /* our own, come back */
    uint64_t skipped;    /* given up: behind a gap that nobody filled */
    uint64_t dropped;    /* copies not handed to a link whose queue was too long */
    uint64_t refused;    /* no memory, or a name that cannot be a source's */
    uint64_t prunes, grafts, gones, haves, have_rows; /* told */
    uint64_t resent;                                  /* out of the cache */
    uint64_t forgotten;                               /* sources */
};

/* `name` is this node's, `boot` when it started (Unix time, ms). NULL for want of memory, or for a
 * name or a boot that cannot be. */
struct tree *tree_new(const struct tree_owner *owner, const struct hash_key *key, struct text name,
                      uint64_t boot);
void tree_free(struct tree *tree);

/* The link stands. A plain one gets nothing but packets. RELAY_ENOMEM; RELAY_EINVAL for a number
 * from TREE_LINKS_MAX on or one that is up. */
int tree_link_up(struct tree *tree, unsigned link, bool is_plain,
                 uint32_t latency_ms) RELAY_MUST_USE;
void tree_link_down(struct tree *tree, unsigned link);
/* What was measured since, one way. */
void tree_link_latency(struct tree *tree, unsigned link, uint32_t latency_ms);

/* The nonce that the next broadcast of this node must carry; its length, without a NUL. */
size_t tree_nonce(const struct tree *tree, char out[INM_NONCE_OURS_MAX]);
/* Broadcasts a packet with that nonce. */
void tree_publish(struct tree *tree, struct packet *packet);

/* This node ends: its neighbours hear it, and tell it on. It is not to broadcast any more. */
void tree_leave(struct tree *tree);

/* A packet with destination "*" arrived by a link. */
void tree_receive(struct tree *tree, unsigned link, struct packet *packet);
/* A link packet arrived by a link of our own kind. */
void tree_hear(struct tree *tree, unsigned link, const struct link_packet *packet);

/* When tree_tick has work next. It may come earlier after any call above. */
uint64_t tree_due_ms(const struct tree *tree);
void tree_tick(struct tree *tree);

/* What the router asks (router.h): the link by which a source's packets come; the one whose end
 * said to be nearest to it, other than `but`. LINK_NONE when there is none. */
unsigned tree_parent(const struct tree *tree, struct text source);
unsigned tree_nearest(const struct tree *tree, struct text source, unsigned but);
/* How far a source is, DIST_UNKNOWN when nobody said. */
uint32_t tree_dist_ms(const struct tree *tree, struct text source);
/* When something new was heard of a source, or of its life, by anybody as far as is known; 0: it is
 * not known, or has ended. */
uint64_t tree_heard_ms(const struct tree *tree, struct text source);

struct seen *tree_seen(struct tree *tree);
const struct tree_counters *tree_counters(const struct tree *tree);
/* The boot that this node's numbers carry: the given one, or a later one when the network knew a
 * later one of this name (the wall clock went back) or more than this node sent. */
uint64_t tree_boot(const struct tree *tree);
size_t tree_source_count(const struct tree *tree);
/* The sources one by one, this node among them, in no order: 0 … count - 1. */
struct text tree_source_name(const struct tree *tree, size_t place);
/* Packets that wait behind a gap. */
size_t tree_held(const struct tree *tree);
bool tree_link_is_up(const struct tree *tree, unsigned link);
/* One above the highest link that ever stood. */
unsigned tree_link_count(const struct tree *tree);

#endif

/* router.h — packets to one node: by its link, back along its tree, or by flood.
 *
 * Its tree's parent is the reverse of the fastest way from there to here. A node passes on what it
 * did not see before, once, so nothing circles. The origin tries again while no response came, each
 * time with a new nonce and wider; so every command must be idempotent. A response carries its
 * command's nonce and goes by the same rules. The surprising rule: the nonce says how a packet
 * travels, since nothing else survives a plain peer that rebuilds it: `f` and 32 hexadecimal digits
 * is flooded, by the nodes on its way and in its response too.
 *
 * The owner's storage; the tree outlives it. */
#ifndef WSRELAY_SPREAD_ROUTER_H
#define WSRELAY_SPREAD_ROUTER_H

#include <stdint.h>

#include "spread/source.h"
#include "spread/tree.h"

#define ROUTE_RANDOM_LEN 16
#define ROUTE_NONCE_LEN (1 + 2 * ROUTE_RANDOM_LEN)

/* The origin's attempts, in their order. */
enum route_attempt {
    ROUTE_BEST, /* one way */
    ROUTE_ALL,  /* over all own links, one way from each */
    ROUTE_FLOOD /* every node to all its links */
};

enum route_verdict {
    ROUTE_MINE,   /* for this node: handle it */
    ROUTE_PASSED, /* it went on */
    ROUTE_SEEN    /* it was here before, or is our own: dropped */
};

struct router_owner {
    void *context;
    void (*forward)(void *context, unsigned link, struct packet *packet);
    /* The link whose end is the node of that name, or LINK_NONE. */
    unsigned (*direct)(void *context, struct text node);
    /* policies/routing.lua: a link that stands, or LINK_NONE for the router's own way. NULL: there
     * is no policy. */
    unsigned (*choose)(void *context, struct text destination);
};

struct router_counters {
    uint64_t routed;  /* handed to one link */
    uint64_t flooded; /* handed to all */
    uint64_t seen;
    uint64_t stuck; /* there was no link at all */
};

struct router {
    struct router_owner owner;
    struct clock clock;
    struct tree *tree;
    struct text name; /* this node's; borrowed */
    struct router_counters counters;
};

void router_init(struct router *router, const struct router_owner *owner, struct clock clock,
                 struct tree *tree, struct text name);

/* Writes the nonce of an attempt, with a NUL, from random bytes. */
void route_nonce(char out[ROUTE_NONCE_LEN + 1], enum route_attempt attempt,
                 const unsigned char random[ROUTE_RANDOM_LEN]);

/* Sends a packet of this node, command or response; how many links it went to. A response's attempt
 * is ROUTE_BEST: its nonce says the rest. */
unsigned router_send(struct router *router, struct packet *packet, enum route_attempt attempt);

/* A packet whose destination is not "*" arrived by a link. */
enum route_verdict router_receive(struct router *router, unsigned link, struct packet *packet);

/* The link by which a packet to that node would go, other than `but`; LINK_NONE: by flood. */
unsigned router_next(const struct router *router, struct text destination, unsigned but);

/* How long the origin waits for a response before its next attempt. */
uint32_t router_patience_ms(const struct router *router, struct text destination);

#endif

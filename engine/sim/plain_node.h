/* plain_node.h — a simulated peer that knows only the notes: it floods, and rebuilds the JSON.
 *
 * Nonces are random, link packets never come its way, and what it forwards is written anew, with
 * its keys in another order and spaces between. It answers commands to itself with ok. Heap. */
#ifndef WSRELAY_SIM_PLAIN_NODE_H
#define WSRELAY_SIM_PLAIN_NODE_H

#include <stdbool.h>

#include "sim/station.h"
#include "spread/seen.h"

struct plain_node {
    struct station station;
    struct seen seen;
    bool *is_up; /* by link */
    unsigned link_count;
    struct buf text;    /* scratch */
    uint64_t surprises; /* packets that it cannot understand: there must be none */
};

/* Without memory the process ends, here and below. */
struct plain_node *plain_node_new(const struct station *station);
void plain_node_free(struct plain_node *node);

void plain_node_up(struct plain_node *node, unsigned link);
void plain_node_down(struct plain_node *node, unsigned link);
void plain_node_arrive(struct plain_node *node, unsigned link, const char *text, size_t len);

/* Broadcasts a message whose base64 is `message`. */
void plain_node_publish(struct plain_node *node, const char *message);

#endif

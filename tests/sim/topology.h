/* topology.h — a network as peer selection would hold it: a ring, the nearest, and some at random;
 * and which of its parts hang together. */
#ifndef SIM_TOPOLOGY_H
#define SIM_TOPOLOGY_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/sim.h"

#define NOBODY UINT32_MAX

/* Adds `count` nodes in random regions, `plain_percent` of them plain, and links them: a ring in
 * random order, and as many more that a node has `links` in the mean (at least 2), half of them
 * near and half at random. */
void topology_build(struct sim *sim, unsigned count, unsigned links, unsigned plain_percent);

/* Links a node as a new one would be: to `links` others, some near, some at random. */
void topology_relink(struct sim *sim, unsigned node, unsigned links);

/* What to look at: links that stand for `min_age_ms`, without one node, without one link. */
struct topology_view {
    uint64_t min_age_ms;
    unsigned without;        /* NOBODY: all */
    unsigned without_link_a; /* and b; NOBODY: all */
    unsigned without_link_b;
};

extern const struct topology_view topology_whole;

/* Numbers the connected parts of what lives: part[node], NOBODY for the dead. How many. */
unsigned topology_parts(const struct sim *sim, struct topology_view view, unsigned *part);

/* Links parts that are separate, so that there is one. */
void topology_connect(struct sim *sim);

#endif

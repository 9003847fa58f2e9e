/* mesh_figures.h — all that a node counts and measures of its network, in one look.
 *
 * A value, copied out of the mesh; of what is per peer see mesh_next_peer (mesh.h). */
#ifndef WSRELAY_MESH_MESH_FIGURES_H
#define WSRELAY_MESH_MESH_FIGURES_H

#include <stddef.h>

#include "mesh/mesh_counters.h"
#include "spread/router.h"
#include "spread/tree.h"

struct mesh;

struct mesh_figures {
    struct mesh_counters counters;
    struct tree_counters tree;
    struct router_counters router;
    size_t nodes;             /* believed alive, this one left out */
    size_t queued_bytes;      /* wait in the queues of all links */
    size_t requests_waiting;  /* for responses */
    size_t tree_sources;      /* this node among them */
    size_t tree_held;         /* packets behind a gap */
    size_t claims_held;       /* this node's own, confirmed or open */
    size_t claims_tentative;  /* this node's own, that await votes */
    size_t claims_replicated; /* of other nodes */
};

struct mesh_figures mesh_figures(struct mesh *mesh);

#endif

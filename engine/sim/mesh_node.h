/* mesh_node.h — a simulated node of our own kind: the real tree and router on a simulated network.
 *
 * What stands between them and the network here stands in the wiring of the real node: packets
 * parsed, link packets told from others, bytes forwarded as they came. Commands to this node alone
 * are answered with ok. Heap: mesh_node_new, mesh_node_free. */
#ifndef WSRELAY_SIM_MESH_NODE_H
#define WSRELAY_SIM_MESH_NODE_H

#include "sim/station.h"
#include "spread/router.h"
#include "spread/tree.h"

struct mesh_node {
    struct station station;
    struct tree *tree;
    struct router router;
    struct text *peers; /* by link: the name of the other end; len 0: down */
    unsigned peer_count;
    struct buf text;     /* scratch: what is written */
    uint64_t link_bytes; /* of link packets, sent */
    uint64_t malformed;
};

/* Without memory the process ends, here and below. */
struct mesh_node *mesh_node_new(const struct station *station, uint64_t boot);
void mesh_node_free(struct mesh_node *node);

/* `peer` outlives the link. */
void mesh_node_up(struct mesh_node *node, unsigned link, struct text peer, bool is_plain,
                  uint32_t latency_ms);
void mesh_node_down(struct mesh_node *node, unsigned link);
void mesh_node_arrive(struct mesh_node *node, unsigned link, const char *text, size_t len);

/* Broadcasts a message whose base64 is `message`. */
void mesh_node_publish(struct mesh_node *node, const char *message);
/* Sends a command that is answered; `nonce` is how the answer is known. */
void mesh_node_ask(struct mesh_node *node, struct text destination, enum route_attempt attempt,
                   char nonce[ROUTE_NONCE_LEN + 1]);

#endif

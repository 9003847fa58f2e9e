/* kit_net.h — the network of a test: nodes with the user's scripts, their links, clients and
 * questions, on one virtual clock.
 *
 * Heap: kit_net_new, kit_net_free, which ends all in it. Nodes, clients and questions are known by
 * their place. Without memory the process ends. */
#ifndef WSRELAY_TESTKIT_KIT_NET_H
#define WSRELAY_TESTKIT_KIT_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/whole_net.h"
#include "testkit/kit_ask.h"
#include "testkit/kit_client.h"
#include "testkit/kit_node.h"
#include "testkit/kit_wire.h"

#define KIT_NODES_MAX 64

/* Where the installed scripts and policies are. */
struct kit_paths {
    const char *scripts, *policies;
};

struct kit_link {
    unsigned a, b;
    uint32_t delay_us; /* one way */
};

struct kit_net {
    struct whole_net *whole;
    const struct kit_paths *paths; /* borrowed for its life */
    struct kit_node *nodes[KIT_NODES_MAX];
    unsigned node_count;
    struct kit_link *links;
    size_t link_count;
    struct kit_client **clients;
    size_t client_count;
    struct kit_wire **wires;
    size_t wire_count;
    struct list asks; /* struct kit_ask.node */
    uint64_t last_ask;
    struct buf error; /* scratch: what went wrong, for a person */
    struct buf text;  /* scratch: JSON */
};

struct kit_net *kit_net_new(uint64_t seed, const struct kit_paths *paths);
void kit_net_free(struct kit_net *net);

/* One that does not run yet; at most KIT_NODES_MAX. */
struct kit_node *kit_net_add(struct kit_net *net, const char *name, const char *main_path,
                             const char *policies);
/* Two nodes can reach each other; where there is no link there is no way. */
void kit_net_link(struct kit_net *net, unsigned a, unsigned b, uint32_t delay_us);

/* The node that is told to others as being at this URL; NULL: none. */
struct kit_node *kit_net_find_host(const struct kit_net *net, const char *url);

#endif

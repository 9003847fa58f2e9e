/* whole_net.h — whole nodes (whole_node.h) and the connections between them, on one virtual clock
 * and from one seed: the same calls give the same run.
 *
 * Heap: whole_net_new, whole_net_free, which ends all that still runs. Without memory the process
 * ends. The surprising rule: a partition and a cut leave the ends of a connection in the belief
 * that it stands; only their pings' silence tells. */
#ifndef WSRELAY_SIM_WHOLE_NET_H
#define WSRELAY_SIM_WHOLE_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/cable.h"
#include "sim/event_queue.h"
#include "sim/whole_client.h"
#include "sim/whole_node.h"

#define WHOLE_WALL_MS UINT64_C(1795389987000) /* when the clock starts */
#define WHOLE_DIAL_MS 5000                    /* how long a dial into the void takes */

struct whole_watch {
    void *context;
    /* NULL: nobody listens. */
    void (*heard)(void *context, struct whole_client *client, const char *text, size_t len);
    void (*closed)(void *context, struct whole_client *client, unsigned code);
};

/* How nodes lie to each other. */
struct whole_paths {
    void *context;
    /* How long a packet takes, one way; UINT32_MAX: there is no way. */
    uint32_t (*delay_us)(void *context, const struct whole_node *from, const struct whole_node *to);
};

struct whole_net {
    struct event_queue events;
    struct chance chance;
    struct cables cables;
    struct whole_watch watch;
    struct whole_paths paths; /* zero: all reach all, and their regions are their distance */
    struct whole_node **nodes;
    unsigned node_count;
    struct list clients; /* struct whole_client.all */
    unsigned refused;    /* HTTP 403 */
    bool is_loud;        /* logs to stderr */
};

struct whole_net *whole_net_new(uint64_t seed, struct whole_watch watch);
void whole_net_free(struct whole_net *net);

/* A node that runs from now on. */
struct whole_node *whole_net_add(struct whole_net *net, const struct whole_config *config);
struct whole_node *whole_net_find(const struct whole_net *net, const char *name, size_t len);

void whole_net_advance(struct whole_net *net, uint64_t ms);
static inline uint64_t whole_net_ms(const struct whole_net *net)
{
    return net->events.now_us / 1000;
}

/* Cuts the connections of two nodes; a new one can be made at once. */
void whole_net_cut(struct whole_net *net, const struct whole_node *a, const struct whole_node *b);
/* Nodes reach only those of their own group from now on (struct whole_node.group). Connections
 * between groups are cut, or, when `is_slow`, stand still until whole_net_heal. */
void whole_net_partition(struct whole_net *net, bool is_slow);
void whole_net_heal(struct whole_net *net);

/* For whole_node.c alone. `to` may be NULL: nobody is there. */
void whole_net_dial(struct whole_node *node, uint64_t dial, struct whole_node *to,
                    const char *token);
/* Calls `each` for the ends of a node's connections. */
void whole_net_ends(struct whole_net *net, const struct whole_node *node,
                    void (*each)(struct cable_end *end));

#endif

/* whole_node.h — one whole node on virtual time: the real relay and mesh, without sockets and Lua.
 *
 * Unless it has a mind (a real script, in the test kit), its commands are answered here as the
 * shipped Lua commands would, as far as the network needs them; its password hashes take a
 * simulated worker's while; its dials to sim://NAME/node are connections of its network
 * (whole_net.h), other dials are kept for a test to answer. It can crash, start again with a new
 * boot, freeze and thaw. Made by whole_net_add, and lives as long as its network; relay and mesh
 * are there while it is alive. */
#ifndef WSRELAY_SIM_WHOLE_NODE_H
#define WSRELAY_SIM_WHOLE_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "mesh/mesh.h"
#include "relay/relay.h"
#include "sim/cable.h"
#include "sim/chance.h"

#define WHOLE_TOKEN "a token that all nodes share"
#define WHOLE_PEERS_MAX 64
#define WHOLE_URL_MAX 160
#define WHOLE_HASH_MS 12
#define WHOLE_CLOSE_MS 3000

struct whole_net;
struct whole_node;

/* Who decides in a node's name, in the place of the stand-ins. All are called while the node is
 * alive. */
struct whole_mind {
    void *context;
    struct log *log;
    /* Before the mesh is made, and by whole_node_configure: changes what it wants. What it points
     * to is borrowed for the call that follows. */
    void (*configure)(void *context, struct mesh_config *config);
    /* Relay and mesh stand; no connection came yet. */
    void (*start)(void *context, struct whole_node *node);
    /* All connections are gone, relay and mesh still stand. */
    void (*stop)(void *context);
    void (*command)(void *context, const struct mesh_command *command);
    void (*event)(void *context, enum mesh_event event, const struct mesh_peer *peer);
    /* The node that a URL leads to; NULL: none. */
    struct whole_node *(*find)(void *context, const char *url);
};

/* Strings are borrowed for the network's life. */
struct whole_config {
    const char *name;
    const char *host;                   /* NULL: sim://NAME/node */
    const char *token;                  /* NULL: nobody may join */
    const char *peers[WHOLE_PEERS_MAX]; /* names, dialled with WHOLE_TOKEN */
    size_t peer_count;
    size_t pool;
    enum reserve_mode reserve;
    unsigned region;
    int64_t wall_skew_ms;
    struct hooks hooks;
    const struct whole_mind *mind; /* NULL: the stand-ins */
};

struct whole_node {
    struct whole_net *net;
    struct whole_config config;
    unsigned number, group;
    bool is_alive, is_frozen;
    uint64_t boot;
    struct log log;
    struct relay relay;
    struct mesh *mesh;
    struct chance chance;
    struct list clients; /* struct whole_client.node */
    struct hash_job **jobs;
    size_t job_count, job_capacity;

    /* What a test looks at. */
    unsigned starts, warnings, peers_up, peers_down;
    unsigned dials, dials_cancelled;
    uint64_t last_dial; /* to what is no sim:// */
    char last_url[WHOLE_URL_MAX];
};

/* For whole_net.c alone. */
struct whole_node *whole_node_new(struct whole_net *net, const struct whole_config *config,
                                  unsigned number);
void whole_node_free(struct whole_node *node);

/* Begins to run, with an empty memory and a boot later than the last one. */
void whole_node_start(struct whole_node *node);
/* Ends without a word of the mesh. Its connections are reset, or when it `is_silent`, as one whose
 * machine lost its power, just end. */
void whole_node_crash(struct whole_node *node, bool is_silent);
/* Closes its links and clients as a node that ends does, and is gone after WHOLE_CLOSE_MS. */
void whole_node_close(struct whole_node *node);
/* Its process is stopped, or goes on. */
void whole_node_freeze(struct whole_node *node, bool is_frozen);
/* Takes node->config over, as a reload does. */
int whole_node_configure(struct whole_node *node) RELAY_MUST_USE;

uint64_t whole_node_wall_ms(const struct whole_node *node);
/* What is due. */
void whole_node_tick(struct whole_node *node);

#endif

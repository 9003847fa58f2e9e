/* kit_node.h — a node of a test's network: a whole simulated node whose mind is the user's own
 * main.lua and policies.
 *
 * Heap of its network (kit_net.h). `script` is there while the node runs. Without memory the
 * process ends. The surprising rule: each node has Lua states of its own, and nothing of theirs
 * ever meets the state that runs the specs. */
#ifndef WSRELAY_TESTKIT_KIT_NODE_H
#define WSRELAY_TESTKIT_KIT_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "host/host_network.h"
#include "script/script.h"
#include "sim/whole_net.h"

#define KIT_LINES_MAX 10000 /* of the log; the oldest are forgotten */

struct kit_net;

struct kit_node {
    struct kit_net *net;
    unsigned number;
    struct whole_node *whole; /* NULL: never started */
    struct whole_mind mind;
    struct script *script;
    struct script_simulation simulation;
    uint64_t generation, wakes;
    char *name, *main_path;
    char *policies; /* NULL: main.lua says where they are */
    struct script_option *options;
    size_t option_count;
    char **variables; /* name, value, … NULL; or NULL: none */
    size_t variable_count;
    char *host; /* of its configuration; may be NULL */
    struct mesh_peer_config *peers;
    struct host_network network;
    struct log log;
    char **lines;
    size_t line_count;
};

struct kit_node *kit_node_new(struct kit_net *net, const char *name, const char *main_path,
                              const char *policies);
/* The network must be gone. */
void kit_node_free(struct kit_node *node);

/* A value as from the command line; all are copied but the key. */
void kit_node_set(struct kit_node *node, const char *key, const char *value);

/* A variable of its scripts' environment; both are copied. */
void kit_node_set_variable(struct kit_node *node, const char *name, const char *value);

/* Loads main.lua and runs. RELAY_ESCRIPT: `error` says what is wrong, and the node is down. */
int kit_node_start(struct kit_node *node, struct buf *error) RELAY_MUST_USE;
void kit_node_crash(struct kit_node *node);
/* As by SIGTERM: it is gone after WHOLE_CLOSE_MS. */
void kit_node_stop(struct kit_node *node);
/* As by SIGHUP; from another main.lua or other policies when they are not NULL. On failure the old
 * scripts go on, and `error` says why. */
int kit_node_reload(struct kit_node *node, const char *main_path, const char *policies,
                    struct buf *error) RELAY_MUST_USE;

static inline bool kit_node_is_alive(const struct kit_node *node)
{
    return node->whole && node->whole->is_alive;
}

#endif

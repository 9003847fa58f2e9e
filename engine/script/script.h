/* script.h — one generation of the user's scripts: main.lua with its configuration, and the
 * policies.
 *
 * Two Lua states stand behind it. The scripts' state runs main.lua and the modules it requires; it
 * is trusted. The policies' state holds policies/<name>.lua, sandboxed, with a budget of
 * instructions and memory for every call; it sees plain facts and nothing of the engine's. Loading
 * builds a whole new generation beside the running one, so the caller swaps it in when all of it
 * worked.
 *
 * After script_start the scripts' state serves: handlers of commands, events and timers run in
 * coroutines, and one that waits is resumed when its answer has come. The surprising rule: nothing
 * runs inside of a call that a handler made; what happens then is kept, and served by the next
 * script_tick, for which wake_at is called. */
#ifndef WSRELAY_SCRIPT_SCRIPT_H
#define WSRELAY_SCRIPT_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "config.h"
#include "hooks.h"
#include "host/host_network.h"
#include "mesh/mesh.h"
#include "relay/relay.h"

struct script;

/* A value from the command line or the environment, by its main.lua key: {"listen", "127.0.0.1:0"}.
 */
struct script_option {
    const char
        *key; /* "name", "listen", "host", "token", "peer", "policies", "log-level", "log-format" */
    const char *value;
    const char *source; /* who gave it, for errors: "--listen" or "WSRELAY_LISTEN" */
};

struct script_source {
    const char *main_path; /* main.lua */
    const char
        *scripts_path; /* the installed scripts: require "relay" finds relay/init.lua there */
    const char *policies_path; /* the installed policies: the default of each one that the user has
                                  no file for */
    const struct script_option *options; /* the stronger last */
    size_t option_count;
    struct log *log; /* outlives the script */
    uint64_t generation;
};

/* Loads a generation. RELAY_ESCRIPT: something in it is wrong, and `error` (owner's buffer) holds
 * the message for a person, beginning with file:line. The strings of `source` are borrowed for the
 * call. */
int script_load(struct script **script, const struct script_source *source,
                struct buf *error) RELAY_MUST_USE;

/* The configuration that main.lua gave to relay.node, with options and defaults merged in. Lives as
 * long as the script. */
const struct config *script_config(const struct script *script);

uint64_t script_generation(const struct script *script);

/* Fills in the questions that its policies answer. They stay valid until script_free. */
void script_hooks(struct script *script, struct hooks *hooks);

/* What the scripts act upon. All of it outlives the script. */
struct script_world {
    struct relay *relay;
    struct mesh *mesh; /* NULL: a node without a network, in tests */
    const struct host_network *network;
    struct clock clock;
    void *context;
    /* Call script_tick at this time of the clock, or a little later. A later call replaces an
     * earlier one; UINT64_MAX: not at all. */
    void (*wake_at)(void *context, uint64_t ms);
};

/* From now on the scripts serve: timers run, and what needs the node can be called. Once, after the
 * generation was taken. `world` is copied. RELAY_ENOMEM. */
int script_start(struct script *script, const struct script_world *world) RELAY_MUST_USE;

/* Sets what `running` holds in relay.state in that of `next`, which does not serve yet, and the
 * values of its counters and gauges; what only `next` has stays. What is no plain value is left
 * out, with a warning in the log. RELAY_ESCRIPT: it could not be carried, and `error` says why. */
int script_carry_state(struct script *next, const struct script *running,
                       struct buf *error) RELAY_MUST_USE;

/* A newer generation serves: timers, commands and listeners of this one are gone. Its handlers that
 * wait go on, until it is idle or freed. */
void script_retire(struct script *script);
bool script_is_idle(const struct script *script);
/* The node ends: what its handlers wait for is cancelled, and none begins any more. Policies answer
 * on, until it is freed. */
void script_end(struct script *script);

/* Runs what is due. */
void script_tick(struct script *script);

/* A command for this node: its handler answers by mesh_respond, now or when it has waited enough.
 */
void script_command(struct script *script, const struct mesh_command *command);

/* A peer came or went. */
void script_event(struct script *script, enum mesh_event event, const struct mesh_peer *peer);

/* How often a handler raised or ran over its budget since the script was loaded. */
uint64_t script_handler_failures(const struct script *script);

/* How often a policy failed (raised, ran over its budget, answered nonsense) since it was loaded.
 */
uint64_t script_policy_failures(const struct script *script);

/* NULL is allowed. What waits is cancelled: a command whose handler did not end yet is not
 * answered. */
void script_free(struct script *script);

#endif

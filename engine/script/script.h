/* script.h — one generation of the user's scripts: main.lua with its configuration, and the
 * policies.
 *
 * Two Lua states stand behind it. The scripts' state runs main.lua and the modules it requires; it
 * is trusted. The policies' state holds policies/<name>.lua, sandboxed, with a budget of
 * instructions and memory for every call; it sees plain facts and nothing of the engine's. Loading
 * builds a whole new generation beside the running one, so the caller swaps it in when all of it
 * worked. */
#ifndef WSRELAY_SCRIPT_SCRIPT_H
#define WSRELAY_SCRIPT_SCRIPT_H

#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "hooks.h"

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

/* Fills in the questions that its policies answer. They stay valid until script_free. */
void script_hooks(struct script *script, struct hooks *hooks);

/* How often a policy failed (raised, ran over its budget, answered nonsense) since it was loaded.
 */
uint64_t script_policy_failures(const struct script *script);

/* NULL is allowed. */
void script_free(struct script *script);

#endif

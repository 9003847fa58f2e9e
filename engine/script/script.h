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
#include "base/lag.h"
#include "config.h"
#include "hooks.h"
#include "host/host_network.h"
#include "mesh/mesh.h"
#include "relay/relay.h"
#include "script/stores.h"
#include "web.h"

struct script;

/* A value from the command line or the environment, by its main.lua key: {"listen", "127.0.0.1:0"}.
 */
struct script_option {
    const char
        *key; /* "name", "listen", "host", "token", "peer", "policies", "log-level", "log-format" */
    const char *value;
    const char *source; /* who gave it, for errors: "--listen" or "WSRELAY_LISTEN" */
};

/* What the scripts of a simulated node see in the place of the machine. */
struct script_simulation {
    void *context;
    uint64_t (*wall_ms)(void *context); /* Unix time: os.time and os.date,
                                           and the time that policies see */
    uint64_t seed;                      /* of math.random */
    const char *const *variables; /* of os.getenv, before the machine's: name, value, … NULL; or
                                     NULL: none */
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
    /* NULL, or where to put what the load read, as paths that end with a NUL each: main.lua, the
     * modules it required, and last the policies' directory, with a / behind it. Whether the load
     * works or not. */
    struct buf *files;
    const struct script_simulation *simulation; /* outlives the script; NULL: the machine */
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

/* Adds the effective configuration, as Lua that could be pasted, with who gave each value and who
 * answers the policies' questions. RELAY_ESCRIPT: adds what is wrong instead. */
int script_describe(struct script *script, struct buf *text) RELAY_MUST_USE;

/* Adds file:line of a key of relay.node. */
void script_place(struct script *script, const char *key, struct buf *text);

/* Looks at every policy by itself, so at more than the first that is wrong: adds the first mistake
 * of each file to `problems`, a line that begins with file:line each, and to `notes` the files
 * that no question is asked of. How many problems. */
size_t script_check_policies(const struct script_source *source, const char *directory,
                             struct buf *problems, struct buf *notes);

/* Fills in the questions that its policies answer. They stay valid until script_free. */
void script_hooks(struct script *script, struct hooks *hooks);

#define SCRIPT_REFUSAL_MAX 240 /* bytes, the NUL among them */

/* The reloads since the node started. */
struct script_reloads {
    uint64_t done, refused;
    double refused_at;                /* Unix seconds, of the last one that was refused */
    char refusal[SCRIPT_REFUSAL_MAX]; /* the first line of why; valid UTF-8 */
};

/* What `ctl status` and the metrics tell that only the node as a whole knows. */
struct script_status {
    uint64_t started_ms;                        /* of the clock */
    double started_at;                          /* Unix seconds */
    struct lag lag;                             /* of the loop */
    size_t connections;                         /* of all kinds */
    size_t connections_max;                     /* limits.connections, or less for want of
                                                   descriptors */
    size_t traces;                              /* how many follow one */
    uint64_t policy_failures, handler_failures; /* of generations that are gone */
    struct script_reloads reloads;
};

/* What the scripts ask of the node as a whole. None of these calls back from inside. */
struct script_calls {
    void *context;
    void (*status)(void *context, struct script_status *status);
    /* `done` is called once: with the new generation, or with why the old one stays (file:line);
     * never when an error is returned. The generation that asked hears it before it ends. */
    int (*reload)(void *context,
                  void (*done)(void *done_context, uint64_t generation, const char *error),
                  void *done_context);
    void (*drain)(void *context);
    /* Ends every trace that somebody follows; how many. */
    size_t (*end_traces)(void *context);
    /* Shows everybody who watches the overview this text, JSON; len 0: nothing. How many watch. */
    size_t (*show)(void *context, struct text text);
};

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
    const struct script_calls *calls;   /* NULL: there is no ctl */
    const struct script_stores *stores; /* NULL: scripts open no databases */
};

/* From now on the scripts serve: timers run, and what needs the node can be called. Once, after the
 * generation was taken. `world` is copied. RELAY_ENOMEM. */
int script_start(struct script *script, const struct script_world *world) RELAY_MUST_USE;

/* Sets what `running` holds in relay.state in that of `next`, which does not serve yet, and the
 * values of its counters and gauges, those of its policies too; what only `next` has stays. What is
 * no plain value is left out, with a warning in the log. RELAY_ESCRIPT: it could not be carried,
 * and `error` says why. */
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

struct task;

/* A command of `ctl`, and whoever waits for its answer; the caller's storage, from script_control
 * to `end` or script_control_cancel. None of the functions may call back, but `end`, which comes
 * when Lua has returned. */
struct script_control {
    void *context;
    /* Some of the answer; `is_error`: for the asker's standard error. */
    void (*write)(void *context, bool is_error, struct text text);
    /* How many bytes of it the reader has not taken yet. */
    size_t (*waiting)(void *context);
    /* When the command has ended, the asker follows the traces of this channel and this nonce (len
     * 0: of all). NULL, or why not. */
    const char *(*follow)(void *context, struct text channel, struct text nonce, bool is_json);
    void (*end)(void *context, int exit_code);
    struct task *task; /* the script's */
};

/* Runs the handler of engine.control with the request, a JSON text. RELAY_EFULL, RELAY_ENOMEM: it
 * does not run, and `end` is not called. */
int script_control(struct script *script, struct text request,
                   struct script_control *control) RELAY_MUST_USE;
/* The reader has taken what waited. */
void script_control_drained(struct script_control *control);
/* Nobody waits for the answer any more: the handler ends where it is. Twice is once. */
void script_control_cancel(struct script_control *control);

/* Whether the scripts answer this path on ordinary listeners, and an HTTP request: see web.h. */
bool script_web_is_public(const struct script *script, struct text path);
int script_web(struct script *script, struct text request, struct web_request *web) RELAY_MUST_USE;
void script_web_cancel(struct web_request *web);

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

/* runtime.h — what the scripts registered, and the handlers that run.
 *
 * Owned by the script: runtime_init before main.lua is loaded, runtime_deinit before the state is
 * freed. At load time handlers and timers are registered; runtime_start brings the world, and from
 * then on events start handlers. One handler runs at a time, until it waits or ends. */
#ifndef WSRELAY_SCRIPT_RUNTIME_H
#define WSRELAY_SCRIPT_RUNTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lua.h>

#include "base/buf.h"
#include "base/list.h"
#include "base/log.h"
#include "script/metrics.h"
#include "script/policy.h"
#include "script/script.h"
#include "script/task.h"
#include "script/timers.h"
#include "script/vm.h"

#define RUNTIME_RESPONSE_MAX (1024 * 1024 - 1024) /* a packet has a MiB, and an envelope */
#define RUNTIME_DEPTH_MAX 16
#define RUNTIME_TASKS_MAX 10000 /* handlers that wait; commands beyond are answered `busy` */
#define RUNTIME_TASK_BYTES_MAX ((size_t)64 * 1024 * 1024) /* of what they began with */
#define RUNTIME_SCRATCH_MAX ((size_t)64 * 1024 * 1024)
#define RUNTIME_STEPS_MAX 256 /* of handlers in one turn of the loop */
#define RUNTIME_CLIENT_BUCKETS 256
#define RUNTIME_LISTENERS_MAX 1000 /* handlers of events */
#define RUNTIME_PUBLIC_MAX 64      /* paths that ordinary listeners answer */

/* What relay.on knows. */
#define RUNTIME_EVENTS(X)                                                                          \
    X(peer_up)                                                                                     \
    X(peer_down)                                                                                   \
    X(reload)                                                                                      \
    X(client_open)                                                                                 \
    X(client_close)                                                                                \
    X(channel_open)                                                                                \
    X(channel_close)                                                                               \
    X(subscribe)                                                                                   \
    X(unsubscribe)                                                                                 \
    X(message)

enum runtime_event {
#define RUNTIME_EVENT(name) RUNTIME_EVENT_##name,
    RUNTIME_EVENTS(RUNTIME_EVENT)
#undef RUNTIME_EVENT
};

struct listener {
    struct list node;
    enum runtime_event event;
    int function; /* reference */
};

/* relay.every and relay.after. */
struct ticker {
    struct list node;
    struct runtime *runtime;
    struct timer timer;
    uint64_t period_ms;
    bool repeats;
    int function;      /* reference */
    struct task *task; /* the one that runs; while it waits, no other is begun */
};

struct runtime {
    struct vm *vm;
    struct log *log;
    struct policies *policies; /* once they are loaded */
    struct script_world world;
    bool has_world;
    bool is_running;
    bool is_retired; /* what runs may end; nothing begins any more */
    bool is_ending;
    struct task *current; /* the one whose handler runs now */
    struct list tasks, ready;
    struct list by_client[RUNTIME_CLIENT_BUCKETS]; /* struct task.client_node */
    size_t task_count, task_bytes;
    unsigned heard_events; /* a bit for each that has a listener */
    struct timers timers;
    struct list tickers, listeners;
    size_t listener_count;
    uint64_t wake_ms; /* what wake_at was asked for; 0: nothing yet */
    struct buf scratch, response, heard;
    bool has_response;
    struct list public_paths; /* struct web_path, bind_web.c's */
    struct metrics metrics;   /* the script frees them, after the state */
    struct log_gate gate, drop_gate;
    uint64_t failures;
    uint64_t dropped; /* events for which there was no room; in earlier generations, too */
    uint64_t generation;
};

void runtime_init(struct runtime *runtime, struct vm *vm, struct log *log);
/* What handlers wait for is cancelled, and none begins any more. */
void runtime_end(struct runtime *runtime);
/* Cancels all that waits. */
void runtime_deinit(struct runtime *runtime);

int runtime_start(struct runtime *runtime, const struct script_world *world,
                  bool is_reload) RELAY_MUST_USE;
/* A newer generation serves: timers and listeners are gone, handlers that wait go on. */
void runtime_retire(struct runtime *runtime);
void runtime_tick(struct runtime *runtime);
void runtime_command(struct runtime *runtime, const struct mesh_command *command);
int runtime_control(struct runtime *runtime, struct text request,
                    struct script_control *control) RELAY_MUST_USE;
int runtime_web(struct runtime *runtime, struct text request,
                struct web_request *web) RELAY_MUST_USE;
void runtime_event(struct runtime *runtime, enum runtime_event event, const struct mesh_peer *peer);

/* Tells the owner when to come again, after something was made ready. */
void runtime_schedule(struct runtime *runtime);
/* Runs what is ready, unless a handler runs: then it is left for the next tick. */
void runtime_run(struct runtime *runtime);

/* Begins to wait for a ticker's time. */
int runtime_add_ticker(struct runtime *runtime, struct ticker *ticker) RELAY_MUST_USE;
/* Its task is over. One that does not repeat is freed. */
void runtime_ticker_ended(struct ticker *ticker);

/* For bindings: what a function needs, or a raise that names the function. */
void runtime_check_serves(lua_State *lua, const char *function);
struct runtime *runtime_of(lua_State *lua);
const struct script_world *runtime_world(lua_State *lua, const char *function);
struct mesh *runtime_mesh(lua_State *lua, const char *function);
/* The task that calls, which may wait. */
struct task *runtime_waiter(lua_State *lua, const char *function);
/* The command of ctl that calls. */
struct script_control *runtime_control_of(lua_State *lua);
/* An empty buffer, for a text that is used before the next call of this. */
struct buf *runtime_scratch(lua_State *lua);

#endif

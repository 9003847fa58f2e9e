/* task.h — a handler that runs: one coroutine, from its start to its end, with all its waits.
 *
 * Vocabulary: a handler *waits* (relay.request, relay.sleep …): its coroutine yielded, and an
 * *answer* is on its way; when that has come the task is *ready*, and the runtime resumes it with
 * the answer. Heap: task_new, task_free, which cancels what it waits for. The surprising rule: an
 * answer may come while another handler runs, so it is kept as bytes, and no Lua is touched until
 * the task's turn. */
#ifndef WSRELAY_SCRIPT_TASK_H
#define WSRELAY_SCRIPT_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lua.h>

#include "base/buf.h"
#include "base/list.h"
#include "crypto/hash_job.h"
#include "mesh/mesh.h"
#include "script/stores.h"
#include "script/timers.h"

struct runtime;
struct ticker;
struct task_dial;
struct task_reload;
struct task_store;
struct script_control;
struct web_request;

enum task_kind { TASK_COMMAND, TASK_EVENT, TASK_TIMER, TASK_CONTROL, TASK_WEB };

enum task_wait {
    WAIT_NOTHING,
    WAIT_SLEEP,
    WAIT_REQUEST,
    WAIT_HASH,
    WAIT_DIAL,
    WAIT_RESERVE,
    WAIT_RELOAD,
    WAIT_STORE,
    WAIT_READER /* of a ctl command's answer */
};

/* What a wait gives to the handler. */
enum task_answer {
    ANSWER_NOTHING,
    ANSWER_TRUE,
    ANSWER_TEXT,
    ANSWER_NUMBER, /* the text, as an integer */
    ANSWER_JSON,   /* the text, decoded */
    ANSWER_MANY,   /* a table, by node, of such */
    ANSWER_ROWS,   /* of a store: lists of rows */
    ANSWER_REASON  /* nil and the text */
};

struct task {
    struct runtime *runtime;
    struct list node;       /* of all tasks */
    struct list ready_node; /* of those that are ready */
    enum task_kind kind;

    /* What it begins with. Strings are the task's own. */
    struct mesh_command command;
    struct mesh_peer peer;
    bool has_peer;
    struct text arguments; /* EVENT of the relay: a JSON array */
    int function;          /* EVENT, TIMER: reference, the handler's owner's */
    struct ticker *ticker;
    struct text asked;              /* CONTROL, WEB: the request, JSON */
    struct script_control *control; /* CONTROL: NULL when nobody waits for its end any more */
    int exit_code;                  /* CONTROL */
    struct web_request *web;        /* WEB: NULL when it was answered, or nobody waits any more */

    uint64_t client;         /* ends with this client; 0: with none */
    struct list client_node; /* runtime->by_client */
    bool ends_with_peer;
    bool is_late; /* whom it is about went before it began */
    bool is_over; /* whom it is about is gone: it is only closed any more */

    lua_State *coroutine; /* NULL: did not begin yet */
    int thread;           /* reference */

    enum task_wait wait;
    struct timer timer;
    uint64_t request;
    struct hash_waiter hash;
    struct task_dial *dial;
    struct task_reload *reload;
    struct task_store *store;

    enum task_answer answer;
    struct buf text; /* the answer's */
    char *strings;   /* of command and peer */
    size_t size;     /* of the strings */
};

/* The function, or the name's handler, is not known to the task. NULL for want of memory. */
struct task *task_new(struct runtime *runtime, enum task_kind kind);
struct task *task_new_command(struct runtime *runtime, const struct mesh_command *command);
struct task *task_new_event(struct runtime *runtime, const struct mesh_peer *peer, int function);
/* A handler of an event in the relay. */
struct task *task_new_heard(struct runtime *runtime, struct text arguments, int function,
                            uint64_t client);
struct task *task_new_control(struct runtime *runtime, struct text request,
                              struct script_control *control);
struct task *task_new_web(struct runtime *runtime, struct text request, struct web_request *web);
/* Whoever asked a control or a web task hears that it ended. */
void task_free(struct task *task);

/* Whom it is about is gone. One that waits is closed in its next turn, one that did not begin when
 * it comes to wait; nothing happens to the one that runs. */
void task_end(struct task *task);

/* Makes it ready, with an answer that has this text (of an error: the reason). */
void task_answer(struct task *task, enum task_answer answer, struct text text);

/* The waits. Each begins one and raises nothing; where it answers an error, none began. The caller
 * then yields. */
int task_sleep(struct task *task, uint64_t ms) RELAY_MUST_USE;
/* A sleep that task_wake ends with the answer TRUE. */
int task_sleep_until_woken(struct task *task, uint64_t ms, struct text topic) RELAY_MUST_USE;
/* Ends all sleeps with that topic. */
void task_wake(struct runtime *runtime, struct text topic);
int task_request(struct task *task, struct text node, struct text data,
                 uint64_t timeout_ms) RELAY_MUST_USE;
int task_broadcast(struct task *task, struct text data, uint64_t timeout_ms) RELAY_MUST_USE;
/* 1: `hash` is the answer already. */
int task_hash(struct task *task, struct text password, struct text channel,
              struct password_hash *hash) RELAY_MUST_USE;
/* 1: it is reserved already. */
int task_reserve(struct task *task, struct text channel,
                 const struct password_hash *hash) RELAY_MUST_USE;
int task_dial(struct task *task, const char *name, const char *url,
              const char *token) RELAY_MUST_USE;
int task_reload(struct task *task) RELAY_MUST_USE;
/* `*slot` is where the store comes to stand, before the answer TRUE; it outlives the wait. */
int task_open_store(struct task *task, const char *path, uint64_t bytes_max,
                    struct script_store **slot) RELAY_MUST_USE;
int task_run_store(struct task *task, struct script_store *store,
                   const struct buf *job) RELAY_MUST_USE;
/* script_control_drained ends it. */
void task_await_reader(struct task *task);

/* The wait ends without its answer; nothing without one. */
void task_cancel_store(struct task *task);

/* Pushes the values of the answer; how many. */
int task_push_answer(lua_State *lua, const struct task *task);

#endif

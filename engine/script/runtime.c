/* runtime.c — begins handlers, resumes them, and ends them. See runtime.h. */
#include "script/runtime.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <lauxlib.h>

#include "script/bind.h"
#include "script/call.h"
#include "script/command.h"
#include "script/hear.h"
#include "script/json_lua.h"

/* Of a handler, from one wait to the next. Scripts are trusted; this ends an endless loop. */
static const struct budget_limits STEP_LIMITS = {
    .instructions = 200000000, .wall_ms = 500, .cpu_ms = 500};

void runtime_init(struct runtime *runtime, struct vm *vm, struct log *log)
{
    *runtime = (struct runtime){.vm = vm, .log = log};
    list_init(&runtime->tasks);
    list_init(&runtime->ready);
    list_init(&runtime->tickers);
    list_init(&runtime->listeners);
    list_init(&runtime->public_paths);
    for (size_t i = 0; i < RUNTIME_CLIENT_BUCKETS; i++)
        list_init(&runtime->by_client[i]);
    buf_init(&runtime->heard, RUNTIME_SCRATCH_MAX);
    buf_init(&runtime->scratch, RUNTIME_SCRATCH_MAX);
    buf_init(&runtime->response, RUNTIME_RESPONSE_MAX + 1024);
    vm->runtime = runtime;
}

void runtime_end(struct runtime *runtime)
{
    runtime->is_ending = true; /* what a cancelling sets off is not served any more */
    hear_nothing(runtime);
    for (struct list *node = runtime->tasks.next; node != &runtime->tasks;) {
        struct task *task = list_entry(node, struct task, node);
        node = node->next;
        if (task != runtime->current)
            task_free(task);
    }
}

void runtime_deinit(struct runtime *runtime)
{
    struct list *node;
    if (!runtime->vm)
        return;
    runtime_end(runtime);
    while ((node = list_shift(&runtime->tickers)) != NULL)
        free(list_entry(node, struct ticker, node));
    while ((node = list_shift(&runtime->listeners)) != NULL)
        free(list_entry(node, struct listener, node));
    bind_web_forget(runtime);
    timers_deinit(&runtime->timers);
    buf_deinit(&runtime->scratch);
    buf_deinit(&runtime->response);
    buf_deinit(&runtime->heard);
}

/* Tells the owner when to come again. */
void runtime_schedule(struct runtime *runtime)
{
    uint64_t next = list_is_empty(&runtime->ready) ? timers_due_ms(&runtime->timers)
                                                   : clock_ms(&runtime->world.clock);
    if (next == runtime->wake_ms || !runtime->has_world || !runtime->world.wake_at)
        return;
    runtime->wake_ms = next;
    runtime->world.wake_at(runtime->world.context, next);
}

/* One step of a handler: from its beginning, or from the end of a wait, to the next wait, or to its
 * end. */

static void push_peer(lua_State *lua, const struct task *task)
{
    if (task->has_peer)
        command_push_peer(lua, &task->peer);
    else
        lua_pushnil(lua);
}

static void begin(lua_State *lua, struct task *task)
{
    task->coroutine = lua_newthread(lua);
    task->thread = luaL_ref(lua, LUA_REGISTRYINDEX);
}

static int push_asked(lua_State *lua, const struct task *task)
{
    if (task->kind == TASK_WEB)
        bind_web_push_handler(lua);
    else
        bind_control_push_handler(lua);
    if (!json_lua_push(lua, task->asked, RUNTIME_DEPTH_MAX))
        return luaL_error(lua, "the request is no JSON");
    return 1;
}

/* Pushes the handler and its arguments; how many arguments, or -1: there is no handler to call. */
static int push_beginning(lua_State *lua, struct task *task)
{
    if (task->kind == TASK_COMMAND)
        return command_push(lua, task);
    if (task->kind == TASK_CONTROL || task->kind == TASK_WEB)
        return push_asked(lua, task);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, task->function);
    if (task->kind == TASK_TIMER)
        return 0;
    if (task->arguments.len)
        return hear_push(lua, task);
    push_peer(lua, task);
    return 1;
}

/* Gives what stands at the top to the coroutine, and lets it run. */
static int resume(lua_State *lua, struct task *task, int arguments, int values)
{
    int results;
    if (!lua_checkstack(task->coroutine, values))
        return luaL_error(lua, "stack overflow");
    lua_xmove(lua, task->coroutine, values);
    int status = lua_resume(task->coroutine, lua, arguments, &results);
    if (status == LUA_YIELD)
        lua_pop(task->coroutine, results);
    return status;
}

static void finish(lua_State *lua, struct task *task)
{
    if (task->kind == TASK_COMMAND)
        command_finish(lua, task);
    else if (task->kind == TASK_WEB)
        bind_web_finish(task);
    else if (task->kind == TASK_CONTROL && lua_gettop(task->coroutine) > 0)
        task->exit_code = (int)lua_tointeger(task->coroutine, 1);
}

static int step_body(lua_State *lua)
{
    struct task *task = lua_touserdata(lua, 1);
    bool is_new = !task->coroutine;
    int arguments;
    if (is_new) {
        arguments = push_beginning(lua, task);
        if (arguments < 0)
            return 0;
        begin(lua, task);
    } else {
        arguments = task_push_answer(lua, task);
        buf_deinit(&task->text);
    }
    int status = resume(lua, task, arguments, arguments + (is_new ? 1 : 0));
    if (status == LUA_YIELD && task->wait == WAIT_NOTHING)
        return luaL_error(lua, "the handler yielded by itself (relay.sleep waits)");
    if (status != LUA_OK && status != LUA_YIELD)
        return script_raise_from(lua, task->coroutine);
    if (status == LUA_OK)
        finish(lua, task);
    return 0;
}

/* Its variables that are to be closed are. */
static int close_body(lua_State *lua)
{
    struct task *task = lua_touserdata(lua, 1);
    if (lua_resetthread(task->coroutine) == LUA_OK)
        return 0;
    lua_xmove(task->coroutine, lua, 1);
    return lua_error(lua);
}

static uint64_t steady_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void report(struct runtime *runtime, const struct task *task, const struct buf *error)
{
    static const char *const KINDS[] = {"command", "event", "timer", "ctl", "request"};
    runtime->failures++;
    log_event_gated(runtime->log, &runtime->gate, steady_ms(), LOG_ERROR, "handler failed",
                    LOG_FIELDS(LOG_STR("of", KINDS[task->kind]),
                               LOG_STRN("command", task->command.command.at,
                                        task->command.command.at ? task->command.command.len : 0),
                               LOG_STRN("error", error->bytes ? error->bytes : "", error->len)));
}

static void respond(struct runtime *runtime, const struct task *task, struct text data)
{
    mesh_respond(runtime->world.mesh, task->command.source, task->command.nonce, data);
}

static void tell_failure(struct script_control *control, const struct buf *error)
{
    control->write(control->context, true, (struct text){error->bytes, error->len});
    control->write(control->context, true, (struct text){"\n", 1});
}

static void fail(struct runtime *runtime, struct task *task, const struct buf *error)
{
    if (task->control) /* a person hears it */
        tell_failure(task->control, error);
    else
        report(runtime, task, error);
    if (task->kind == TASK_WEB)
        bind_web_fail(task);
    if (task->kind == TASK_COMMAND)
        command_deny(&runtime->response, "internal error");
    runtime->has_response = task->kind == TASK_COMMAND;
}

/* The response, when there is one, goes out when Lua has returned: it may set off anything. */
static void step(struct runtime *runtime, struct task *task)
{
    struct buf error;
    buf_init(&error, LOG_LINE_MAX);
    buf_clear(&runtime->response);
    runtime->has_response = false;
    runtime->current = task;
    int err = script_call(runtime->vm, &STEP_LIMITS, task->is_over ? close_body : step_body, task,
                          &error);
    runtime->current = NULL;
    if (err)
        fail(runtime, task, &error);
    if (runtime->has_response)
        respond(runtime, task, (struct text){runtime->response.bytes, runtime->response.len});
    if (err || task->wait == WAIT_NOTHING)
        task_free(task);
    else if (task->is_late)
        task_end(task);
    buf_deinit(&error);
}

void runtime_run(struct runtime *runtime)
{
    struct list *node;
    if (runtime->is_ending || !runtime->has_world)
        return;
    if (!runtime->is_running) {
        runtime->is_running = true;
        for (int i = 0; i < RUNTIME_STEPS_MAX && (node = list_shift(&runtime->ready)); i++)
            step(runtime, list_entry(node, struct task, ready_node));
        runtime->is_running = false;
    }
    runtime_schedule(runtime);
}

static void set_ready(struct runtime *runtime, struct task *task)
{
    if (task)
        list_append(&runtime->ready, &task->ready_node);
    else
        log_error(runtime->log, "out of memory", LOG_STR("for", "a handler"));
}

void runtime_tick(struct runtime *runtime)
{
    struct timer *timer;
    uint64_t now = clock_ms(&runtime->world.clock);
    bool was_running = runtime->is_running;
    runtime->wake_ms = 0;
    runtime->is_running = true; /* first all that are due, then their handlers */
    while ((timer = timers_pop(&runtime->timers, now)) != NULL)
        timer->fire(timer);
    runtime->is_running = was_running;
    runtime->wake_ms = 0;
    runtime_run(runtime);
}

void runtime_command(struct runtime *runtime, const struct mesh_command *command)
{
    if (!runtime->has_world || runtime->is_ending)
        return;
    bool has_room = runtime->task_count < RUNTIME_TASKS_MAX &&
                    runtime->task_bytes + command->data.len <= RUNTIME_TASK_BYTES_MAX;
    struct task *task = has_room ? task_new_command(runtime, command) : NULL;
    if (task) {
        task->ends_with_peer = command->is_peer;
        set_ready(runtime, task);
        runtime_run(runtime);
        return;
    }
    static const char BUSY[] = "{\"ok\":false,\"reason\":\"busy\"}";
    mesh_respond(runtime->world.mesh, command->source, command->nonce,
                 (struct text){BUSY, sizeof BUSY - 1});
}

static bool is_about_peer(const struct task *task, struct text peer)
{
    struct text name = task->kind == TASK_COMMAND ? task->command.source : task->peer.name;
    return task->ends_with_peer && name.len == peer.len && memcmp(name.at, peer.at, peer.len) == 0;
}

static void peer_gone(struct runtime *runtime, struct text peer)
{
    for (struct list *node = runtime->tasks.next; node != &runtime->tasks; node = node->next) {
        struct task *task = list_entry(node, struct task, node);
        if (is_about_peer(task, peer))
            task_end(task);
    }
}

int runtime_control(struct runtime *runtime, struct text request, struct script_control *control)
{
    if (!runtime->has_world || runtime->is_ending) /* when all else is full, ctl must answer */
        return RELAY_EFULL;
    struct task *task = task_new_control(runtime, request, control);
    if (!task)
        return RELAY_ENOMEM;
    set_ready(runtime, task);
    runtime_run(runtime);
    return 0;
}

int runtime_web(struct runtime *runtime, struct text request, struct web_request *web)
{
    if (!runtime->has_world || runtime->is_ending || runtime->task_count >= RUNTIME_TASKS_MAX ||
        runtime->task_bytes + request.len > RUNTIME_TASK_BYTES_MAX)
        return RELAY_EFULL;
    struct task *task = task_new_web(runtime, request, web);
    if (!task)
        return RELAY_ENOMEM;
    set_ready(runtime, task);
    runtime_run(runtime);
    return 0;
}

void runtime_event(struct runtime *runtime, enum runtime_event event, const struct mesh_peer *peer)
{
    if (!runtime->has_world || runtime->is_ending)
        return;
    if (event == RUNTIME_EVENT_peer_down)
        peer_gone(runtime, peer->name);
    for (struct list *node = runtime->listeners.next; node != &runtime->listeners;
         node = node->next) {
        struct listener *listener = list_entry(node, struct listener, node);
        if (listener->event != event)
            continue;
        struct task *task = runtime->task_count < RUNTIME_TASKS_MAX
                                ? task_new_event(runtime, peer, listener->function)
                                : NULL;
        if (!task) {
            hear_dropped(runtime, event);
            continue;
        }
        task->ends_with_peer = event == RUNTIME_EVENT_peer_up;
        set_ready(runtime, task);
    }
    runtime_run(runtime);
}

/* One that still waits from the last time is not begun again. */
static void on_ticker(struct timer *timer)
{
    struct ticker *ticker = list_entry(timer, struct ticker, timer);
    struct runtime *runtime = ticker->runtime;
    struct task *task = ticker->task ? NULL : task_new(runtime, TASK_TIMER);
    if (task) {
        task->function = ticker->function;
        task->ticker = ticker;
        ticker->task = task;
        set_ready(runtime, task);
    }
    if (ticker->repeats && runtime_add_ticker(runtime, ticker) != 0)
        log_error(runtime->log, "out of memory", LOG_STR("for", "a timer"));
}

void runtime_ticker_ended(struct ticker *ticker)
{
    ticker->task = NULL;
    if (ticker->repeats)
        return;
    luaL_unref(ticker->runtime->vm->lua, LUA_REGISTRYINDEX, ticker->function);
    list_remove(&ticker->node);
    free(ticker);
}

int runtime_add_ticker(struct runtime *runtime, struct ticker *ticker)
{
    if (!runtime->has_world)
        return 0; /* runtime_start does */
    ticker->timer.fire = on_ticker;
    return timers_add(&runtime->timers, &ticker->timer,
                      clock_ms(&runtime->world.clock) + ticker->period_ms);
}

int runtime_start(struct runtime *runtime, const struct script_world *world, bool is_reload)
{
    int err = 0;
    runtime->world = *world;
    runtime->has_world = true;
    hear_listen(runtime);
    for (struct list *node = runtime->tickers.next; node != &runtime->tickers && !err;
         node = node->next)
        err = runtime_add_ticker(runtime, list_entry(node, struct ticker, node));
    if (is_reload && !err)
        runtime_event(runtime, RUNTIME_EVENT_reload, NULL);
    runtime_schedule(runtime);
    return err;
}

static void drop_ticker(struct ticker *ticker)
{
    timers_remove(&ticker->runtime->timers, &ticker->timer);
    ticker->repeats = false;
    if (!ticker->task)
        runtime_ticker_ended(ticker);
}

void runtime_retire(struct runtime *runtime)
{
    struct list *node;
    runtime->is_retired = true;
    runtime->heard_events = 0;
    while ((node = list_shift(&runtime->listeners)) != NULL)
        free(list_entry(node, struct listener, node));
    for (node = runtime->tickers.next; node != &runtime->tickers;) {
        struct ticker *ticker = list_entry(node, struct ticker, node);
        node = node->next;
        drop_ticker(ticker);
    }
    runtime_schedule(runtime);
}

/* For bindings. */

void runtime_check_serves(lua_State *lua, const char *function)
{
    if (runtime_of(lua)->is_retired)
        luaL_error(lua, "%s: a newer generation of the scripts serves by now", function);
}

struct runtime *runtime_of(lua_State *lua)
{
    return vm_of(lua)->runtime;
}

const struct script_world *runtime_world(lua_State *lua, const char *function)
{
    struct runtime *runtime = runtime_of(lua);
    if (!runtime->has_world)
        luaL_error(lua, "%s can be used once the node runs (in a handler)", function);
    return &runtime->world;
}

struct mesh *runtime_mesh(lua_State *lua, const char *function)
{
    struct mesh *mesh = runtime_world(lua, function)->mesh;
    if (!mesh)
        luaL_error(lua, "%s needs a network, and this node has none", function);
    return mesh;
}

struct task *runtime_waiter(lua_State *lua, const char *function)
{
    (void)runtime_world(lua, function);
    struct task *task = runtime_of(lua)->current;
    if (!task || task->coroutine != lua || !lua_isyieldable(lua))
        luaL_error(lua,
                   "%s waits, so it can be called in a handler only, and there not in a coroutine "
                   "of its own, a metamethod or table.sort",
                   function);
    return task;
}

struct script_control *runtime_control_of(lua_State *lua)
{
    const struct task *task = runtime_of(lua)->current;
    struct script_control *control = task ? task->control : NULL;
    if (!control)
        luaL_error(lua, "no command of ctl runs");
    return control;
}

struct buf *runtime_scratch(lua_State *lua)
{
    struct buf *scratch = &runtime_of(lua)->scratch;
    buf_clear(scratch);
    return scratch;
}

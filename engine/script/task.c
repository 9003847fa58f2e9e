/* task.c — what handlers wait for, and how its answers come back. See task.h. */
#include "script/task.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "script/json_lua.h"
#include "script/runtime.h"
#include "script/store_lua.h"
#include "web.h"

#define ANSWERS_MAX ((size_t)64 * 1024 * 1024) /* of one broadcast, in bytes */

/* A dial under way cannot be taken back: its end finds the task, or that there is none any more. */
struct task_dial {
    struct task *task;
};

/* Nor can a reload. */
struct task_reload {
    struct task *task;
};

struct task *task_new(struct runtime *runtime, enum task_kind kind)
{
    struct task *task = calloc(1, sizeof *task);
    if (!task)
        return NULL;
    task->runtime = runtime;
    task->kind = kind;
    task->function = task->thread = LUA_NOREF;
    task->text.max = ANSWERS_MAX;
    list_init(&task->ready_node);
    list_init(&task->client_node);
    list_append(&runtime->tasks, &task->node);
    runtime->task_count++;
    return task;
}

/* Moves a text to `*room`. */
static void keep(char **room, struct text *text)
{
    if (text->len)
        memcpy(*room, text->at, text->len);
    text->at = *room;
    *room += text->len;
}

/* Takes the strings over, or frees the task. */
static struct task *keep_all(struct task *task, struct text *const *texts, size_t count)
{
    size_t size = 1;
    for (size_t i = 0; i < count; i++)
        size += texts[i]->len;
    char *room = task->strings = malloc(size);
    if (!room) {
        task_free(task);
        return NULL;
    }
    for (size_t i = 0; i < count; i++)
        keep(&room, texts[i]);
    task->size = size;
    task->runtime->task_bytes += size;
    return task;
}

struct task *task_new_command(struct runtime *runtime, const struct mesh_command *command)
{
    struct task *task = task_new(runtime, TASK_COMMAND);
    if (!task)
        return NULL;
    task->command = *command;
    struct text *texts[] = {&task->command.source, &task->command.nonce, &task->command.command,
                            &task->command.data};
    return keep_all(task, texts, 4);
}

struct task *task_new_event(struct runtime *runtime, const struct mesh_peer *peer, int function)
{
    struct task *task = task_new(runtime, TASK_EVENT);
    if (!task)
        return NULL;
    task->function = function;
    task->has_peer = peer != NULL;
    if (!peer)
        return task;
    task->peer = *peer;
    struct text *texts[] = {&task->peer.name, &task->peer.host};
    return keep_all(task, texts, 2);
}

struct task *task_new_heard(struct runtime *runtime, struct text arguments, int function,
                            uint64_t client)
{
    struct task *task = task_new(runtime, TASK_EVENT);
    if (!task)
        return NULL;
    task->function = function;
    task->arguments = arguments;
    task->client = client;
    if (client)
        list_append(&runtime->by_client[client % RUNTIME_CLIENT_BUCKETS], &task->client_node);
    struct text *texts[] = {&task->arguments};
    return keep_all(task, texts, 1);
}

struct task *task_new_control(struct runtime *runtime, struct text request,
                              struct script_control *control)
{
    struct task *task = task_new(runtime, TASK_CONTROL);
    if (!task)
        return NULL;
    task->asked = request;
    task->exit_code = 1;
    task = keep_all(task, (struct text *[]){&task->asked}, 1);
    if (task) {
        task->control = control;
        control->task = task;
    }
    return task;
}

struct task *task_new_web(struct runtime *runtime, struct text request, struct web_request *web)
{
    struct task *task = task_new(runtime, TASK_WEB);
    if (!task)
        return NULL;
    task->asked = request;
    task = keep_all(task, (struct text *[]){&task->asked}, 1);
    if (task) {
        task->web = web;
        web->task = task;
    }
    return task;
}

static void stop_waiting(struct task *task)
{
    const struct script_world *world = &task->runtime->world;
    if (task->wait == WAIT_SLEEP)
        timers_remove(&task->runtime->timers, &task->timer);
    else if (task->wait == WAIT_REQUEST && task->request)
        mesh_request_cancel(world->mesh, task->request);
    else if (task->wait == WAIT_HASH)
        hash_waiter_cancel(world->relay->hash_jobs, &task->hash);
    else if (task->wait == WAIT_RESERVE)
        mesh_reserve_cancel(world->mesh, task);
    else if (task->wait == WAIT_DIAL && task->dial)
        task->dial->task = NULL;
    else if (task->wait == WAIT_RELOAD && task->reload)
        task->reload->task = NULL;
    task_cancel_store(task);
    task->wait = WAIT_NOTHING;
    task->request = 0;
    task->dial = NULL;
    task->reload = NULL;
}

static void tell_end(const struct task *task)
{
    static const char GONE[] = "the scripts that ran this command ended before it\n";
    struct script_control *control = task->control;
    if (task->runtime->is_ending)
        control->write(control->context, true, (struct text){GONE, sizeof GONE - 1});
    control->task = NULL;
    control->end(control->context, task->exit_code);
}

static void tell_unanswered(const struct task *task)
{
    static const char BODY[] = "the scripts that were asked ended before they answered\n";
    struct web_request *web = task->web;
    web->task = NULL;
    web->end(web->context, &(struct web_answer){.status = 503,
                                                .type = {"text/plain", 10},
                                                .headers = {"", 0},
                                                .body = {BODY, sizeof BODY - 1}});
}

void task_free(struct task *task)
{
    stop_waiting(task);
    if (task->ticker)
        runtime_ticker_ended(task->ticker);
    if (task->thread != LUA_NOREF)
        luaL_unref(task->runtime->vm->lua, LUA_REGISTRYINDEX, task->thread);
    list_remove(&task->node);
    list_remove(&task->ready_node);
    list_remove(&task->client_node);
    task->runtime->task_count--;
    task->runtime->task_bytes -= task->size;
    if (task->control)
        tell_end(task);
    if (task->web)
        tell_unanswered(task);
    buf_deinit(&task->text);
    free(task->strings);
    free(task);
}

void task_end(struct task *task)
{
    if (task == task->runtime->current || task->is_over)
        return;
    task->is_late = !task->coroutine;
    if (task->is_late)
        return;
    stop_waiting(task);
    task->is_over = true;
    list_remove(&task->ready_node);
    list_append(&task->runtime->ready, &task->ready_node);
}

void task_answer(struct task *task, enum task_answer answer, struct text text)
{
    if (answer != ANSWER_MANY) {
        buf_clear(&task->text);
        buf_add(&task->text, text.at, text.len);
    }
    task->answer = answer;
    task->wait = WAIT_NOTHING;
    task->request = 0;
    task->dial = NULL;
    task->reload = NULL;
    list_append(&task->runtime->ready, &task->ready_node);
    runtime_run(task->runtime);
}

static struct text text_of(const char *string)
{
    return (struct text){string, strlen(string)};
}

static void on_sleep_over(struct timer *timer)
{
    task_answer(list_entry(timer, struct task, timer), ANSWER_NOTHING, (struct text){"", 0});
}

int task_sleep(struct task *task, uint64_t ms)
{
    struct runtime *runtime = task->runtime;
    buf_clear(&task->text);
    task->timer.fire = on_sleep_over;
    int err = timers_add(&runtime->timers, &task->timer, clock_ms(&runtime->world.clock) + ms);
    if (!err)
        task->wait = WAIT_SLEEP;
    return err;
}

/* While it sleeps the topic stands where the answer's text will. */
int task_sleep_until_woken(struct task *task, uint64_t ms, struct text topic)
{
    int err = task_sleep(task, ms);
    if (!err)
        buf_add(&task->text, topic.at, topic.len);
    return err;
}

static bool sleeps_for(const struct task *task, struct text topic)
{
    const struct buf *text = &task->text;
    return task->wait == WAIT_SLEEP && text->len == topic.len &&
           memcmp(text->bytes, topic.at, topic.len) == 0;
}

/* They only become ready: a handler runs now, the one that wakes. */
void task_wake(struct runtime *runtime, struct text topic)
{
    for (struct list *node = runtime->tasks.next; node != &runtime->tasks; node = node->next) {
        struct task *task = list_entry(node, struct task, node);
        if (!sleeps_for(task, topic))
            continue;
        timers_remove(&runtime->timers, &task->timer);
        task_answer(task, ANSWER_TRUE, (struct text){"", 0});
    }
}

static void on_response(void *context, const struct mesh_response *response, const char *error)
{
    struct task *task = context;
    if (response)
        task_answer(task, ANSWER_JSON, response->data);
    else
        task_answer(task, ANSWER_REASON, text_of(error ? error : "cancelled"));
}

static int await_request(struct task *task, uint64_t request)
{
    task->request = request;
    task->wait = request ? WAIT_REQUEST : WAIT_NOTHING;
    return request ? 0 : RELAY_ENOMEM;
}

int task_request(struct task *task, struct text node, struct text data, uint64_t timeout_ms)
{
    return await_request(
        task, mesh_request(task->runtime->world.mesh, node, data, timeout_ms, on_response, task));
}

/* Answers stand one behind the other: two lengths, the node's name, its data. */
static void add_answer(struct buf *text, const struct mesh_response *response)
{
    size_t lens[2] = {response->source.len, response->data.len};
    size_t size = sizeof lens + lens[0] + lens[1];
    char *room = buf_reserve(text, size);
    if (!room)
        return;
    memcpy(room, lens, sizeof lens);
    memcpy(room + sizeof lens, response->source.at, lens[0]);
    memcpy(room + sizeof lens + lens[0], response->data.at, lens[1]);
    text->len += size;
}

static void on_responses(void *context, const struct mesh_response *response, const char *error)
{
    struct task *task = context;
    (void)error; /* silence is no failure: who answered is in the table */
    if (response)
        add_answer(&task->text, response);
    else
        task_answer(task, ANSWER_MANY, (struct text){"", 0});
}

int task_broadcast(struct task *task, struct text data, uint64_t timeout_ms)
{
    buf_clear(&task->text);
    return await_request(
        task, mesh_broadcast(task->runtime->world.mesh, data, timeout_ms, on_responses, task));
}

static void on_hash(struct hash_waiter *waiter, const struct password_hash *hash, int err)
{
    struct task *task = list_entry(waiter, struct task, hash);
    char hex[PASSWORD_HASH_HEX_LEN + 1];
    if (err) {
        task_answer(task, ANSWER_REASON, text_of(relay_err_text(err)));
        return;
    }
    password_hash_to_hex(hash, hex);
    task_answer(task, ANSWER_TEXT, (struct text){hex, PASSWORD_HASH_HEX_LEN});
}

int task_hash(struct task *task, struct text password, struct text channel,
              struct password_hash *hash)
{
    task->hash.done = on_hash;
    int err = hash_jobs_request(task->runtime->world.relay->hash_jobs, &task->hash, password.at,
                                password.len, channel.at, channel.len, hash);
    if (err == 0)
        task->wait = WAIT_HASH;
    return err;
}

static void on_reserved(void *context, const char *reason)
{
    if (reason)
        task_answer(context, ANSWER_REASON, text_of(reason));
    else
        task_answer(context, ANSWER_TRUE, (struct text){"", 0});
}

int task_reserve(struct task *task, struct text channel, const struct password_hash *hash)
{
    int err = mesh_reserve(task->runtime->world.mesh, channel, hash, on_reserved, task);
    if (err == 0)
        task->wait = WAIT_RESERVE;
    return err;
}

static void on_dialled(void *context, const char *error)
{
    struct task_dial *dial = context;
    struct task *task = dial->task;
    free(dial);
    if (!task)
        return;
    if (error)
        task_answer(task, ANSWER_REASON, text_of(error));
    else
        task_answer(task, ANSWER_TRUE, (struct text){"", 0});
}

int task_dial(struct task *task, const char *name, const char *url, const char *token)
{
    struct task_dial *dial = calloc(1, sizeof *dial);
    if (!dial)
        return RELAY_ENOMEM;
    dial->task = task;
    int err = mesh_dial(task->runtime->world.mesh, name, url, token, on_dialled, dial);
    if (err) {
        free(dial);
        return err;
    }
    task->dial = dial;
    task->wait = WAIT_DIAL;
    return 0;
}

static void on_reloaded(void *context, uint64_t generation, const char *error)
{
    struct task_reload *reload = context;
    struct task *task = reload->task;
    char number[24];
    free(reload);
    if (!task)
        return;
    snprintf(number, sizeof number, "%llu", (unsigned long long)generation);
    if (error)
        task_answer(task, ANSWER_REASON, text_of(error));
    else
        task_answer(task, ANSWER_NUMBER, text_of(number));
}

int task_reload(struct task *task)
{
    const struct script_calls *calls = task->runtime->world.calls;
    struct task_reload *reload = calloc(1, sizeof *reload);
    if (!reload)
        return RELAY_ENOMEM;
    reload->task = task;
    int err = calls->reload(calls->context, on_reloaded, reload);
    if (err) {
        free(reload);
        return err;
    }
    task->reload = reload;
    task->wait = WAIT_RELOAD;
    return 0;
}

void task_await_reader(struct task *task)
{
    task->wait = WAIT_READER;
}

static int push_reason(lua_State *lua, const char *reason, size_t len)
{
    lua_pushnil(lua);
    lua_pushlstring(lua, reason, len);
    return 2;
}

/* Adds one answer of a broadcast to the table at the top; how long it was. One that cannot be read
 * is left out. */
static size_t push_one(lua_State *lua, const char *at)
{
    size_t lens[2];
    memcpy(lens, at, sizeof lens);
    at += sizeof lens;
    lua_pushlstring(lua, at, lens[0]);
    if (json_lua_push(lua, (struct text){at + lens[0], lens[1]}, RUNTIME_DEPTH_MAX))
        lua_rawset(lua, -3);
    else
        lua_pop(lua, 1);
    return sizeof lens + lens[0] + lens[1];
}

static int push_many(lua_State *lua, const struct buf *text)
{
    lua_newtable(lua);
    for (size_t at = 0; at < text->len;)
        at += push_one(lua, text->bytes + at);
    return 1;
}

int task_push_answer(lua_State *lua, const struct task *task)
{
    const struct buf *text = &task->text;
    if (task->answer == ANSWER_NOTHING)
        return 0;
    if (text->failed && task->answer != ANSWER_MANY)
        return push_reason(lua, "out of memory", 13);
    switch (task->answer) {
    case ANSWER_TRUE:
        lua_pushboolean(lua, 1);
        return 1;
    case ANSWER_TEXT:
        lua_pushlstring(lua, text->bytes, text->len);
        return 1;
    case ANSWER_NUMBER:
        lua_pushlstring(lua, text->bytes, text->len);
        lua_pushinteger(lua, lua_tointeger(lua, -1));
        return 1;
    case ANSWER_ROWS:
        return store_lua_push_rows(lua, text);
    case ANSWER_MANY:
        return push_many(lua, text);
    case ANSWER_JSON:
        if (json_lua_push(lua, (struct text){text->bytes, text->len}, RUNTIME_DEPTH_MAX))
            return 1;
        return push_reason(lua, "invalid response", 16);
    default:
        return push_reason(lua, text->len ? text->bytes : "", text->len);
    }
}

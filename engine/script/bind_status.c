/* bind_status.c — what `ctl` tells of a node: its figures, who answers the policies' questions,
 * what the scripts registered, and its channels page by page. */
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include <lauxlib.h>

#include "host/host_linux.h"
#include "script/bind.h"
#include "script/command.h"
#include "script/runtime.h"

#define PLACE_MAX (PATH_MAX + 16)

static void set_count(lua_State *lua, const char *key, uint64_t count)
{
    lua_pushinteger(lua, (lua_Integer)count);
    lua_setfield(lua, -2, key);
}

static void set_text(lua_State *lua, const char *key, const char *text)
{
    lua_pushstring(lua, text);
    lua_setfield(lua, -2, key);
}

static void set_bool(lua_State *lua, const char *key, bool value)
{
    lua_pushboolean(lua, value);
    lua_setfield(lua, -2, key);
}

static size_t count_peers(const struct mesh *mesh)
{
    struct mesh_peer peer;
    size_t cursor = 0, count = 0;
    while (mesh && mesh_next_peer(mesh, &cursor, &peer))
        count++;
    return count;
}

static void set_health(lua_State *lua, struct relay *relay, size_t connections)
{
    static const char *const STATES[] = {"good", "degraded", "bad"};
    const struct health *health = relay_health(relay, connections);
    set_text(lua, "health", STATES[health->state]);
    set_text(lua, "health_reason", health->reason);
}

static void set_memory(lua_State *lua, const struct runtime *runtime)
{
    set_count(lua, "resident_bytes", host_linux_resident_bytes(runtime->log));
    set_count(lua, "scripts_bytes", runtime->vm->memory_used);
    set_count(lua, "policies_bytes", runtime->policies->vm->memory_used);
}

static void set_failures(lua_State *lua, const struct runtime *runtime,
                         const struct script_status *status)
{
    set_count(lua, "policy_failures", status->policy_failures + runtime->policies->failures);
    set_count(lua, "handler_failures", status->handler_failures + runtime->failures);
}

static void set_reloads(lua_State *lua, const struct script_reloads *reloads)
{
    set_count(lua, "reloads_done", reloads->done);
    set_count(lua, "reloads_refused", reloads->refused);
    if (!reloads->refused)
        return;
    lua_pushnumber(lua, reloads->refused_at);
    lua_setfield(lua, -2, "reload_refused_at");
    set_text(lua, "reload_refusal", reloads->refusal);
}

/* status(): the node's figures. */
static int engine_status(lua_State *lua)
{
    const struct script_world *world = runtime_world(lua, "status");
    const struct runtime *runtime = runtime_of(lua);
    struct script_status status = {.started_ms = clock_ms(&world->clock)};
    if (world->calls)
        world->calls->status(world->calls->context, &status);
    lua_createtable(lua, 0, 24);
    set_text(lua, "version", WSRELAY_VERSION);
    set_count(lua, "pid", (uint64_t)getpid());
    set_count(lua, "uid", (uint64_t)geteuid());
    set_count(lua, "generation", runtime->generation);
    lua_pushnumber(lua, (lua_Number)(clock_ms(&world->clock) - status.started_ms) / 1000);
    lua_setfield(lua, -2, "uptime_seconds");
    set_count(lua, "clients", world->relay->client_count);
    set_count(lua, "channels", channel_table_count(&world->relay->channels));
    set_count(lua, "peers", count_peers(world->mesh));
    set_count(lua, "connections", status.connections);
    set_count(lua, "traces", status.traces);
    set_count(lua, "handlers_waiting", runtime->task_count - 1);
    set_bool(lua, "draining", world->relay->draining);
    set_memory(lua, runtime);
    set_failures(lua, runtime, &status);
    set_reloads(lua, &status.reloads);
    set_health(lua, world->relay, status.connections);
    return 1;
}

/* time(): Unix seconds, as policies are told them. */
static int engine_time(lua_State *lua)
{
    const struct policies *policies = runtime_of(lua)->policies;
    if (!policies)
        return luaL_error(lua, "the policies are not loaded yet");
    lua_pushnumber(lua, policies_time(policies));
    return 1;
}

/* Writes file:line, the file in full where Lua shortens it. */
static void write_place(const lua_Debug *place, char out[PLACE_MAX])
{
    const char *file = place->source[0] == '@' ? place->source + 1 : place->short_src;
    if (place->linedefined > 0)
        snprintf(out, PLACE_MAX, "%s:%d", file, place->linedefined);
    else
        snprintf(out, PLACE_MAX, "%s", file);
}

/* Sets `place` of the table below the function at the top, which is popped. */
static void set_place(lua_State *lua)
{
    lua_Debug place;
    char text[PLACE_MAX];
    if (!lua_isfunction(lua, -1) || !lua_getinfo(lua, ">S", &place))
        return;
    write_place(&place, text);
    set_text(lua, "place", text);
}

/* --- The policies, which live in a state of their own --- */

/* The place of a question's function, as bytes; health has rules, and of them the first. */
static void policy_place(struct policies *policies, enum policy_question question,
                         char out[PLACE_MAX])
{
    lua_State *lua = policies->vm->lua;
    lua_Debug place;
    int function = question == POLICY_HEALTH && policies->health_rule_count
                       ? policies->health_rules[0].when
                       : policies->functions[question];
    out[0] = '\0';
    if (!lua_checkstack(lua, 1))
        return;
    if (lua_rawgeti(lua, LUA_REGISTRYINDEX, function) != LUA_TFUNCTION)
        lua_pop(lua, 1);
    else if (lua_getinfo(lua, ">S", &place))
        write_place(&place, out);
}

static void push_question(lua_State *lua, struct policies *policies, enum policy_question question)
{
    const struct policy_figures *figures = &policies->figures[question];
    char place[PLACE_MAX];
    policy_place(policies, question, place);
    lua_createtable(lua, 0, 7);
    set_text(lua, "file", policy_file(question));
    set_text(lua, "name", policy_name(question));
    set_count(lua, "asked", figures->asked);
    set_count(lua, "failed", figures->failed);
    if (figures->timed) {
        lua_pushnumber(lua, (lua_Number)figures->timed_ns / (lua_Number)figures->timed / 1000);
        lua_setfield(lua, -2, "mean_us");
    }
    if (policies->functions[question] == LUA_NOREF)
        return;
    set_text(lua, "by", figures->is_users ? "user" : "installed");
    if (place[0])
        set_text(lua, "place", place);
}

/* questions(): of every policy's question who answers, how often it was asked, and how it did. */
static int engine_questions(lua_State *lua)
{
    struct policies *policies = runtime_of(lua)->policies;
    if (!policies)
        return luaL_error(lua, "the policies are not loaded yet");
    lua_createtable(lua, POLICY_QUESTIONS, 0);
    for (int question = 0; question < POLICY_QUESTIONS; question++) {
        push_question(lua, policies, (enum policy_question)question);
        lua_rawseti(lua, -2, question + 1);
    }
    return 1;
}

/* --- What the scripts registered --- */

static void set_commands(lua_State *lua)
{
    lua_Integer count = 0;
    lua_newtable(lua);
    command_push_handlers(lua);
    for (lua_pushnil(lua); lua_next(lua, -2);) {
        lua_createtable(lua, 0, 2);
        lua_insert(lua, -2);
        set_place(lua);
        lua_pushvalue(lua, -2);
        lua_setfield(lua, -2, "name");
        lua_rawseti(lua, -4, ++count);
    }
    lua_pop(lua, 1);
    lua_setfield(lua, -2, "commands");
}

static void set_listeners(lua_State *lua, const struct runtime *runtime)
{
    static const char *const EVENTS[] = {
#define EVENT_NAME(name) #name,
        RUNTIME_EVENTS(EVENT_NAME)
#undef EVENT_NAME
    };
    lua_Integer count = 0;
    lua_newtable(lua);
    for (const struct list *node = runtime->listeners.next; node != &runtime->listeners;
         node = node->next) {
        const struct listener *listener = list_entry(node, struct listener, node);
        lua_createtable(lua, 0, 2);
        lua_rawgeti(lua, LUA_REGISTRYINDEX, listener->function);
        set_place(lua);
        set_text(lua, "name", EVENTS[listener->event]);
        lua_rawseti(lua, -2, ++count);
    }
    lua_setfield(lua, -2, "events");
}

static void set_timers(lua_State *lua, const struct runtime *runtime)
{
    lua_Integer count = 0;
    lua_newtable(lua);
    for (const struct list *node = runtime->tickers.next; node != &runtime->tickers;
         node = node->next) {
        const struct ticker *ticker = list_entry(node, struct ticker, node);
        lua_createtable(lua, 0, 3);
        lua_rawgeti(lua, LUA_REGISTRYINDEX, ticker->function);
        set_place(lua);
        lua_pushnumber(lua, (lua_Number)ticker->period_ms / 1000);
        lua_setfield(lua, -2, "seconds");
        set_bool(lua, "repeats", ticker->repeats);
        lua_rawseti(lua, -2, ++count);
    }
    lua_setfield(lua, -2, "timers");
}

/* registered(): commands, events and timers, each with its place. */
static int engine_registered(lua_State *lua)
{
    lua_createtable(lua, 0, 3);
    set_commands(lua);
    set_listeners(lua, runtime_of(lua));
    set_timers(lua, runtime_of(lua));
    return 1;
}

/* --- Channels --- */

static void push_channel(lua_State *lua, const struct channel *channel, uint64_t now_ms)
{
    static const char *const SCOPES[] = {"network", "node", "list"};
    struct traffic_sums sums;
    traffic_read(&channel->traffic, now_ms, &sums);
    lua_createtable(lua, 0, 8);
    lua_pushlstring(lua, channel->name, channel->name_len);
    lua_setfield(lua, -2, "name");
    set_count(lua, "subscribers", channel->count);
    set_bool(lua, "protected", channel->password.is_set);
    set_text(lua, "scope", SCOPES[channel->scope.kind]);
    set_count(lua, "messages_1s", sums.packets[TRAFFIC_1S]);
    set_count(lua, "messages_60s", sums.packets[TRAFFIC_60S]);
    set_count(lua, "bytes_60s", sums.bytes[TRAFFIC_60S]);
}

/* channels_after(name, most): the channels opened after that one; of a nil the first. nil: it is
 * not open any more. Never a hash. */
static int engine_channels_after(lua_State *lua)
{
    const struct script_world *world = runtime_world(lua, "channels");
    const struct channel_table *table = &world->relay->channels;
    const struct channel *channel = table->head;
    size_t len = 0;
    const char *name = luaL_optlstring(lua, 1, NULL, &len);
    lua_Integer most = luaL_checkinteger(lua, 2), count = 0;
    if (name) {
        channel = channel_table_find(table, name, len);
        if (!channel)
            return 0;
        channel = channel->hh.next;
    }
    lua_newtable(lua);
    for (; channel && count < most; channel = channel->hh.next) {
        push_channel(lua, channel, clock_ms(&world->clock));
        lua_rawseti(lua, -2, ++count);
    }
    return 1;
}

void bind_status(lua_State *lua)
{
    static const luaL_Reg FUNCTIONS[] = {
        {"status", engine_status},
        {"time", engine_time},
        {"questions", engine_questions},
        {"registered", engine_registered},
        {"channels_after", engine_channels_after},
        {NULL, NULL},
    };
    bind_functions(lua, FUNCTIONS);
}

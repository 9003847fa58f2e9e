/* bind_handler.c — what starts handlers: commands, events, time. At load time all but sleep, wait
 * and wake. */
#include <math.h>
#include <stdlib.h>

#include <lauxlib.h>

#include "script/bind.h"
#include "script/command.h"
#include "script/hear.h"
#include "script/runtime.h"

#define COMMAND_NAME_MAX 128
#define TOPIC_MAX 128

static const char *const EVENTS[] = {
#define EVENT_NAME(name) #name,
    RUNTIME_EVENTS(EVENT_NAME)
#undef EVENT_NAME
        NULL};

static int engine_command(lua_State *lua)
{
    size_t len;
    runtime_check_serves(lua, "relay.command");
    const char *name = luaL_checklstring(lua, 1, &len);
    luaL_argcheck(lua, len > 0 && len <= COMMAND_NAME_MAX, 1, "must be 1 to 128 bytes");
    luaL_checktype(lua, 2, LUA_TFUNCTION);
    lua_settop(lua, 2);
    command_set(lua, name);
    return 0;
}

static int engine_on(lua_State *lua)
{
    struct runtime *runtime = runtime_of(lua);
    runtime_check_serves(lua, "relay.on");
    int event = luaL_checkoption(lua, 1, NULL, EVENTS);
    luaL_checktype(lua, 2, LUA_TFUNCTION);
    lua_settop(lua, 2);
    int function = luaL_ref(lua, LUA_REGISTRYINDEX);
    int err = hear_add(runtime, (enum runtime_event)event, function);
    if (err)
        luaL_unref(lua, LUA_REGISTRYINDEX, function);
    if (err == RELAY_EFULL)
        return luaL_error(lua, "relay.on: more than %d handlers", RUNTIME_LISTENERS_MAX);
    return err ? luaL_error(lua, "not enough memory") : 0;
}

static int add_ticker(lua_State *lua, bool repeats)
{
    struct runtime *runtime = runtime_of(lua);
    runtime_check_serves(lua, repeats ? "relay.every" : "relay.after");
    uint64_t period_ms = bind_check_ms(lua, 1);
    luaL_argcheck(lua, period_ms > 0 || !repeats, 1, "must be a millisecond at least");
    luaL_checktype(lua, 2, LUA_TFUNCTION);
    lua_settop(lua, 2);
    int function = luaL_ref(lua, LUA_REGISTRYINDEX);
    struct ticker *ticker = calloc(1, sizeof *ticker);
    if (!ticker)
        return luaL_error(lua, "not enough memory");
    ticker->runtime = runtime;
    ticker->period_ms = period_ms;
    ticker->repeats = repeats;
    ticker->function = function;
    list_append(&runtime->tickers, &ticker->node);
    if (runtime_add_ticker(runtime, ticker) != 0)
        return luaL_error(lua, "not enough memory");
    return 0;
}

static int engine_every(lua_State *lua)
{
    return add_ticker(lua, true);
}

static int engine_after(lua_State *lua)
{
    return add_ticker(lua, false);
}

static int engine_sleep(lua_State *lua)
{
    uint64_t ms = bind_check_ms(lua, 1);
    if (task_sleep(runtime_waiter(lua, "relay.sleep"), ms) != 0)
        return luaL_error(lua, "not enough memory");
    return lua_yield(lua, 0);
}

static struct text check_topic(lua_State *lua, int index)
{
    struct text topic;
    topic.at = luaL_checklstring(lua, index, &topic.len);
    luaL_argcheck(lua, topic.len > 0 && topic.len <= TOPIC_MAX, index, "must be 1 to 128 bytes");
    return topic;
}

/* wait(topic, seconds): sleeps until wake(topic), and answers true; nothing when the time is over.
 */
static int engine_wait(lua_State *lua)
{
    struct text topic = check_topic(lua, 1);
    uint64_t ms = bind_check_ms(lua, 2);
    if (task_sleep_until_woken(runtime_waiter(lua, "wait"), ms, topic) != 0)
        return luaL_error(lua, "not enough memory");
    return lua_yield(lua, 0);
}

/* wake(topic): from a handler. */
static int engine_wake(lua_State *lua)
{
    struct text topic = check_topic(lua, 1);
    task_wake(runtime_waiter(lua, "wake")->runtime, topic);
    return 0;
}

void bind_handler(lua_State *lua)
{
    static const luaL_Reg FUNCTIONS[] = {
        {"command", engine_command}, {"on", engine_on},
        {"every", engine_every},     {"after", engine_after},
        {"sleep", engine_sleep},     {"wait", engine_wait},
        {"wake", engine_wake},       {NULL, NULL},
    };
    bind_functions(lua, FUNCTIONS);
}

/* call.c — the one pcall: traceback, budget, the same stack height after. */
#include "script/call.h"

#include <assert.h>

#include <lauxlib.h>

/* What a log line or a person can take; the beginning says most. */
#define ERROR_MAX 3500

/* luaL_traceback walks a deep stack from its top for every level of its bottom. */
#define DEEP 1000
#define DEEP_LEVELS 10

static void add_top_levels(lua_State *lua)
{
    lua_Debug place;
    int height = lua_gettop(lua);
    luaL_checkstack(lua, DEEP_LEVELS + 2, NULL);
    lua_pushliteral(lua, "\nstack traceback:");
    for (int level = 1; level <= DEEP_LEVELS && lua_getstack(lua, level, &place); level++) {
        lua_getinfo(lua, "Sl", &place);
        lua_pushfstring(lua, "\n\t%s:%d:", place.short_src, place.currentline);
    }
    lua_pushliteral(lua, "\n\t...\t(and many more)");
    lua_concat(lua, lua_gettop(lua) - height + 1); /* behind the message */
}

/* An error object of a script that has a text of its own is told by it alone. A policy's is not
 * asked: its __tostring could run where no hook counts. */
static int add_traceback(lua_State *lua)
{
    if (vm_of(lua)->has_traceback)
        return 1;
    if (vm_of(lua)->is_trusted && luaL_callmeta(lua, 1, "__tostring") && lua_isstring(lua, -1))
        return 1;
    if (lua_isstring(lua, 1))
        lua_pushvalue(lua, 1);
    else
        lua_pushfstring(lua, "the error is a %s", luaL_typename(lua, 1));
    lua_Debug deep;
    if (lua_getstack(lua, DEEP, &deep))
        add_top_levels(lua);
    else
        luaL_traceback(lua, lua, lua_tostring(lua, -1), 1);
    return 1;
}

int script_raise_from(lua_State *lua, lua_State *coroutine)
{
    if (!lua_checkstack(coroutine, 1))
        return luaL_error(lua, "stack overflow");
    lua_pushvalue(coroutine, -1);
    lua_xmove(coroutine, lua, 1);
    if (!lua_isstring(lua, -1) && !luaL_callmeta(lua, -1, "__tostring"))
        lua_pushfstring(lua, "the error is a %s", luaL_typename(lua, -1));
    luaL_traceback(lua, coroutine, lua_tostring(lua, -1), 0);
    lua_resetthread(coroutine); /* closes its variables that are to be closed */
    vm_of(lua)->has_traceback = true;
    return lua_error(lua);
}

/* A memory error carries no place, and an overrun that a pcall caught last of all carries nothing:
 * the budget knows why. */
static void add_error(const struct vm *vm, int status, struct buf *error)
{
    size_t len;
    const char *text = lua_tolstring(vm->lua, -1, &len);
    if (vm->budget.is_overrun && (status == LUA_ERRMEM || status == LUA_OK))
        buf_add_text(error, vm->budget.message);
    else if (status != LUA_OK && text)
        buf_add(error, text, len < ERROR_MAX ? len : ERROR_MAX);
    else
        buf_add_text(error, "unknown error");
}

/* Lua's string buffers ask the allocator without collecting garbage first: what a failed call left
 * must not fail the next one. */
static void collect_what_it_left(struct vm *vm)
{
    if (vm->memory_used > vm->memory_max / 2)
        lua_gc(vm->lua, LUA_GCCOLLECT);
}

int script_call(struct vm *vm, const struct budget_limits *limits, lua_CFunction body,
                void *context, struct buf *error)
{
    lua_State *lua = vm->lua;
    struct budget outer = vm->budget;
    int height = lua_gettop(lua);
    if (!lua_checkstack(lua, 4)) {
        buf_add_text(error, "stack overflow");
        return RELAY_ESCRIPT;
    }
    lua_pushcfunction(lua, add_traceback);
    lua_pushcfunction(lua, body);
    lua_pushlightuserdata(lua, context);
    budget_begin(vm, limits);
    vm->has_traceback = false;
    int status = lua_pcall(lua, 1, 0, height + 1);
    vm->has_traceback = false;
    bool failed = status != LUA_OK || vm->budget.is_overrun;
    vm->was_overrun = vm->budget.is_overrun;
    if (failed)
        add_error(vm, status, error);
    budget_end(vm, &outer);
    assert(lua_gettop(lua) == height + (status == LUA_OK ? 1 : 2));
    lua_settop(lua, height);
    if (failed)
        collect_what_it_left(vm);
    return failed ? RELAY_ESCRIPT : 0;
}

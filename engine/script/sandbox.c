/* sandbox.c — the whitelist, and the functions that differ from Lua's own. */
#include "script/sandbox.h"

#include <string.h>

#include <lauxlib.h>
#include <lualib.h>

#include "script/budget.h"
#include "script/json_lua.h"
#include "script/sandbox_pattern.h"
#include "script/sandbox_refusal.h"
#include "script/sandbox_require.h"
#include "script/vm.h"

/* Elements that one C function may walk; Lua's own loops pay by the instruction. */
#define WALK_MAX 1000000
#define WALK_PER_INSTRUCTION 4
#define BYTES_PER_INSTRUCTION 64
#define SORT_STEPS 16 /* for each element: the logarithm of the longest list */

static const char *const BASE[] = {"assert", "error",    "ipairs",   "next",   "pairs",
                                   "pcall",  "rawequal", "rawget",   "rawlen", "rawset",
                                   "select", "tonumber", "tostring", "type",   NULL};
static const char *const LIBRARIES[] = {"math", "string", "table", "utf8", NULL};

/* Not pure, or a way to run bytecode. */
static const char *const MISSING[] = {"random", "randomseed", "dump", NULL};

/* Lua's xpcall runs its handler inside the hook that raised, where no hook counts; this one runs it
 * after. */
static int sandbox_xpcall(lua_State *lua)
{
    luaL_checktype(lua, 2, LUA_TFUNCTION);
    int arguments = lua_gettop(lua) - 2;
    lua_pushvalue(lua, 2);
    lua_insert(lua, 1); /* handler, f, handler, arguments */
    lua_remove(lua, 3);
    if (lua_pcall(lua, arguments, LUA_MULTRET, 0) == LUA_OK) {
        lua_pushboolean(lua, 1);
        lua_replace(lua, 1);
        return lua_gettop(lua);
    }
    if (lua_pcall(lua, 1, 1, 0) != LUA_OK)
        lua_pushliteral(lua, "error in the error handler");
    lua_pushboolean(lua, 0);
    lua_insert(lua, -2);
    return 2;
}

/* A finaliser could run at any time, uncounted. */
static int sandbox_setmetatable(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    luaL_argexpected(lua, lua_isnoneornil(lua, 2) || lua_istable(lua, 2), 2, "nil or table");
    lua_settop(lua, 2);
    if (luaL_getmetafield(lua, 1, "__metatable") != LUA_TNIL)
        return luaL_error(lua, "cannot change a protected metatable");
    if (lua_istable(lua, 2)) {
        lua_pushliteral(lua, "__gc");
        if (lua_rawget(lua, 2) != LUA_TNIL)
            return luaL_error(lua, "a policy's metatable cannot have __gc");
    }
    lua_settop(lua, 2);
    lua_setmetatable(lua, 1);
    return 1;
}

/* Lua's own: the upvalue. */
static int forward(lua_State *lua)
{
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_insert(lua, 1);
    lua_call(lua, lua_gettop(lua) - 1, LUA_MULTRET);
    return lua_gettop(lua);
}

static void charge_walk(lua_State *lua, lua_Integer elements)
{
    if ((elements < 0 || elements > WALK_MAX) && !vm_of(lua)->is_trusted)
        luaL_error(lua, "too many elements in one call (%d at most)", WALK_MAX);
    budget_charge(lua, (uint64_t)elements / WALK_PER_INSTRUCTION);
}

/* The length that Lua's functions will go by. A __len could tell them another one than us. */
static lua_Integer list_length(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    if (luaL_getmetafield(lua, 1, "__len") != LUA_TNIL)
        luaL_error(lua, "a policy's list cannot have __len");
    return (lua_Integer)lua_rawlen(lua, 1);
}

static int walk_list(lua_State *lua)
{
    charge_walk(lua, list_length(lua));
    return forward(lua);
}

/* Comparing two strings takes as long as they are alike. */
static uint64_t bytes_of(lua_State *lua, lua_Integer length)
{
    uint64_t bytes = 0;
    for (lua_Integer i = 1; i <= length; i++) {
        lua_rawgeti(lua, 1, i);
        if (lua_type(lua, -1) == LUA_TSTRING)
            bytes += lua_rawlen(lua, -1);
        lua_pop(lua, 1);
    }
    return bytes;
}

static int walk_sort(lua_State *lua)
{
    lua_Integer length = list_length(lua);
    charge_walk(lua, length);
    budget_charge(lua, (uint64_t)length * SORT_STEPS / WALK_PER_INSTRUCTION);
    budget_charge(lua, bytes_of(lua, length) * SORT_STEPS / BYTES_PER_INSTRUCTION);
    if (lua_iscfunction(lua, 2)) /* no hook counts in it */
        return luaL_argerror(lua, 2, "the order must be a function of your own");
    return forward(lua);
}

/* table.concat(list, separator, first, last) */
static int walk_concat(lua_State *lua)
{
    lua_Integer length = list_length(lua);
    lua_Integer first = luaL_optinteger(lua, 3, 1);
    lua_Integer last = luaL_optinteger(lua, 4, length);
    if (last >= first)
        charge_walk(lua, (lua_Integer)((lua_Unsigned)last - (lua_Unsigned)first));
    return forward(lua);
}

static int walk_move(lua_State *lua)
{
    lua_Integer first = luaL_checkinteger(lua, 2);
    lua_Integer last = luaL_checkinteger(lua, 3);
    if (last >= first)
        charge_walk(lua, (lua_Integer)((lua_Unsigned)last - (lua_Unsigned)first));
    return forward(lua);
}

/* Any function that reads its strings from end to end, inside one C call. */
static int walk_strings(lua_State *lua)
{
    uint64_t bytes = 0;
    for (int i = lua_gettop(lua); i > 0; i--)
        if (lua_type(lua, i) == LUA_TSTRING)
            bytes += lua_rawlen(lua, i);
    budget_charge(lua, bytes / BYTES_PER_INSTRUCTION);
    return forward(lua);
}

/* Lua counts to n even when there is nothing to repeat. */
static int walk_rep(lua_State *lua)
{
    size_t len, separator_len;
    luaL_checklstring(lua, 1, &len);
    lua_Integer n = luaL_checkinteger(lua, 2);
    luaL_optlstring(lua, 3, "", &separator_len);
    if (n > 0)
        budget_charge(lua, (uint64_t)n / WALK_PER_INSTRUCTION);
    if (len + separator_len > 0)
        return forward(lua);
    lua_pushliteral(lua, "");
    return 1;
}

/* What replaces Lua's own function of that name. The pattern functions are replaced whole. */
static const struct {
    const char *library, *name;
    lua_CFunction walk;
} WALKS[] = {
    {LUA_GNAME, "tonumber", walk_strings}, {"string", "byte", walk_strings},
    {"string", "format", walk_strings},    {"string", "lower", walk_strings},
    {"string", "pack", walk_strings},      {"string", "packsize", walk_strings},
    {"string", "reverse", walk_strings},   {"string", "sub", walk_strings},
    {"string", "unpack", walk_strings},    {"string", "upper", walk_strings},
    {"utf8", "codepoint", walk_strings},   {"utf8", "codes", walk_strings},
    {"utf8", "len", walk_strings},         {"utf8", "offset", walk_strings},
    {"string", "rep", walk_rep},           {"table", "insert", walk_list},
    {"table", "remove", walk_list},        {"table", "sort", walk_sort},
    {"table", "concat", walk_concat},      {"table", "move", walk_move},
};

/* Replaces one function of the library at the top. */
static void wrap(lua_State *lua, const char *name, lua_CFunction walk)
{
    lua_getfield(lua, -1, name);
    lua_pushcclosure(lua, walk, 1);
    lua_setfield(lua, -2, name);
}

static bool is_walked(const char *library, const char *name)
{
    for (size_t i = 0; i < sizeof WALKS / sizeof WALKS[0]; i++)
        if (strcmp(WALKS[i].library, library) == 0 && strcmp(WALKS[i].name, name) == 0)
            return true;
    return false;
}

/* All others of the library at the top: whatever wants a number reads a string from end to end. */
static void wrap_rest(lua_State *lua, const char *library)
{
    for (lua_pushnil(lua); lua_next(lua, -2);) {
        if (!lua_iscfunction(lua, -1) || is_walked(library, lua_tostring(lua, -2))) {
            lua_pop(lua, 1);
            continue;
        }
        lua_pushcclosure(lua, walk_strings, 1);
        lua_pushvalue(lua, -2);
        lua_insert(lua, -2); /* key, key, function */
        lua_rawset(lua, -4);
    }
}

/* Replaces the functions of the library at the top. */
static void wrap_walks(lua_State *lua, const char *library)
{
    for (size_t i = 0; i < sizeof WALKS / sizeof WALKS[0]; i++) {
        if (strcmp(WALKS[i].library, library) == 0)
            wrap(lua, WALKS[i].name, WALKS[i].walk);
    }
}

static void open_library(lua_State *lua, const char *name, lua_CFunction open)
{
    luaL_requiref(lua, name, open, 1);
    for (const char *const *missing = MISSING; *missing; missing++) {
        lua_pushnil(lua);
        lua_setfield(lua, -2, *missing);
    }
    wrap_walks(lua, name);
    wrap_rest(lua, name);
    if (strcmp(name, LUA_STRLIBNAME) == 0)
        sandbox_pattern_open(lua);
    lua_pop(lua, 1);
}

/* ("x"):rep(3) finds its methods in the state's own string table, which no environment holds. */
static void hide_string_metatable(lua_State *lua)
{
    lua_pushliteral(lua, "");
    lua_getmetatable(lua, -1);
    lua_pushboolean(lua, 0);
    lua_setfield(lua, -2, "__metatable");
    lua_pop(lua, 2);
}

void sandbox_open(lua_State *lua)
{
    luaL_requiref(lua, LUA_GNAME, luaopen_base, 1);
    wrap_walks(lua, LUA_GNAME);
    lua_pop(lua, 1);
    open_library(lua, LUA_MATHLIBNAME, luaopen_math);
    open_library(lua, LUA_STRLIBNAME, luaopen_string);
    open_library(lua, LUA_TABLIBNAME, luaopen_table);
    open_library(lua, LUA_UTF8LIBNAME, luaopen_utf8);
    hide_string_metatable(lua);
    json_lua_open_arrays(lua);
}

static int finish_call(lua_State *lua, int status, lua_KContext context)
{
    (void)status, (void)context;
    return lua_gettop(lua);
}

/* A handler of xpcall. Called by the hook that raised an overrun it would run where no hook counts.
 */
static int handle(lua_State *lua)
{
    if (vm_of(lua)->budget.is_overrun)
        return 1;
    return forward(lua);
}

/* Lua's own, which knows the stack of the error, and in which a handler may wait. */
static int bounded_xpcall(lua_State *lua)
{
    luaL_checktype(lua, 2, LUA_TFUNCTION);
    lua_pushvalue(lua, 2);
    lua_pushcclosure(lua, handle, 1);
    lua_replace(lua, 2);
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_insert(lua, 1);
    lua_callk(lua, lua_gettop(lua) - 1, LUA_MULTRET, 0, finish_call);
    return lua_gettop(lua);
}

/* Lua runs __gc where no hook counts: one that does not end would hold the node for ever. */
static int bounded_setmetatable(lua_State *lua)
{
    if (lua_istable(lua, 2)) {
        lua_pushliteral(lua, "__gc");
        if (lua_rawget(lua, 2) != LUA_TNIL)
            return luaL_error(lua, "a script's metatable cannot have __gc: nothing bounds it "
                                   "(a <close> variable is closed at the end of its block)");
        lua_pop(lua, 1);
    }
    return forward(lua);
}

void sandbox_bound(lua_State *lua)
{
    lua_pushglobaltable(lua);
    wrap(lua, "setmetatable", bounded_setmetatable);
    wrap(lua, "xpcall", bounded_xpcall);
    lua_getglobal(lua, LUA_STRLIBNAME);
    sandbox_pattern_open(lua);
    wrap(lua, "rep", walk_rep);
    lua_getglobal(lua, LUA_TABLIBNAME);
    wrap(lua, "move", walk_move);
    lua_pop(lua, 3);
}

/* Pushes a copy of the global table `name`. */
static void push_copy(lua_State *lua, const char *name)
{
    lua_newtable(lua);
    lua_getglobal(lua, name);
    for (lua_pushnil(lua); lua_next(lua, -2);) {
        lua_pushvalue(lua, -2);
        lua_insert(lua, -2); /* copy, original, key, key, value */
        lua_settable(lua, -5);
    }
    lua_pop(lua, 1);
}

/* The whitelist is the __index of an empty table, so every assignment meets its refusal. */
static void push_whitelist(lua_State *lua)
{
    lua_newtable(lua);
    for (const char *const *name = BASE; *name; name++) {
        lua_getglobal(lua, *name);
        lua_setfield(lua, -2, *name);
    }
    for (const char *const *name = LIBRARIES; *name; name++) {
        push_copy(lua, *name);
        lua_setfield(lua, -2, *name);
    }
    lua_getglobal(lua, "getmetatable");
    lua_setfield(lua, -2, "getmetatable");
    lua_pushcfunction(lua, sandbox_setmetatable);
    lua_setfield(lua, -2, "setmetatable");
    lua_pushcfunction(lua, sandbox_xpcall);
    lua_setfield(lua, -2, "xpcall");
    sandbox_require_push(lua);
    lua_setfield(lua, -2, "require");
    lua_pushliteral(lua, LUA_VERSION);
    lua_setfield(lua, -2, "_VERSION");
}

void sandbox_push(lua_State *lua)
{
    lua_newtable(lua); /* the environment */
    sandbox_refusal_push(lua);
    push_whitelist(lua);
    sandbox_refusal_push(lua);
    lua_setmetatable(lua, -2); /* the whitelist refuses what it lacks */
    lua_setfield(lua, -2, "__index");
    lua_setmetatable(lua, -2);
}

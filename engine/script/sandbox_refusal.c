/* sandbox_refusal.c — the likely fix of each mistake. */
#include "script/sandbox_refusal.h"

#include <string.h>

#include <lauxlib.h>

#include "script/meant.h"

/* What plain Lua or main.lua has and a policy has not. */
static const struct {
    const char *name, *instead;
} ABSENT[] = {
    {"os", "policies have no clock and no environment: facts carry the time, main.lua's settings "
           "the rest"},
    {"io", "policies reach no files: what they need stands in main.lua's settings"},
    {"print", "policies write nothing: an error() is logged"},
    {"relay", "policies ask nobody: it is main.lua's alone"},
    {"load", "policies run no code but their own"},
    {"loadfile", "policies run no code but their own"},
    {"loadstring", "policies run no code but their own"},
    {"dofile", "policies run no code but their own"},
    {"package", "policies have require alone, for relay.json and relay.jwt"},
    {"debug", "policies do not have it"},
    {"coroutine", "policies do not wait"},
    {"collectgarbage", "policies do not have it"},
    {"unpack", "since Lua 5.2 it is table.unpack"},
};

static const char *find_instead(const char *name)
{
    for (size_t i = 0; i < sizeof ABSENT / sizeof ABSENT[0]; i++)
        if (strcmp(ABSENT[i].name, name) == 0)
            return ABSENT[i].instead;
    return NULL;
}

/* Offers the names in the table at index 1. */
static void offer_names(lua_State *lua, struct meant *meant)
{
    for (lua_pushnil(lua); lua_next(lua, 1); lua_pop(lua, 1))
        if (lua_type(lua, -2) == LUA_TSTRING)
            meant_offer(meant, lua_tostring(lua, -2));
}

static int refuse_read(lua_State *lua)
{
    struct meant meant;
    char hint[MEANT_HINT_MAX];
    const char *name = luaL_tolstring(lua, 2, NULL);
    const char *instead = find_instead(name);
    if (instead)
        return luaL_error(lua, "undefined global '%s' (%s)", name, instead);
    meant_init(&meant, name);
    offer_names(lua, &meant);
    meant_hint(&meant, hint);
    return luaL_error(lua, "undefined global '%s'%s", name, hint);
}

static int refuse_write(lua_State *lua)
{
    return luaL_error(lua, "assignment to the global '%s' (policies have none; write 'local')",
                      luaL_tolstring(lua, 2, NULL));
}

void sandbox_refusal_push(lua_State *lua)
{
    lua_newtable(lua);
    lua_pushcfunction(lua, refuse_read);
    lua_setfield(lua, -2, "__index");
    lua_pushcfunction(lua, refuse_write);
    lua_setfield(lua, -2, "__newindex");
    lua_pushboolean(lua, 0);
    lua_setfield(lua, -2, "__metatable");
}

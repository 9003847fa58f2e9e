/* sandbox_require.c — see sandbox_require.h. Its upvalues: the modules that were asked for, by
 * name, and the charge. */
#include "script/sandbox_require.h"

#include <lauxlib.h>

#include "script/policy_modules.h"

static int refuse(lua_State *lua, const char *name)
{
    struct meant meant;
    char hint[MEANT_HINT_MAX];
    meant_init(&meant, name);
    policy_modules_offer(&meant);
    meant_hint(&meant, hint);
    return luaL_error(lua, "no module '%s' for a policy: relay.json and relay.jwt are all%s", name,
                      hint);
}

static int sandbox_require(lua_State *lua)
{
    const char *name = luaL_checkstring(lua, 1);
    lua_settop(lua, 1);
    lua_pushvalue(lua, 1);
    if (lua_rawget(lua, lua_upvalueindex(1)) == LUA_TTABLE)
        return 1;
    if (!policy_modules_push(lua, name, true))
        return refuse(lua, name);
    lua_pushvalue(lua, 1);
    lua_pushvalue(lua, -2);
    lua_rawset(lua, lua_upvalueindex(1));
    return 1;
}

void sandbox_require_push(lua_State *lua)
{
    lua_newtable(lua);
    lua_pushcclosure(lua, sandbox_require, 1);
}

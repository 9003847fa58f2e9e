/* bind.c — what the bindings have in common. */
#include "script/bind.h"

#include <lauxlib.h>

#define SECONDS_MAX 1e8

void bind_functions(lua_State *lua, const struct luaL_Reg *functions)
{
    luaL_setfuncs(lua, functions, 0);
}

int bind_failure(lua_State *lua, const char *reason)
{
    lua_pushnil(lua);
    lua_pushstring(lua, reason);
    return 2;
}

uint64_t bind_check_ms(lua_State *lua, int index)
{
    double seconds = luaL_checknumber(lua, index);
    luaL_argcheck(lua, seconds >= 0 && seconds <= SECONDS_MAX, index,
                  "must be a number of seconds, from 0 on");
    return (uint64_t)(seconds * 1000);
}

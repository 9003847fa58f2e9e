/* bind_json.c — the two values that Lua lacks: null, and an array that is empty. */
#include <lauxlib.h>

#include "script/bind.h"
#include "script/json_lua.h"

/* array(table): the table, marked. */
static int engine_array(lua_State *lua)
{
    if (lua_isnoneornil(lua, 1)) {
        lua_settop(lua, 0);
        lua_newtable(lua);
    }
    luaL_checktype(lua, 1, LUA_TTABLE);
    lua_settop(lua, 1);
    json_lua_mark_array(lua);
    return 1;
}

void bind_json(lua_State *lua)
{
    lua_pushcfunction(lua, engine_array);
    lua_setfield(lua, -2, "array");
    json_lua_push_null(lua);
    lua_setfield(lua, -2, "null");
}

/* bind_json.c — the two values that Lua lacks: null, and an array that is empty. */
#include <lauxlib.h>

#include "script/bind.h"
#include "script/json_lua.h"

void bind_json(lua_State *lua)
{
    lua_pushcfunction(lua, json_lua_array);
    lua_setfield(lua, -2, "array");
    json_lua_push_null(lua);
    lua_setfield(lua, -2, "null");
}

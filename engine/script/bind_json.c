/* bind_json.c — JSON: the two values that Lua lacks, null and an array that is empty, and a value's
 * text. */
#include <lauxlib.h>

#include "script/bind.h"
#include "script/json_lua.h"
#include "script/runtime.h"

static const struct json_lua_limits LIMITS = {
    .what = "the value", .bytes_max = RUNTIME_SCRATCH_MAX / 2, .depth_max = RUNTIME_DEPTH_MAX};

/* json(value): its text. */
static int engine_json(lua_State *lua)
{
    struct buf *text = runtime_scratch(lua);
    luaL_checkany(lua, 1);
    json_lua_write(lua, 1, &LIMITS, text);
    if (text->failed)
        return luaL_error(lua, "not enough memory");
    lua_pushlstring(lua, text->bytes, text->len);
    return 1;
}

void bind_json(lua_State *lua)
{
    lua_pushcfunction(lua, json_lua_array);
    lua_setfield(lua, -2, "array");
    lua_pushcfunction(lua, engine_json);
    lua_setfield(lua, -2, "json");
    json_lua_push_null(lua);
    lua_setfield(lua, -2, "null");
}

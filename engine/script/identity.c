/* identity.c — tables to JSON and back. */
#include "script/identity.h"

#include <lauxlib.h>

#include "script/json_lua.h"

static const struct json_lua_limits LIMITS = {
    .what = "the identity", .bytes_max = IDENTITY_MAX, .depth_max = 8};

void identity_write(lua_State *lua, int index, struct buf *text)
{
    json_lua_write_object(lua, index, &LIMITS, text);
}

void identity_push(lua_State *lua, struct text text)
{
    if (text.len == 0)
        lua_newtable(lua);
    else if (!json_lua_push(lua, text, LIMITS.depth_max) || !lua_istable(lua, -1))
        luaL_error(lua, "the client's identity cannot be read");
}

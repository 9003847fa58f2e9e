/* policy_json.c — require "relay.json": JSON for policies, which has no null but nil. */
#include <lauxlib.h>

#include "script/json_lua.h"
#include "script/policy_modules.h"

#define JSON_BYTES_MAX ((size_t)256 * 1024)
#define JSON_DEPTH_MAX 32

static const struct json_lua_limits LIMITS = {
    .what = "the value", .bytes_max = JSON_BYTES_MAX, .depth_max = JSON_DEPTH_MAX};

/* encode(value) → text; raises for what JSON has not. */
static int json_encode(lua_State *lua)
{
    struct buf *text = &policy_modules_work(lua)->text;
    luaL_checkany(lua, 1);
    if (lua_isnil(lua, 1))
        buf_add_text(text, "null");
    else
        json_lua_write(lua, 1, &LIMITS, text);
    if (text->failed)
        return luaL_error(lua, "not enough memory");
    policy_modules_charge(lua, text->len);
    lua_pushlstring(lua, text->bytes, text->len);
    return 1;
}

static int fail(lua_State *lua, const char *reason)
{
    lua_pushnil(lua);
    lua_pushstring(lua, reason);
    return 2;
}

/* decode(text) → value, or nil and a reason. */
static int json_decode(lua_State *lua)
{
    struct text text;
    text.at = luaL_checklstring(lua, 1, &text.len);
    policy_modules_charge(lua, text.len);
    if (text.len > JSON_BYTES_MAX)
        return fail(lua, "too long");
    if (!json_lua_push_plain(lua, text, JSON_DEPTH_MAX))
        return fail(lua, "malformed json");
    return 1;
}

const luaL_Reg policy_json_functions[] = {
    {"encode", json_encode},
    {"decode", json_decode},
    {"array", json_lua_array},
    {NULL, NULL},
};

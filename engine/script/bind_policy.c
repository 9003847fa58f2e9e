/* bind_policy.c — a question that the scripts ask the policies: which peers to hold. */
#include <lauxlib.h>

#include "script/bind.h"
#include "script/hooks_network.h"
#include "script/json_lua.h"
#include "script/runtime.h"

static const struct json_lua_limits LIMITS = {
    .what = "the candidates", .bytes_max = 8 * 1024 * 1024, .depth_max = 4};

static int engine_choose_peers(lua_State *lua)
{
    struct runtime *runtime = runtime_of(lua);
    luaL_checktype(lua, 1, LUA_TTABLE);
    lua_Integer pool = luaL_checkinteger(lua, 2);
    if (!runtime->policies)
        return luaL_error(lua, "the policies are not loaded yet");
    struct buf *text = runtime_scratch(lua);
    json_lua_write(lua, 1, &LIMITS, text);
    if (hooks_network_choose_peers(runtime->policies, pool, text) != 0)
        return bind_failure(lua, "the policy failed");
    if (!json_lua_push(lua, (struct text){text->bytes, text->len}, LIMITS.depth_max))
        return luaL_error(lua, "not enough memory");
    return 1;
}

void bind_policy(lua_State *lua)
{
    static const luaL_Reg FUNCTIONS[] = {
        {"choose_peers", engine_choose_peers},
        {NULL, NULL},
    };
    bind_functions(lua, FUNCTIONS);
}

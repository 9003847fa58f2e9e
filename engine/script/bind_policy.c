/* bind_policy.c — questions that the scripts ask the policies: which peers to hold, which node a
 * client shall use. */
#include <lauxlib.h>

#include "script/bind.h"
#include "script/hooks_network.h"
#include "script/json_lua.h"
#include "script/runtime.h"

static const struct json_lua_limits LIMITS = {
    .what = "the candidates", .bytes_max = 8 * 1024 * 1024, .depth_max = 4};
static const struct json_lua_limits REQUEST_LIMITS = {
    .what = "the request", .bytes_max = 256 * 1024, .depth_max = 4};

static struct policies *check_policies(lua_State *lua)
{
    struct policies *policies = runtime_of(lua)->policies;
    if (!policies)
        luaL_error(lua, "the policies are not loaded yet");
    return policies;
}

/* The names that a policy chose. */
static int push_chosen(lua_State *lua, const struct buf *text, int err)
{
    if (err)
        return bind_failure(lua, "the policy failed");
    if (!json_lua_push(lua, (struct text){text->bytes, text->len}, LIMITS.depth_max))
        return luaL_error(lua, "not enough memory");
    return 1;
}

static int engine_choose_peers(lua_State *lua)
{
    struct policies *policies = check_policies(lua);
    luaL_checktype(lua, 1, LUA_TTABLE);
    lua_Integer pool = luaL_checkinteger(lua, 2);
    struct buf *text = runtime_scratch(lua);
    json_lua_write(lua, 1, &LIMITS, text);
    return push_chosen(lua, text, hooks_network_choose_peers(policies, pool, text));
}

/* choose_nearest(request, nodes): the names that the policy chose; nil: it failed. `nodes` is a
 * text, since it is the same for many. */
static int engine_choose_nearest(lua_State *lua)
{
    struct policies *policies = check_policies(lua);
    struct text nodes;
    luaL_checktype(lua, 1, LUA_TTABLE);
    nodes.at = luaL_checklstring(lua, 2, &nodes.len);
    struct buf *text = runtime_scratch(lua);
    json_lua_write_object(lua, 1, &REQUEST_LIMITS, text);
    const struct text request = {text->bytes, text->len};
    return push_chosen(lua, text, hooks_network_choose_nearest(policies, request, nodes, text));
}

void bind_policy(lua_State *lua)
{
    static const luaL_Reg FUNCTIONS[] = {
        {"choose_peers", engine_choose_peers},
        {"choose_nearest", engine_choose_nearest},
        {NULL, NULL},
    };
    bind_functions(lua, FUNCTIONS);
}

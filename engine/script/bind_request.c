/* bind_request.c — what asks another node, or the hash worker, and waits for the answer. */
#include <lauxlib.h>

#include "script/bind.h"
#include "script/json_lua.h"
#include "script/runtime.h"

static const struct json_lua_limits LIMITS = {
    .what = "the data", .bytes_max = RUNTIME_RESPONSE_MAX, .depth_max = RUNTIME_DEPTH_MAX};

static struct text check_text(lua_State *lua, int index)
{
    struct text text;
    text.at = luaL_checklstring(lua, index, &text.len);
    return text;
}

static uint64_t check_timeout(lua_State *lua, int index)
{
    if (lua_isnoneornil(lua, index))
        return MESH_REQUEST_SECONDS * 1000;
    return bind_check_ms(lua, index);
}

/* The JSON text of the table at `index`; it lives until the next call of runtime_scratch. */
static struct text check_data(lua_State *lua, int index)
{
    luaL_checktype(lua, index, LUA_TTABLE);
    struct buf *scratch = runtime_scratch(lua);
    json_lua_write_object(lua, index, &LIMITS, scratch);
    return (struct text){scratch->bytes, scratch->len};
}

static int engine_request(lua_State *lua)
{
    (void)runtime_mesh(lua, "relay.request");
    struct task *task = runtime_waiter(lua, "relay.request");
    struct text node = check_text(lua, 1);
    uint64_t timeout_ms = check_timeout(lua, 3);
    if (task_request(task, node, check_data(lua, 2), timeout_ms) != 0)
        return bind_failure(lua, "busy");
    return lua_yield(lua, 0);
}

static int engine_broadcast(lua_State *lua)
{
    (void)runtime_mesh(lua, "relay.broadcast");
    struct task *task = runtime_waiter(lua, "relay.broadcast");
    uint64_t timeout_ms = check_timeout(lua, 2);
    if (task_broadcast(task, check_data(lua, 1), timeout_ms) != 0)
        return bind_failure(lua, "busy");
    return lua_yield(lua, 0);
}

static int push_hash(lua_State *lua, const struct password_hash *hash)
{
    char hex[PASSWORD_HASH_HEX_LEN + 1];
    password_hash_to_hex(hash, hex);
    lua_pushlstring(lua, hex, PASSWORD_HASH_HEX_LEN);
    return 1;
}

static int engine_hash(lua_State *lua)
{
    struct password_hash hash;
    struct text password = check_text(lua, 1);
    struct text channel = check_text(lua, 2);
    luaL_argcheck(lua, password.len > 0 && password.len <= 1024, 1, "must be 1 to 1024 bytes");
    luaL_argcheck(lua, channel.len > 0 && channel.len <= 256, 2, "must be 1 to 256 bytes");
    int err = task_hash(runtime_waiter(lua, "relay.hash"), password, channel, &hash);
    if (err == 1)
        return push_hash(lua, &hash);
    if (err != 0)
        return bind_failure(lua, err == RELAY_EFULL ? "busy" : relay_err_text(err));
    return lua_yield(lua, 0);
}

void bind_request(lua_State *lua)
{
    static const luaL_Reg FUNCTIONS[] = {
        {"request", engine_request},
        {"broadcast", engine_broadcast},
        {"hash", engine_hash},
        {NULL, NULL},
    };
    bind_functions(lua, FUNCTIONS);
}

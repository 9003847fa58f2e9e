/* bind_channel.c — the channels that are open here, and the names that others reserved. */
#include <string.h>

#include <lauxlib.h>

#include "protocol/client_command.h"
#include "protocol/json_write.h"
#include "protocol/utf8.h"
#include "reserve/claim_table.h"
#include "script/bind.h"
#include "script/runtime.h"

/* A table { name =, password = } at the top. */
static void push_channel(lua_State *lua, const char *name, size_t len,
                         const struct password_hash *password)
{
    char hex[PASSWORD_HASH_HEX_LEN + 1];
    lua_createtable(lua, 0, 4);
    lua_pushlstring(lua, name, len);
    lua_setfield(lua, -2, "name");
    if (!password->is_set)
        return;
    password_hash_to_hex(password, hex);
    lua_pushlstring(lua, hex, PASSWORD_HASH_HEX_LEN);
    lua_setfield(lua, -2, "password");
}

static int engine_channels(lua_State *lua)
{
    static const char *const SCOPES[] = {"network", "node", "list"};
    const struct channel *channel = runtime_world(lua, "relay.channels")->relay->channels.head;
    lua_newtable(lua);
    for (lua_Integer i = 1; channel; i++, channel = channel->hh.next) {
        push_channel(lua, channel->name, channel->name_len, &channel->password);
        lua_pushinteger(lua, channel->count);
        lua_setfield(lua, -2, "subscribers");
        lua_pushstring(lua, SCOPES[channel->scope.kind]);
        lua_setfield(lua, -2, "scope");
        lua_rawseti(lua, -2, i);
    }
    return 1;
}

/* Whether the name is held elsewhere: by another node, or by a plain peer that a claim of this node
 * stands for. */
static bool is_reserved(const struct script_world *world, const struct claim_name *name)
{
    return name->winner && name->winner->claim.state == CLAIM_OPEN &&
           !channel_table_find(&world->relay->channels, name->bytes, name->len);
}

static int engine_reserved(lua_State *lua)
{
    const struct mesh *mesh = runtime_mesh(lua, "relay.reserved");
    const struct script_world *world = runtime_world(lua, "relay.reserved");
    lua_Integer count = 0;
    lua_newtable(lua);
    for (const struct claim_name *name = mesh_claims(mesh)->names; name; name = name->hh.next) {
        if (!is_reserved(world, name))
            continue;
        push_channel(lua, name->bytes, name->len, &name->winner->claim.hash);
        lua_pushstring(lua, name->winner->owner->name);
        lua_setfield(lua, -2, "node");
        lua_rawseti(lua, -2, ++count);
    }
    return 1;
}

/* is_protected(channel): whether it has a password, here or where it is open; nil: nobody has it.
 */
static int engine_is_protected(lua_State *lua)
{
    const struct mesh *mesh = runtime_mesh(lua, "is_protected");
    size_t len;
    const char *name = luaL_checklstring(lua, 1, &len);
    const struct channel *channel =
        channel_table_find(&runtime_world(lua, "is_protected")->relay->channels, name, len);
    const struct claim_record *claim = claim_table_winner(mesh_claims(mesh), name, len);
    if (!channel && !claim)
        return 0;
    lua_pushboolean(lua, channel ? channel->password.is_set : claim->claim.hash.is_set);
    return 1;
}

/* The text at `index` as a message; it lives until the next call of runtime_scratch. */
static struct json_span check_message(lua_State *lua, int index)
{
    struct text text;
    text.at = luaL_checklstring(lua, index, &text.len);
    luaL_argcheck(lua, utf8_is_valid(text.at, text.len), index, "must be UTF-8");
    struct buf *scratch = runtime_scratch(lua);
    json_write_string(scratch, text.at, text.len);
    if (scratch->failed)
        luaL_error(lua, "not enough memory");
    return (struct json_span){scratch->bytes, scratch->len, JSON_STRING};
}

/* publish(channel, text): true; or nil and why. */
static int engine_publish(lua_State *lua)
{
    struct relay *relay = runtime_world(lua, "relay.publish")->relay;
    struct text name;
    name.at = luaL_checklstring(lua, 1, &name.len);
    struct json_span message = check_message(lua, 2);
    int err = relay_publish(relay, name, &message);
    if (err)
        return bind_failure(lua, err == RELAY_EINVAL ? "channel not open" : relay_err_text(err));
    lua_pushboolean(lua, 1);
    return 1;
}

static struct text check_channel(lua_State *lua, int index)
{
    struct text name;
    name.at = luaL_checklstring(lua, index, &name.len);
    luaL_argcheck(lua, channel_name_is_valid(name.at, name.len), index,
                  "must be a channel's name: 1 to 256 bytes of UTF-8 without control characters");
    return name;
}

/* send(client, channel, text): true; or nil and why. */
static int engine_send(lua_State *lua)
{
    struct relay *relay = runtime_world(lua, "relay.send")->relay;
    lua_Integer client = luaL_checkinteger(lua, 1);
    struct text name = check_channel(lua, 2);
    struct json_span message = check_message(lua, 3);
    int err = relay_send(relay, (uint64_t)client, name, &message);
    if (err)
        return bind_failure(lua, err == RELAY_EINVAL ? "not subscribed" : relay_err_text(err));
    lua_pushboolean(lua, 1);
    return 1;
}

/* reserve(channel, hash): true; or nil and why. */
static int engine_reserve(lua_State *lua)
{
    size_t len;
    struct password_hash hash = {.is_set = false};
    (void)runtime_mesh(lua, "relay.reserve");
    struct task *task = runtime_waiter(lua, "relay.reserve");
    struct text name = check_channel(lua, 1);
    const char *hex = luaL_optlstring(lua, 2, "", &len);
    luaL_argcheck(lua, len == 0 || password_hash_from_hex(&hash, hex, len) == 0, 2,
                  "must be a hash of 64 hexadecimal digits (relay.hash makes one)");
    int err = task_reserve(task, name, &hash);
    if (err == 0)
        return lua_yield(lua, 0);
    if (err < 0)
        return bind_failure(lua, err == RELAY_EINVAL ? "channel already reserved" : "busy");
    lua_pushboolean(lua, 1);
    return 1;
}

static int engine_unreserve(lua_State *lua)
{
    struct mesh *mesh = runtime_mesh(lua, "relay.unreserve");
    if (!mesh_unreserve(mesh, check_channel(lua, 1)))
        return bind_failure(lua, "not reserved");
    lua_pushboolean(lua, 1);
    return 1;
}

void bind_channel(lua_State *lua)
{
    static const luaL_Reg FUNCTIONS[] = {
        {"channels", engine_channels},
        {"reserved", engine_reserved},
        {"is_protected", engine_is_protected},
        {"publish", engine_publish},
        {"send", engine_send},
        {"reserve", engine_reserve},
        {"unreserve", engine_unreserve},
        {NULL, NULL},
    };
    bind_functions(lua, FUNCTIONS);
}

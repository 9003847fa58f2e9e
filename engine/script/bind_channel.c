/* bind_channel.c — the channels that are open here, and the names that others reserved. */
#include <string.h>

#include <lauxlib.h>

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

/* publish(channel, text): true; or nil and why. */
static int engine_publish(lua_State *lua)
{
    struct relay *relay = runtime_world(lua, "relay.publish")->relay;
    struct text name, text;
    name.at = luaL_checklstring(lua, 1, &name.len);
    text.at = luaL_checklstring(lua, 2, &text.len);
    luaL_argcheck(lua, utf8_is_valid(text.at, text.len), 2, "must be UTF-8");
    struct buf *scratch = runtime_scratch(lua);
    json_write_string(scratch, text.at, text.len);
    if (scratch->failed)
        return bind_failure(lua, "out of memory");
    struct json_span message = {scratch->bytes, scratch->len, JSON_STRING};
    int err = relay_publish(relay, name, &message);
    if (err)
        return bind_failure(lua, err == RELAY_EINVAL ? "channel not open" : relay_err_text(err));
    lua_pushboolean(lua, 1);
    return 1;
}

void bind_channel(lua_State *lua)
{
    static const luaL_Reg FUNCTIONS[] = {
        {"channels", engine_channels},
        {"reserved", engine_reserved},
        {"publish", engine_publish},
        {NULL, NULL},
    };
    bind_functions(lua, FUNCTIONS);
}

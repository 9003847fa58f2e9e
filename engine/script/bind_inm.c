/* bind_inm.c — what the shipped commands and flows reach in the mesh, and nobody else needs. */
#include <lauxlib.h>

#include "protocol/client_command.h"
#include "script/bind.h"
#include "script/json_lua.h"
#include "script/runtime.h"

typedef bool (*handle)(struct mesh *mesh, const struct mesh_command *command, struct buf *data);

/* The command whose handler runs; in a coroutine of its own, too. */
static const struct mesh_command *check_command(lua_State *lua)
{
    const struct task *task = runtime_of(lua)->current;
    if (!task || task->kind != TASK_COMMAND)
        luaL_error(lua, "no command runs");
    return &task->command;
}

/* The response as the mesh wrote it; false: there is none. */
static int answer(lua_State *lua, handle handler)
{
    struct mesh *mesh = runtime_mesh(lua, "the command");
    const struct mesh_command *command = check_command(lua);
    struct buf *data = runtime_scratch(lua);
    if (handler(mesh, command, data) && !data->failed && data->len)
        json_lua_push_raw(lua, (struct text){data->bytes, data->len});
    else
        lua_pushboolean(lua, 0);
    return 1;
}

static int engine_handle_reserve(lua_State *lua)
{
    return answer(lua, mesh_handle_reserve);
}

static int engine_handle_unreserve(lua_State *lua)
{
    return answer(lua, mesh_handle_unreserve);
}

static int engine_handle_level(lua_State *lua)
{
    return answer(lua, mesh_handle_level);
}

/* What a plain peer listed. */
struct listed {
    struct text peer, channel;
    struct password_hash hash;
};

/* (peer, channel, password): false, when the password is no hash or the name none. */
static bool check_listed(lua_State *lua, struct listed *listed)
{
    size_t len = 0;
    *listed = (struct listed){.hash = {.is_set = false}};
    listed->peer.at = luaL_checklstring(lua, 1, &listed->peer.len);
    listed->channel.at = luaL_checklstring(lua, 2, &listed->channel.len);
    const char *hex = luaL_optlstring(lua, 3, "", &len);
    return channel_name_is_valid(listed->channel.at, listed->channel.len) &&
           (len == 0 || password_hash_from_hex(&listed->hash, hex, len) == 0);
}

static int engine_plain_open(lua_State *lua)
{
    struct listed listed;
    bool is_valid = check_listed(lua, &listed);
    if (is_valid)
        mesh_plain_open(runtime_mesh(lua, "the onboarding"), listed.peer, listed.channel,
                        &listed.hash);
    lua_pushboolean(lua, is_valid);
    return 1;
}

/* (peer, channel, password, is_certain) */
static int engine_plain_reserved(lua_State *lua)
{
    struct listed listed;
    bool is_valid = check_listed(lua, &listed);
    if (is_valid)
        mesh_plain_reserved(runtime_mesh(lua, "the onboarding"), listed.peer, listed.channel,
                            &listed.hash, lua_toboolean(lua, 4));
    lua_pushboolean(lua, is_valid);
    return 1;
}

static struct text check_channel(lua_State *lua)
{
    struct text channel;
    channel.at = luaL_checklstring(lua, 1, &channel.len);
    luaL_argcheck(lua, channel_name_is_valid(channel.at, channel.len), 1, "must be a channel");
    return channel;
}

/* (channel): "open" or "tentative", the hash or nil, the owner; nothing when nobody claims it. */
static int engine_claim(lua_State *lua)
{
    const struct mesh *mesh = runtime_mesh(lua, "the master");
    struct text channel = check_channel(lua);
    char hex[PASSWORD_HASH_HEX_LEN + 1];
    const struct claim_record *winner =
        claim_table_winner(mesh_claims(mesh), channel.at, channel.len);
    if (!winner)
        return 0;
    lua_pushstring(lua, winner->claim.state == CLAIM_OPEN ? "open" : "tentative");
    lua_pushnil(lua);
    if (winner->claim.hash.is_set) {
        password_hash_to_hex(&winner->claim.hash, hex);
        lua_pushstring(lua, hex);
        lua_replace(lua, -2);
    }
    lua_pushstring(lua, winner->owner->name);
    return 3;
}

/* (channel) */
static int engine_plain_doubt(lua_State *lua)
{
    mesh_plain_doubt(runtime_mesh(lua, "the master"), check_channel(lua));
    return 0;
}

/* (channel): false when a claim of this node still stands. */
static int engine_plain_freed(lua_State *lua)
{
    lua_pushboolean(lua, mesh_plain_freed(runtime_mesh(lua, "the master"), check_channel(lua)));
    return 1;
}

void bind_inm(lua_State *lua)
{
    static const luaL_Reg FUNCTIONS[] = {
        {"handle_reserve", engine_handle_reserve},
        {"handle_unreserve", engine_handle_unreserve},
        {"handle_level", engine_handle_level},
        {"plain_open", engine_plain_open},
        {"plain_reserved", engine_plain_reserved},
        {"claim", engine_claim},
        {"plain_doubt", engine_plain_doubt},
        {"plain_freed", engine_plain_freed},
        {NULL, NULL},
    };
    bind_functions(lua, FUNCTIONS);
}

/* bind_mesh.c — this node's view of the network, and its links. */
#include <math.h>
#include <string.h>

#include <lauxlib.h>

#include "script/bind.h"
#include "script/command.h"
#include "script/runtime.h"

static struct text check_text(lua_State *lua, int index)
{
    struct text text;
    text.at = luaL_checklstring(lua, index, &text.len);
    return text;
}

static int engine_name(lua_State *lua)
{
    struct text name = mesh_name(runtime_mesh(lua, "relay.name"));
    lua_pushlstring(lua, name.at, name.len);
    return 1;
}

/* What others are told to dial; nil: nothing. */
static int engine_host(lua_State *lua)
{
    struct text host = mesh_host(runtime_mesh(lua, "relay.host"));
    if (host.len == 0)
        return 0;
    lua_pushlstring(lua, host.at, host.len);
    return 1;
}

/* When this node started: Unix seconds. A later start is always later. */
static int engine_boot(lua_State *lua)
{
    lua_pushnumber(lua, (lua_Number)mesh_boot(runtime_mesh(lua, "relay.boot")) / 1000);
    return 1;
}

static int engine_pool(lua_State *lua)
{
    lua_pushinteger(lua, (lua_Integer)mesh_pool(runtime_mesh(lua, "relay.pool")));
    return 1;
}

static int engine_peers(lua_State *lua)
{
    const struct mesh *mesh = runtime_mesh(lua, "relay.peers");
    struct mesh_peer peer;
    size_t cursor = 0;
    lua_newtable(lua);
    for (lua_Integer i = 1; mesh_next_peer(mesh, &cursor, &peer); i++) {
        command_push_peer(lua, &peer);
        lua_rawseti(lua, -2, i);
    }
    return 1;
}

static void push_node(lua_State *lua, const struct mesh_node_facts *node)
{
    lua_createtable(lua, 0, 4);
    lua_pushlstring(lua, node->name.at, node->name.len);
    lua_setfield(lua, -2, "name");
    if (node->distance_ms >= 0) {
        lua_pushnumber(lua, node->distance_ms);
        lua_setfield(lua, -2, "distance_ms");
    }
    lua_pushboolean(lua, node->is_peer);
    lua_setfield(lua, -2, "is_peer");
    lua_pushboolean(lua, node->is_plain);
    lua_setfield(lua, -2, "is_plain");
}

static int engine_nodes(lua_State *lua)
{
    const struct mesh *mesh = runtime_mesh(lua, "relay.nodes");
    struct mesh_node_facts node;
    size_t cursor = 0;
    lua_newtable(lua);
    for (lua_Integer i = 1; mesh_next_node(mesh, &cursor, &node); i++) {
        push_node(lua, &node);
        lua_rawseti(lua, -2, i);
    }
    return 1;
}

/* latency(peer): milliseconds; or nil and why. */
static int engine_latency(lua_State *lua)
{
    struct mesh_peer peer;
    const struct mesh *mesh = runtime_mesh(lua, "relay.latency");
    if (!mesh_find_peer(mesh, check_text(lua, 1), &peer))
        return bind_failure(lua, "target not connected");
    if (peer.latency_ms < 0)
        return bind_failure(lua, "not measured yet");
    lua_pushnumber(lua, round(peer.latency_ms * 100) / 100);
    return 1;
}

static int engine_new_token(lua_State *lua)
{
    char token[MESH_TOKEN_LEN + 1];
    struct mesh *mesh = runtime_mesh(lua, "relay.new_token");
    int err = mesh_new_token(mesh, check_text(lua, 1), token);
    if (err)
        return bind_failure(lua, err == RELAY_EINVAL ? "invalid name" : relay_err_text(err));
    lua_pushlstring(lua, token, MESH_TOKEN_LEN);
    return 1;
}

/* The text field `key` of the table at 1; it stays on the stack. */
static const char *check_field(lua_State *lua, const char *key)
{
    size_t len;
    if (lua_getfield(lua, 1, key) != LUA_TSTRING)
        luaL_error(lua, "relay.dial: '%s' must be a string, and is a %s", key,
                   luaL_typename(lua, -1));
    const char *text = lua_tolstring(lua, -1, &len);
    if (strlen(text) != len || len == 0)
        luaL_error(lua, "relay.dial: '%s' must be a text", key);
    return text;
}

static const char *dial_failure(int err)
{
    if (err == RELAY_EINVAL)
        return "connected already";
    return err == RELAY_EFULL ? "pool exhausted" : relay_err_text(err);
}

static int engine_dial(lua_State *lua)
{
    (void)runtime_mesh(lua, "relay.dial");
    struct task *task = runtime_waiter(lua, "relay.dial");
    luaL_checktype(lua, 1, LUA_TTABLE);
    const char *name = check_field(lua, "name");
    const char *url = check_field(lua, "url");
    const char *token = check_field(lua, "token");
    int err = task_dial(task, name, url, token);
    return err ? bind_failure(lua, dial_failure(err)) : lua_yield(lua, 0);
}

static int engine_drop_peer(lua_State *lua)
{
    struct mesh *mesh = runtime_mesh(lua, "relay.drop_peer");
    lua_pushboolean(lua, mesh_drop_peer(mesh, check_text(lua, 1)));
    return 1;
}

void bind_mesh(lua_State *lua)
{
    static const luaL_Reg FUNCTIONS[] = {
        {"name", engine_name},
        {"host", engine_host},
        {"boot", engine_boot},
        {"pool", engine_pool},
        {"peers", engine_peers},
        {"nodes", engine_nodes},
        {"latency", engine_latency},
        {"new_token", engine_new_token},
        {"dial", engine_dial},
        {"drop_peer", engine_drop_peer},
        {NULL, NULL},
    };
    bind_functions(lua, FUNCTIONS);
}

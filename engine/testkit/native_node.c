/* native_node.c — one node of a network: whether it runs, with which scripts, and what it knows. */
#include <lauxlib.h>

#include "testkit/native.h"

/* True, or nil and what the network's scratch says. */
static int push_outcome(lua_State *lua, struct kit_net *net, int err)
{
    if (!err) {
        lua_pushboolean(lua, 1);
        return 1;
    }
    lua_pushnil(lua);
    lua_pushlstring(lua, net->error.bytes ? net->error.bytes : "", net->error.len);
    return 2;
}

static int node_start(lua_State *lua)
{
    struct kit_node *node = native_check_node(lua, 2);
    if (kit_node_is_alive(node))
        return luaL_error(lua, "%s runs already", node->name);
    buf_clear(&node->net->error);
    return push_outcome(lua, node->net, kit_node_start(node, &node->net->error));
}

static int node_crash(lua_State *lua)
{
    kit_node_crash(native_check_alive(lua, 2));
    return 0;
}

static int node_stop(lua_State *lua)
{
    kit_node_stop(native_check_alive(lua, 2));
    return 0;
}

static int node_reload(lua_State *lua)
{
    struct kit_node *node = native_check_alive(lua, 2);
    const char *main_path = luaL_optstring(lua, 3, NULL), *policies = luaL_optstring(lua, 4, NULL);
    buf_clear(&node->net->error);
    int err = kit_node_reload(node, main_path, policies, &node->net->error);
    return push_outcome(lua, node->net, err);
}

static int node_is_alive(lua_State *lua)
{
    lua_pushboolean(lua, kit_node_is_alive(native_check_node(lua, 2)));
    return 1;
}

/* health(net, node): state, reason. */
static int node_health(lua_State *lua)
{
    static const char *const STATES[] = {"good", "degraded", "bad"};
    struct relay *relay = &native_check_alive(lua, 2)->whole->relay;
    const struct health *health = relay_health(relay, relay->client_count + relay->peers);
    lua_pushstring(lua, STATES[health->state]);
    lua_pushstring(lua, health->reason);
    return 2;
}

static int node_log(lua_State *lua)
{
    const struct kit_node *node = native_check_node(lua, 2);
    lua_createtable(lua, (int)node->line_count, 0);
    for (size_t i = 0; i < node->line_count; i++) {
        lua_pushstring(lua, node->lines[i]);
        lua_rawseti(lua, -2, (lua_Integer)i + 1);
    }
    return 1;
}

static void set_text(lua_State *lua, const char *key, struct text text)
{
    lua_pushlstring(lua, text.at ? text.at : "", text.len);
    lua_setfield(lua, -2, key);
}

static void set_flag(lua_State *lua, const char *key, bool flag)
{
    lua_pushboolean(lua, flag);
    lua_setfield(lua, -2, key);
}

static int node_channels(lua_State *lua)
{
    const struct relay *relay = &native_check_alive(lua, 2)->whole->relay;
    lua_Integer number = 0;
    lua_newtable(lua);
    for (const struct channel *at = relay->channels.head; at; at = at->hh.next) {
        lua_createtable(lua, 0, 3);
        set_text(lua, "name", (struct text){at->name, at->name_len});
        set_flag(lua, "protected", at->password.is_set);
        lua_pushinteger(lua, at->count);
        lua_setfield(lua, -2, "subscribers");
        lua_rawseti(lua, -2, ++number);
    }
    return 1;
}

static int node_peers(lua_State *lua)
{
    const struct mesh *mesh = native_check_alive(lua, 2)->whole->mesh;
    struct mesh_peer peer;
    size_t cursor = 0;
    lua_newtable(lua);
    for (lua_Integer number = 1; mesh_next_peer(mesh, &cursor, &peer); number++) {
        lua_createtable(lua, 0, 2);
        set_text(lua, "name", peer.name);
        set_flag(lua, "dialled", peer.is_dialled);
        if (peer.latency_ms >= 0) {
            lua_pushnumber(lua, peer.latency_ms);
            lua_setfield(lua, -2, "latency_ms");
        }
        lua_rawseti(lua, -2, number);
    }
    return 1;
}

/* The names of the others that are believed alive. */
static int node_nodes(lua_State *lua)
{
    const struct mesh *mesh = native_check_alive(lua, 2)->whole->mesh;
    struct mesh_node_facts node;
    size_t cursor = 0;
    lua_newtable(lua);
    for (lua_Integer number = 1; mesh_next_node(mesh, &cursor, &node); number++) {
        lua_pushlstring(lua, node.name.at, node.name.len);
        lua_rawseti(lua, -2, number);
    }
    return 1;
}

void native_node(lua_State *lua)
{
    static const luaL_Reg FUNCTIONS[] = {
        {"start", node_start},
        {"crash", node_crash},
        {"stop", node_stop},
        {"reload", node_reload},
        {"is_alive", node_is_alive},
        {"health", node_health},
        {"log", node_log},
        {"channels", node_channels},
        {"peers", node_peers},
        {"nodes", node_nodes},
        {NULL, NULL},
    };
    luaL_setfuncs(lua, FUNCTIONS, 0);
}

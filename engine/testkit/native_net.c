/* native_net.c — a network as a userdata: its life, its clock and the faults of its links. */
#include <lauxlib.h>

#include "testkit/native.h"

#define NETWORK "wsrelay.testkit.network"
#define ADVANCE_MS_MAX 1e10
#define LATENCY_MS_MAX 60000

struct box {
    struct kit_net *net; /* NULL: closed */
};

struct kit_net *native_check_net(lua_State *lua)
{
    struct box *box = luaL_checkudata(lua, 1, NETWORK);
    if (!box->net)
        luaL_error(lua, "the network is closed");
    return box->net;
}

struct kit_node *native_check_node(lua_State *lua, int index)
{
    struct kit_net *net = native_check_net(lua);
    lua_Integer number = luaL_checkinteger(lua, index);
    luaL_argcheck(lua, number >= 1 && number <= (lua_Integer)net->node_count, index,
                  "no such node");
    return net->nodes[number - 1];
}

struct kit_node *native_check_alive(lua_State *lua, int index)
{
    struct kit_node *node = native_check_node(lua, index);
    if (!kit_node_is_alive(node))
        luaL_error(lua, "%s does not run", node->name);
    return node;
}

/* Networks that nobody holds any more go first: Lua does not know how large they are. */
static int net_open(lua_State *lua)
{
    const struct kit_paths *paths = lua_touserdata(lua, lua_upvalueindex(1));
    lua_Integer seed = luaL_checkinteger(lua, 1);
    lua_gc(lua, LUA_GCCOLLECT);
    struct box *box = lua_newuserdatauv(lua, sizeof(*box), 0);
    box->net = NULL;
    luaL_setmetatable(lua, NETWORK);
    box->net = kit_net_new((uint64_t)seed, paths);
    return 1;
}

static int net_close(lua_State *lua)
{
    struct box *box = luaL_checkudata(lua, 1, NETWORK);
    if (box->net)
        kit_net_free(box->net);
    box->net = NULL;
    return 0;
}

static int net_add(lua_State *lua)
{
    struct kit_net *net = native_check_net(lua);
    const char *name = luaL_checkstring(lua, 2), *main_path = luaL_checkstring(lua, 3);
    const char *policies = luaL_optstring(lua, 4, NULL);
    if (net->node_count == KIT_NODES_MAX)
        return luaL_error(lua, "more than %d nodes", KIT_NODES_MAX);
    kit_net_add(net, name, main_path, policies);
    lua_pushinteger(lua, net->node_count);
    return 1;
}

static int net_set(lua_State *lua)
{
    static const char *const KEYS[] = {"host", "token", "peer", "no-peers", "log-level", NULL};
    struct kit_node *node = native_check_node(lua, 2);
    const char *key = KEYS[luaL_checkoption(lua, 3, NULL, KEYS)];
    kit_node_set(node, key, luaL_checkstring(lua, 4));
    return 0;
}

static int net_set_variable(lua_State *lua)
{
    struct kit_node *node = native_check_node(lua, 2);
    kit_node_set_variable(node, luaL_checkstring(lua, 3), luaL_checkstring(lua, 4));
    return 0;
}

static int net_link(lua_State *lua)
{
    struct kit_net *net = native_check_net(lua);
    unsigned a = native_check_node(lua, 2)->number, b = native_check_node(lua, 3)->number;
    double latency_ms = luaL_checknumber(lua, 4);
    luaL_argcheck(lua, latency_ms >= 0 && latency_ms <= LATENCY_MS_MAX, 4, "no latency");
    kit_net_link(net, a, b, (uint32_t)(latency_ms * 500));
    return 0;
}

static int net_advance(lua_State *lua)
{
    struct kit_net *net = native_check_net(lua);
    double ms = luaL_checknumber(lua, 2);
    luaL_argcheck(lua, ms >= 0 && ms <= ADVANCE_MS_MAX, 2, "must be a time");
    whole_net_advance(net->whole, (uint64_t)ms);
    return 0;
}

static int net_now(lua_State *lua)
{
    lua_pushinteger(lua, (lua_Integer)whole_net_ms(native_check_net(lua)->whole));
    return 1;
}

/* partition(net, groups): groups[i] is the number of node i's group. */
static int net_partition(lua_State *lua)
{
    struct kit_net *net = native_check_net(lua);
    luaL_checktype(lua, 2, LUA_TTABLE);
    for (unsigned i = 0; i < net->node_count; i++) {
        lua_rawgeti(lua, 2, (lua_Integer)i + 1);
        lua_Integer group = luaL_checkinteger(lua, -1);
        if (net->nodes[i]->whole)
            net->nodes[i]->whole->group = (unsigned)group;
        lua_pop(lua, 1);
    }
    whole_net_partition(net->whole, false);
    return 0;
}

static int net_heal(lua_State *lua)
{
    whole_net_heal(native_check_net(lua)->whole);
    return 0;
}

static int net_cut(lua_State *lua)
{
    struct kit_net *net = native_check_net(lua);
    struct kit_node *a = native_check_node(lua, 2), *b = native_check_node(lua, 3);
    whole_net_cut(net->whole, a->whole, b->whole);
    return 0;
}

void native_net(lua_State *lua, const struct kit_paths *paths)
{
    static const luaL_Reg FUNCTIONS[] = {
        {"close", net_close}, {"add", net_add},
        {"set", net_set},     {"set_variable", net_set_variable},
        {"link", net_link},   {"advance", net_advance},
        {"now", net_now},     {"partition", net_partition},
        {"heal", net_heal},   {"cut", net_cut},
        {NULL, NULL},
    };
    luaL_newmetatable(lua, NETWORK);
    lua_pushcfunction(lua, net_close);
    lua_setfield(lua, -2, "__gc");
    lua_pushboolean(lua, 0);
    lua_setfield(lua, -2, "__metatable");
    lua_pop(lua, 1);
    luaL_setfuncs(lua, FUNCTIONS, 0);
    lua_pushlightuserdata(lua, (void *)paths);
    lua_pushcclosure(lua, net_open, 1);
    lua_setfield(lua, -2, "open");
}

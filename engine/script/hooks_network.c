/* hooks_network.c — see hooks_network.h; the shape of a question is told in hooks_lua.c. */
#include "script/hooks_network.h"

#include <string.h>

#include <lauxlib.h>

#include "script/facts.h"
#include "script/hooks_lua.h"
#include "script/json_lua.h"

#define NODE_NAME_MAX 64
#define CHOSEN_MAX 4096
#define CANDIDATE_DEPTH 4

struct node_question {
    struct policies *policies;
    const struct node_request *request;
    struct verdict verdict;
};

static int node_body(lua_State *lua)
{
    struct node_question *ask = lua_touserdata(lua, 1);
    policy_push(lua, ask->policies, POLICY_NODE_ACCEPT);
    facts_push_node(lua, ask->request);
    policy_push_settings(lua, ask->policies, POLICY_NODE_ACCEPT);
    lua_call(lua, 2, 3);
    hooks_lua_read_verdict(lua, ask->policies, POLICY_NODE_ACCEPT, 2, &ask->verdict);
    return 0;
}

static struct verdict node_accept(void *context, const struct node_request *request)
{
    static const struct verdict DENIED = {.allowed = false};
    struct node_question ask = {context, request, DENIED};
    if (policies_ask(ask.policies, POLICY_NODE_ACCEPT, node_body, &ask) != 0)
        return DENIED;
    return ask.verdict;
}

struct scope_question {
    struct policies *policies;
    struct text channel;
    struct channel_scope *scope;
    enum scope_kind kind;
};

/* The list of names at the top. */
static void read_nodes(lua_State *lua, struct scope_question *ask)
{
    lua_Integer count = (lua_Integer)lua_rawlen(lua, -1);
    if (count > SCOPE_NODES_MAX)
        policy_nonsense(lua, ask->policies, POLICY_ROUTING_SCOPE, "returned too many nodes");
    for (lua_Integer i = 1; i <= count; i++) {
        size_t len = 0;
        const char *name =
            lua_rawgeti(lua, -1, i) == LUA_TSTRING ? lua_tolstring(lua, -1, &len) : "";
        if (len == 0 || len > NODE_NAME_MAX || strlen(name) != len)
            policy_nonsense(lua, ask->policies, POLICY_ROUTING_SCOPE,
                            "returned a node that is no name");
        buf_add(&ask->scope->nodes, name, len + 1);
        lua_pop(lua, 1);
    }
    if (ask->scope->nodes.failed)
        luaL_error(lua, "not enough memory");
    ask->kind = SCOPE_LIST;
}

static int scope_body(lua_State *lua)
{
    struct scope_question *ask = lua_touserdata(lua, 1);
    policy_push(lua, ask->policies, POLICY_ROUTING_SCOPE);
    lua_pushlstring(lua, ask->channel.at, ask->channel.len);
    policy_push_settings(lua, ask->policies, POLICY_ROUTING_SCOPE);
    lua_call(lua, 2, 1);
    const char *word = lua_type(lua, -1) == LUA_TSTRING ? lua_tostring(lua, -1) : "";
    if (lua_istable(lua, -1))
        read_nodes(lua, ask);
    else if (strcmp(word, "node") == 0)
        ask->kind = SCOPE_NODE;
    else if (strcmp(word, "network") != 0)
        policy_nonsense(lua, ask->policies, POLICY_ROUTING_SCOPE,
                        "returned neither \"network\" nor \"node\" nor a list of nodes");
    return 0;
}

static void routing_scope(void *context, struct text channel, struct channel_scope *scope)
{
    struct scope_question ask = {context, channel, scope, SCOPE_NETWORK};
    if (policies_ask(ask.policies, POLICY_ROUTING_SCOPE, scope_body, &ask) != 0) {
        ask.kind = SCOPE_NETWORK;
        buf_clear(&scope->nodes);
    }
    scope->kind = ask.kind;
}

struct hop_question {
    struct policies *policies;
    struct text destination;
    const struct route *routes;
    size_t count;
    int chosen;
};

/* The route by the peer whose name stands at the top. */
static int find_route(lua_State *lua, const struct hop_question *ask)
{
    size_t len = 0;
    const char *name = lua_type(lua, -1) == LUA_TSTRING ? lua_tolstring(lua, -1, &len) : "";
    for (size_t i = 0; i < ask->count; i++)
        if (ask->routes[i].peer.len == len && memcmp(ask->routes[i].peer.at, name, len) == 0)
            return (int)i;
    policy_nonsense(lua, ask->policies, POLICY_ROUTING_NEXT_HOP,
                    "returned neither nil nor the peer of a route");
}

static int hop_body(lua_State *lua)
{
    struct hop_question *ask = lua_touserdata(lua, 1);
    policy_push(lua, ask->policies, POLICY_ROUTING_NEXT_HOP);
    lua_pushlstring(lua, ask->destination.at, ask->destination.len);
    facts_push_routes(lua, ask->routes, ask->count);
    policy_push_settings(lua, ask->policies, POLICY_ROUTING_NEXT_HOP);
    lua_call(lua, 3, 1);
    if (!lua_isnil(lua, -1))
        ask->chosen = find_route(lua, ask);
    return 0;
}

static int routing_next_hop(void *context, struct text destination, const struct route *routes,
                            size_t count)
{
    struct hop_question ask = {context, destination, routes, count, -1};
    if (policies_ask(ask.policies, POLICY_ROUTING_NEXT_HOP, hop_body, &ask) != 0)
        return -1;
    return ask.chosen;
}

void hooks_network_fill(struct policies *policies, struct hooks *hooks)
{
    (void)policies;
    hooks->node_accept = node_accept;
    hooks->routing_scope = routing_scope;
    hooks->routing_next_hop = routing_next_hop;
}

/* --- Choices, which are lists of names: facts come as JSON, and so does what was chosen --- */

struct choice {
    struct policies *policies;
    enum policy_question question;
    long long pool;      /* of peers */
    struct text request; /* of nearest */
    struct text nodes;
    struct buf *text;
};

/* The list of names at the top, as JSON in the text's place. */
static void write_chosen(lua_State *lua, const struct choice *ask)
{
    static const struct json_lua_limits LIMITS = {
        .what = "the choice", .bytes_max = CHOSEN_MAX * NODE_NAME_MAX, .depth_max = 2};
    if (!lua_istable(lua, -1) || lua_rawlen(lua, -1) > CHOSEN_MAX)
        policy_nonsense(lua, ask->policies, ask->question, "returned no list of names");
    for (lua_Integer i = (lua_Integer)lua_rawlen(lua, -1); i >= 1; i--) {
        if (lua_rawgeti(lua, -1, i) != LUA_TSTRING)
            policy_nonsense(lua, ask->policies, ask->question,
                            "returned a list that holds no name");
        lua_pop(lua, 1);
    }
    buf_clear(ask->text);
    if (lua_rawlen(lua, -1) == 0)
        buf_add_text(ask->text, "[]");
    else
        json_lua_write(lua, -1, &LIMITS, ask->text);
}

static int choose_body(lua_State *lua)
{
    struct choice *ask = lua_touserdata(lua, 1);
    policy_push(lua, ask->policies, POLICY_PEER_SELECTION);
    if (!json_lua_push(lua, (struct text){ask->text->bytes, ask->text->len}, CANDIDATE_DEPTH))
        return luaL_error(lua, "the candidates cannot be read");
    lua_pushinteger(lua, (lua_Integer)ask->pool);
    policy_push_settings(lua, ask->policies, POLICY_PEER_SELECTION);
    lua_call(lua, 3, 1);
    write_chosen(lua, ask);
    return 0;
}

int hooks_network_choose_peers(struct policies *policies, long long pool, struct buf *text)
{
    struct choice ask = {
        .policies = policies, .question = POLICY_PEER_SELECTION, .pool = pool, .text = text};
    return policies_ask(policies, POLICY_PEER_SELECTION, choose_body, &ask);
}

/* The nodes are read anew for each question: a policy may do with them what it likes. */
static int nearest_body(lua_State *lua)
{
    struct choice *ask = lua_touserdata(lua, 1);
    policy_push(lua, ask->policies, POLICY_NEAREST);
    if (!json_lua_push_plain(lua, ask->request, CANDIDATE_DEPTH) || !lua_istable(lua, -1))
        return luaL_error(lua, "the request cannot be read");
    if (!json_lua_push_plain(lua, ask->nodes, CANDIDATE_DEPTH))
        return luaL_error(lua, "the nodes cannot be read");
    lua_setfield(lua, -2, "nodes");
    lua_pushnumber(lua, policies_time(ask->policies));
    lua_setfield(lua, -2, "time");
    policy_push_settings(lua, ask->policies, POLICY_NEAREST);
    lua_call(lua, 2, 1);
    write_chosen(lua, ask);
    return 0;
}

int hooks_network_choose_nearest(struct policies *policies, struct text request, struct text nodes,
                                 struct buf *names)
{
    struct choice ask = {.policies = policies,
                         .question = POLICY_NEAREST,
                         .request = request,
                         .nodes = nodes,
                         .text = names};
    return policies_ask(policies, POLICY_NEAREST, nearest_body, &ask);
}

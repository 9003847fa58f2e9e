/* facts.c — facts become tables; docs/policies.md lists them. */
#include "script/facts.h"

#include <lauxlib.h>

#include "script/client_table.h"

static void set_text(lua_State *lua, const char *key, struct text text)
{
    lua_pushlstring(lua, text.at ? text.at : "", text.at ? text.len : 0);
    lua_setfield(lua, -2, key);
}

static void set_count(lua_State *lua, const char *key, size_t count)
{
    lua_pushinteger(lua, (lua_Integer)count);
    lua_setfield(lua, -2, key);
}

static void set_number(lua_State *lua, const char *key, double number)
{
    lua_pushnumber(lua, number);
    lua_setfield(lua, -2, key);
}

static void set_bool(lua_State *lua, const char *key, bool value)
{
    lua_pushboolean(lua, value);
    lua_setfield(lua, -2, key);
}

/* A header that was sent twice is one, joined by ", " (RFC 9110, 5.3). */
static void set_header(lua_State *lua, const struct header *header)
{
    lua_pushlstring(lua, header->name.at, header->name.len);
    lua_pushvalue(lua, -1);
    if (lua_rawget(lua, -3) == LUA_TSTRING) {
        lua_pushliteral(lua, ", ");
        lua_pushlstring(lua, header->value.at, header->value.len);
        lua_concat(lua, 3);
    } else {
        lua_pop(lua, 1);
        lua_pushlstring(lua, header->value.at, header->value.len);
    }
    lua_rawset(lua, -3);
}

static void set_headers(lua_State *lua, const struct connect_request *request)
{
    lua_createtable(lua, 0, (int)request->header_count);
    for (size_t i = 0; i < request->header_count; i++)
        set_header(lua, &request->headers[i]);
    lua_setfield(lua, -2, "headers");
}

void facts_push_connect(lua_State *lua, const struct connect_request *request, double time)
{
    lua_createtable(lua, 0, 6);
    set_number(lua, "time", time);
    set_text(lua, "address", request->address);
    if (request->origin.at)
        set_text(lua, "origin", request->origin);
    set_text(lua, "path", request->path);
    set_text(lua, "query", request->query);
    set_headers(lua, request);
}

void facts_push_client(lua_State *lua, const struct client_facts *client)
{
    client_table_push(lua, client);
}

static void set_client(lua_State *lua, const struct client_facts *client)
{
    facts_push_client(lua, client);
    lua_setfield(lua, -2, "client");
}

void facts_push_listed(lua_State *lua, int client, const struct listed_channel *channel)
{
    lua_createtable(lua, 0, 3);
    lua_pushvalue(lua, client);
    lua_setfield(lua, -2, "client");
    set_text(lua, "channel", channel->name);
    set_bool(lua, "protected", channel->is_protected);
}

void facts_push_channel(lua_State *lua, const struct channel_request *request, bool is_join,
                        double time)
{
    lua_createtable(lua, 0, 5);
    set_number(lua, "time", time);
    set_client(lua, &request->client);
    set_text(lua, "channel", request->channel);
    set_bool(lua, "protected", request->is_protected);
    if (is_join)
        set_bool(lua, "password_matches", request->password_matches);
}

void facts_push_limits(lua_State *lua, const struct client_facts *client,
                       const struct client_limits *limits)
{
    lua_createtable(lua, 0, 2);
    set_client(lua, client);
    lua_createtable(lua, 0, 5);
    set_count(lua, "message_bytes", limits->message_bytes);
    set_count(lua, "channels_per_client", limits->channels_per_client);
    set_number(lua, "messages_per_second", limits->messages_per_second);
    set_number(lua, "burst", limits->burst);
    set_count(lua, "send_queue_bytes", limits->send_queue_bytes);
    lua_setfield(lua, -2, "limits");
}

void facts_push_publish(lua_State *lua, const struct publish_request *request, double time)
{
    lua_createtable(lua, 0, 5);
    set_number(lua, "time", time);
    set_client(lua, &request->client);
    set_text(lua, "channel", request->channel);
    set_text(lua, "text", request->text);
    set_bool(lua, "json", request->is_json);
}

void facts_push_health(lua_State *lua, const struct health_facts *facts)
{
    lua_createtable(lua, 0, 8);
    set_count(lua, "clients", facts->clients);
    set_count(lua, "channels", facts->channels);
    set_count(lua, "connections", facts->connections);
    set_count(lua, "peers", facts->peers);
    set_count(lua, "peers_configured", facts->peers_configured);
    set_number(lua, "latency_ms", facts->latency_ms);
    set_number(lua, "latency_limit_ms", facts->latency_limit_ms);
    set_bool(lua, "draining", facts->draining);
}

void facts_push_node(lua_State *lua, const struct node_request *request)
{
    lua_createtable(lua, 0, 5);
    set_text(lua, "name", request->name);
    set_text(lua, "address", request->address);
    lua_pushstring(lua, request->is_single_use ? "single-use" : "configured");
    lua_setfield(lua, -2, "token_kind");
    set_bool(lua, "token_matches", request->token_matches);
    set_count(lua, "peers", request->peers);
}

/* What is not known is left out. */
void facts_push_routes(lua_State *lua, const struct route *routes, size_t count)
{
    lua_createtable(lua, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        lua_createtable(lua, 0, 4);
        set_text(lua, "peer", routes[i].peer);
        if (routes[i].latency_ms >= 0)
            set_number(lua, "latency_ms", routes[i].latency_ms);
        if (routes[i].hops)
            set_count(lua, "hops", routes[i].hops);
        set_bool(lua, "fastest", routes[i].is_fastest);
        lua_rawseti(lua, -2, (lua_Integer)i + 1);
    }
}

/* config_lua.c — copies; every value was checked in Lua already. */
#include "script/config_lua.h"

#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

/* A copy of the text field `key` of the table at the top; NULL where it is nil. */
static char *read_text(lua_State *lua, const char *key)
{
    char *copy = NULL;
    if (lua_getfield(lua, -1, key) != LUA_TNIL) {
        copy = strdup(luaL_checkstring(lua, -1));
        if (!copy)
            luaL_error(lua, "not enough memory");
    }
    lua_pop(lua, 1);
    return copy;
}

static double read_number(lua_State *lua, const char *key)
{
    lua_getfield(lua, -1, key);
    double number = luaL_checknumber(lua, -1);
    lua_pop(lua, 1);
    return number;
}

static size_t read_count(lua_State *lua, const char *key)
{
    return (size_t)read_number(lua, key);
}

static void read_listen(lua_State *lua, struct config *config)
{
    lua_getfield(lua, -1, "listen");
    size_t count = (size_t)luaL_len(lua, -1);
    config->listen = calloc(count, sizeof *config->listen);
    if (!config->listen)
        luaL_error(lua, "not enough memory");
    while (config->listen && config->listen_count < count) {
        lua_geti(lua, -1, (lua_Integer)config->listen_count + 1);
        struct config_listen *listen = &config->listen[config->listen_count++];
        listen->host = read_text(lua, "host");
        listen->port = (uint16_t)read_count(lua, "port");
        lua_pop(lua, 1);
    }
    lua_pop(lua, 1);
}

static bool read_bool(lua_State *lua, const char *key)
{
    lua_getfield(lua, -1, key);
    bool value = lua_toboolean(lua, -1);
    lua_pop(lua, 1);
    return value;
}

/* The peer at the top. */
static void read_peer(lua_State *lua, struct config_peer *peer)
{
    peer->name = read_text(lua, "name");
    peer->url = read_text(lua, "url");
    peer->token = read_text(lua, "token");
}

static void read_peers(lua_State *lua, struct config *config)
{
    lua_getfield(lua, -1, "peers");
    size_t count = (size_t)luaL_len(lua, -1);
    if (count > 0) {
        config->peers = calloc(count, sizeof *config->peers);
        if (!config->peers)
            luaL_error(lua, "not enough memory");
    }
    while (config->peers && config->peer_count < count) {
        lua_geti(lua, -1, (lua_Integer)config->peer_count + 1);
        read_peer(lua, &config->peers[config->peer_count++]);
        lua_pop(lua, 1);
    }
    lua_pop(lua, 1);
}

/* What concerns the other nodes. */
static void read_network(lua_State *lua, struct config *config)
{
    config->host = read_text(lua, "host");
    config->token = read_text(lua, "token");
    read_peers(lua, config);
    config->pool = read_count(lua, "pool");
    config->is_master = read_bool(lua, "master");
    lua_getfield(lua, -1, "reserve");
    config->reserves_by_majority = strcmp(luaL_checkstring(lua, -1), "majority") == 0;
    lua_pop(lua, 1);
}

static void read_admin(lua_State *lua, struct config *config)
{
    if (lua_getfield(lua, -1, "admin") != LUA_TNIL) {
        config->admin_token = read_text(lua, "token");
        lua_getfield(lua, -1, "listen");
        config->admin.host = read_text(lua, "host");
        config->admin.port = (uint16_t)read_count(lua, "port");
        lua_pop(lua, 1);
    }
    lua_pop(lua, 1);
}

static void read_tls(lua_State *lua, struct config *config)
{
    if (lua_getfield(lua, -1, "tls") != LUA_TNIL) {
        config->tls_cert = read_text(lua, "cert");
        config->tls_key = read_text(lua, "key");
        config->tls_ca = read_text(lua, "ca");
    }
    lua_pop(lua, 1);
}

static void read_limits(lua_State *lua, struct config_limits *limits)
{
    lua_getfield(lua, -1, "limits");
    limits->client = (struct client_limits){
        .message_bytes = read_count(lua, "message_bytes"),
        .channels_per_client = read_count(lua, "channels_per_client"),
        .messages_per_second = read_number(lua, "messages_per_second"),
        .burst = read_number(lua, "burst"),
        .send_queue_bytes = read_count(lua, "send_queue_bytes"),
    };
    limits->connections = read_count(lua, "connections");
    limits->connections_per_address = read_count(lua, "connections_per_address");
    limits->hash_queue = read_count(lua, "hash_queue");
    lua_pop(lua, 1);
}

static void read_log(lua_State *lua, struct config *config)
{
    lua_getfield(lua, -1, "log");
    lua_getfield(lua, -1, "level");
    lua_getfield(lua, -2, "format");
    int level = log_level_parse(luaL_checkstring(lua, -2));
    int format = log_format_parse(luaL_checkstring(lua, -1));
    luaL_argcheck(lua, level >= 0 && format >= 0, 1, "unknown log level or format");
    config->log_level = (enum log_level)level;
    config->log_format = (enum log_format)format;
    lua_pop(lua, 3);
}

void config_lua_read(lua_State *lua, struct config *config)
{
    config->name = read_text(lua, "name");
    read_listen(lua, config);
    read_network(lua, config);
    config->policies = read_text(lua, "policies");
    config->control = read_text(lua, "control");
    read_admin(lua, config);
    read_tls(lua, config);
    read_limits(lua, &config->limits);
    lua_getfield(lua, -1, "health");
    config->health_latency_ms = read_number(lua, "latency_ms");
    lua_pop(lua, 1);
    config->drain_seconds = read_number(lua, "drain_seconds");
    config->keep_alive_seconds = read_number(lua, "keep_alive_seconds");
    read_log(lua, config);
}

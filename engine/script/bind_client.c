/* bind_client.c — the clients that are connected here, and their end. */
#include <string.h>

#include <lauxlib.h>

#include "protocol/utf8.h"
#include "protocol/ws_frame.h"
#include "relay/client.h"
#include "script/bind.h"
#include "script/identity.h"
#include "script/runtime.h"

/* The names, oldest first, as a table at the top. */
static void push_channels(lua_State *lua, const struct subscriptions *subscriptions)
{
    lua_createtable(lua, (int)subscriptions->count, 0);
    for (uint32_t i = 0; i < subscriptions->count; i++) {
        const struct channel *channel = subscriptions->items[i].channel;
        lua_pushlstring(lua, channel->name, channel->name_len);
        lua_rawseti(lua, -2, (lua_Integer)i + 1);
    }
}

static void set_identity(lua_State *lua, const struct client *client)
{
    struct client_facts facts = client_facts(client);
    identity_push(lua, facts.identity);
    lua_getfield(lua, -1, "user");
    lua_setfield(lua, -3, "user");
    lua_setfield(lua, -2, "identity");
}

static void push_client(lua_State *lua, const struct client *client, uint64_t now_ms)
{
    lua_createtable(lua, 0, 7);
    lua_pushinteger(lua, (lua_Integer)client_id(client));
    lua_setfield(lua, -2, "id");
    lua_pushstring(lua, client->address);
    lua_setfield(lua, -2, "address");
    set_identity(lua, client);
    push_channels(lua, &client->subscriptions);
    lua_setfield(lua, -2, "channels");
    lua_pushinteger(lua, (lua_Integer)client->session.outbox.bytes);
    lua_setfield(lua, -2, "queued_bytes");
    lua_pushnumber(lua, (lua_Number)(now_ms - client->opened_ms) / 1000);
    lua_setfield(lua, -2, "connected_seconds");
}

/* clients([after[, most]]): oldest first; those whose id is above `after`, so many at most. */
static int engine_clients(lua_State *lua)
{
    const struct script_world *world = runtime_world(lua, "relay.clients");
    const struct list *clients = &world->relay->clients;
    lua_Integer after = luaL_optinteger(lua, 1, 0);
    lua_Integer most = luaL_optinteger(lua, 2, LUA_MAXINTEGER);
    uint64_t now_ms = clock_ms(&world->clock);
    lua_Integer count = 0;
    lua_newtable(lua);
    for (struct list *node = clients->next; node != clients && count < most; node = node->next) {
        const struct client *client = list_entry(node, struct client, node);
        if (client->is_closing || client_id(client) <= (uint64_t)(after < 0 ? 0 : after))
            continue;
        push_client(lua, client, now_ms);
        lua_rawseti(lua, -2, ++count);
    }
    return 1;
}

static struct client *find(const struct relay *relay, lua_Integer id)
{
    for (struct list *node = relay->clients.next; node != &relay->clients; node = node->next) {
        struct client *client = list_entry(node, struct client, node);
        if (client_id(client) == (uint64_t)id)
            return client->is_closing ? NULL : client;
    }
    return NULL;
}

/* What an endpoint may send (RFC 6455, 7.4): not 1004 to 1006, nor 1015. */
static bool is_close_code(lua_Integer code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}

/* close_client(id[, code[, reason]]): whether there was one. */
static int engine_close_client(lua_State *lua)
{
    const struct script_world *world = runtime_world(lua, "relay.close_client");
    size_t len = 0;
    lua_Integer id = luaL_checkinteger(lua, 1);
    lua_Integer code = luaL_optinteger(lua, 2, CLOSE_NORMAL);
    const char *reason = luaL_optlstring(lua, 3, "", &len);
    luaL_argcheck(lua, is_close_code(code), 2,
                  "must be 1000 to 1003, 1007 to 1014 or 3000 to 4999 (RFC 6455, 7.4)");
    luaL_argcheck(lua, len <= WS_REASON_MAX, 3, "must be 123 bytes at most");
    luaL_argcheck(lua, utf8_is_valid(reason, len) && strlen(reason) == len, 3,
                  "must be UTF-8 without a NUL");
    struct client *client = find(world->relay, id);
    if (client)
        client_close(client, (unsigned)code, reason);
    lua_pushboolean(lua, client != NULL);
    return 1;
}

void bind_client(lua_State *lua)
{
    static const luaL_Reg FUNCTIONS[] = {
        {"clients", engine_clients},
        {"close_client", engine_close_client},
        {NULL, NULL},
    };
    bind_functions(lua, FUNCTIONS);
}

/* native_client.c — a test's client: in through the policies, text in, text out. */
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "testkit/native.h"

#define HEADERS_MAX 64

static struct text check_text(lua_State *lua, int index)
{
    struct text text;
    text.at = luaL_checklstring(lua, index, &text.len);
    return text;
}

/* A list of names and values, one after the other. */
static void read_headers(lua_State *lua, int index, struct header *headers,
                         struct connect_request *request)
{
    size_t count = lua_rawlen(lua, index) / 2;
    luaL_argcheck(lua, count <= HEADERS_MAX, index, "too many headers");
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(lua, index, (lua_Integer)(2 * i + 1)); /* the list keeps the strings */
        headers[i].name = check_text(lua, -1);
        lua_rawgeti(lua, index, (lua_Integer)(2 * i + 2));
        headers[i].value = check_text(lua, -1);
        lua_pop(lua, 2);
    }
    request->headers = headers;
    request->header_count = count;
}

/* client(net, node, address, query, origin, headers): its number; or nil, reason, status. */
static int client_new(lua_State *lua)
{
    struct kit_node *node = native_check_alive(lua, 2);
    struct header headers[HEADERS_MAX];
    struct verdict verdict;
    struct connect_request request = {
        .address = check_text(lua, 3),
        .path = {"/connect", strlen("/connect")},
        .query = check_text(lua, 4),
    };
    luaL_argcheck(lua, request.address.len < WHOLE_ADDRESS_MAX, 3, "no address");
    if (!lua_isnil(lua, 5))
        request.origin = check_text(lua, 5);
    luaL_checktype(lua, 6, LUA_TTABLE);
    read_headers(lua, 6, headers, &request);
    long place = kit_client_open(node->net, node, &request, &verdict);
    if (place >= 0) {
        lua_pushinteger(lua, place + 1);
        return 1;
    }
    lua_pushnil(lua);
    lua_pushstring(lua, verdict.reason);
    lua_pushinteger(lua, verdict.status);
    return 3;
}

static struct kit_client *check_client(lua_State *lua)
{
    struct kit_net *net = native_check_net(lua);
    lua_Integer number = luaL_checkinteger(lua, 2);
    luaL_argcheck(lua, number >= 1 && number <= (lua_Integer)net->client_count, 2,
                  "no such client");
    return net->clients[number - 1];
}

static int client_say(lua_State *lua)
{
    struct kit_client *client = check_client(lua);
    struct text text = check_text(lua, 3);
    whole_client_say_text(client->whole, text.at, text.len);
    return 0;
}

static int client_hear(lua_State *lua)
{
    struct kit_client *client = check_client(lua);
    if (list_is_empty(&client->heard))
        return 0;
    const struct kit_heard *next = list_entry(client->heard.next, struct kit_heard, node);
    lua_pushlstring(lua, next->text, next->len);
    free(kit_client_hear(client));
    return 1;
}

/* closed(net, client): nil while it stands; else the code, 0 without one, and the reason. */
static int client_closed(lua_State *lua)
{
    const struct kit_client *client = check_client(lua);
    if (!client->is_closed)
        return 0;
    lua_pushinteger(lua, client->whole->close_code);
    lua_pushstring(lua, client->whole->close_reason);
    return 2;
}

static int client_leave(lua_State *lua)
{
    struct kit_client *client = check_client(lua);
    if (!client->is_closed)
        whole_client_leave(client->whole);
    return 0;
}

void native_client(lua_State *lua)
{
    static const luaL_Reg FUNCTIONS[] = {
        {"client", client_new},    {"say", client_say},     {"hear", client_hear},
        {"closed", client_closed}, {"leave", client_leave}, {NULL, NULL},
    };
    luaL_setfuncs(lua, FUNCTIONS, 0);
}

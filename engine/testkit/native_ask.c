/* native_ask.c — commands that a test sends into the network, and JSON, in which all is said. */
#include <lauxlib.h>

#include "script/json_lua.h"
#include "testkit/native.h"

#define DEPTH_MAX 32
#define TEXT_MAX ((size_t)16 * 1024 * 1024)
#define ASK_MS_MAX 3600000

/* ask(net, node, to, data, ms): its number; `to` nil asks all. Nil and a reason: no room. */
static int ask_new(lua_State *lua)
{
    struct kit_node *node = native_check_alive(lua, 2);
    struct text to = {0}, data;
    to.at = luaL_optlstring(lua, 3, "", &to.len);
    data.at = luaL_checklstring(lua, 4, &data.len);
    lua_Number ms = luaL_checknumber(lua, 5);
    luaL_argcheck(lua, ms >= 0 && ms <= ASK_MS_MAX, 5, "must be a time");
    const struct kit_ask *ask = kit_ask_new(node->net, node, to, data, (uint64_t)ms);
    if (!ask) {
        lua_pushnil(lua);
        lua_pushliteral(lua, "busy");
        return 2;
    }
    lua_pushinteger(lua, (lua_Integer)ask->number);
    return 1;
}

static struct kit_ask *check_ask(lua_State *lua)
{
    struct kit_net *net = native_check_net(lua);
    struct kit_ask *ask = kit_ask_find(net, (uint64_t)luaL_checkinteger(lua, 2));
    luaL_argcheck(lua, ask, 2, "no such question");
    return ask;
}

/* answers(net, ask): nil while it waits; else the list { node, text, node, text … }, the reason. */
static int ask_answers(lua_State *lua)
{
    const struct kit_ask *ask = check_ask(lua);
    lua_Integer count = 0;
    if (!ask->is_done)
        return 0;
    lua_newtable(lua);
    for (const struct list *at = ask->answers.next; at != &ask->answers; at = at->next) {
        const struct kit_answer *answer = list_entry(at, struct kit_answer, node);
        lua_pushlstring(lua, answer->bytes, answer->source_len);
        lua_rawseti(lua, -2, ++count);
        lua_pushlstring(lua, answer->bytes + answer->source_len, answer->data_len);
        lua_rawseti(lua, -2, ++count);
    }
    lua_pushstring(lua, ask->reason);
    return 2;
}

static int ask_forget(lua_State *lua)
{
    kit_ask_free(check_ask(lua));
    return 0;
}

/* encode(net, value): the network's scratch holds what a raise leaves behind. */
static int json_encode(lua_State *lua)
{
    static const struct json_lua_limits LIMITS = {"the value", TEXT_MAX, DEPTH_MAX};
    struct kit_net *net = native_check_net(lua);
    luaL_checkany(lua, 2);
    lua_settop(lua, 2);
    buf_clear(&net->text);
    json_lua_write(lua, 2, &LIMITS, &net->text);
    if (net->text.failed)
        return luaL_error(lua, "not enough memory");
    lua_pushlstring(lua, net->text.bytes, net->text.len);
    return 1;
}

/* decode(text): the value; nothing for what is no JSON. */
static int json_decode(lua_State *lua)
{
    struct text text;
    text.at = luaL_checklstring(lua, 1, &text.len);
    return json_lua_push(lua, text, DEPTH_MAX) ? 1 : 0;
}

void native_ask(lua_State *lua)
{
    static const luaL_Reg FUNCTIONS[] = {
        {"ask", ask_new},
        {"answers", ask_answers},
        {"forget", ask_forget},
        {"encode", json_encode},
        {"decode", json_decode},
        {"array", json_lua_array},
        {NULL, NULL},
    };
    luaL_setfuncs(lua, FUNCTIONS, 0);
    json_lua_push_null(lua);
    lua_setfield(lua, -2, "null");
}

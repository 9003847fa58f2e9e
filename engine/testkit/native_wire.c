/* native_wire.c — a test's link with a node: texts of the notes' protocol in and out. */
#include <stdlib.h>

#include <lauxlib.h>

#include "testkit/native.h"

#define LATENCY_MS_MAX 60000

static struct text check_text(lua_State *lua, int index)
{
    struct text text;
    text.at = luaL_checklstring(lua, index, &text.len);
    return text;
}

/* wire(net, node, token, latency_ms): its number; nil: refused. */
static int wire_new(lua_State *lua)
{
    struct kit_node *node = native_check_alive(lua, 2);
    struct text token = check_text(lua, 3);
    double latency_ms = luaL_checknumber(lua, 4);
    luaL_argcheck(lua, latency_ms >= 0 && latency_ms <= LATENCY_MS_MAX, 4, "no latency");
    long place = kit_wire_open(node->net, node, token, (uint32_t)(latency_ms * 500));
    if (place < 0)
        return 0;
    lua_pushinteger(lua, place + 1);
    return 1;
}

static struct kit_wire *check_wire(lua_State *lua)
{
    struct kit_net *net = native_check_net(lua);
    lua_Integer number = luaL_checkinteger(lua, 2);
    luaL_argcheck(lua, number >= 1 && number <= (lua_Integer)net->wire_count, 2, "no such wire");
    return net->wires[number - 1];
}

static int wire_say(lua_State *lua)
{
    kit_wire_say(check_wire(lua), check_text(lua, 3));
    return 0;
}

static int wire_hear(lua_State *lua)
{
    struct kit_heard *heard = kit_wire_hear(check_wire(lua));
    if (!heard)
        return 0;
    lua_pushlstring(lua, heard->text, heard->len);
    free(heard);
    return 1;
}

static int wire_stands(lua_State *lua)
{
    lua_pushboolean(lua, !check_wire(lua)->is_gone);
    return 1;
}

static int wire_close(lua_State *lua)
{
    kit_wire_close(check_wire(lua));
    return 0;
}

void native_wire(lua_State *lua)
{
    static const luaL_Reg FUNCTIONS[] = {
        {"wire", wire_new},           {"wire_say", wire_say},     {"wire_hear", wire_hear},
        {"wire_stands", wire_stands}, {"wire_close", wire_close}, {NULL, NULL},
    };
    luaL_setfuncs(lua, FUNCTIONS, 0);
}

/* command.c — see command.h. */
#include "script/command.h"

#include <math.h>
#include <string.h>

#include <lauxlib.h>

#include "protocol/json_write.h"
#include "protocol/utf8.h"
#include "script/json_lua.h"
#include "script/runtime.h"

static const struct json_lua_limits LIMITS = {
    .what = "the response", .bytes_max = RUNTIME_RESPONSE_MAX, .depth_max = RUNTIME_DEPTH_MAX};

/* Its address is the registry's key of the handlers, by name. */
static const char HANDLERS = 0;

void command_push_handlers(lua_State *lua)
{
    if (lua_rawgetp(lua, LUA_REGISTRYINDEX, &HANDLERS) == LUA_TTABLE)
        return;
    lua_pop(lua, 1);
    lua_newtable(lua);
    lua_pushvalue(lua, -1);
    lua_rawsetp(lua, LUA_REGISTRYINDEX, &HANDLERS);
}

void command_set(lua_State *lua, const char *name)
{
    command_push_handlers(lua);
    lua_insert(lua, -2);
    lua_setfield(lua, -2, name);
    lua_pop(lua, 1);
}

void command_deny(struct buf *response, const char *reason)
{
    buf_clear(response);
    buf_add_text(response, "{\"ok\":false,\"reason\":");
    json_write_string(response, reason, strlen(reason));
    buf_add_byte(response, '}');
}

static int deny(struct runtime *runtime, const char *reason)
{
    command_deny(&runtime->response, reason);
    runtime->has_response = true;
    return -1;
}

static void set_text(lua_State *lua, const char *key, struct text text)
{
    lua_pushlstring(lua, text.len ? text.at : "", text.len);
    lua_setfield(lua, -2, key);
}

static void set_bool(lua_State *lua, const char *key, bool value)
{
    lua_pushboolean(lua, value);
    lua_setfield(lua, -2, key);
}

static bool is_object(struct text text)
{
    size_t space = 0;
    while (space < text.len && strchr(" \t\r\n", text.at[space]))
        space++;
    return space < text.len && text.at[space] == '{';
}

/* The table of the command; its data stands at the top. */
static void push_request(lua_State *lua, const struct mesh_command *command)
{
    lua_createtable(lua, 0, 7);
    lua_insert(lua, -2);
    lua_setfield(lua, -2, "data");
    set_text(lua, "command", command->command);
    set_text(lua, "source", command->source);
    set_text(lua, "nonce", command->nonce);
    set_bool(lua, "is_plain", command->is_plain);
    set_bool(lua, "is_peer", command->is_peer);
    set_bool(lua, "is_broadcast", command->is_broadcast);
}

int command_push(lua_State *lua, struct task *task)
{
    const struct mesh_command *command = &task->command;
    struct runtime *runtime = task->runtime;
    if (!is_object(command->data))
        return deny(runtime, "invalid data");
    command_push_handlers(lua);
    lua_pushlstring(lua, command->command.at, command->command.len);
    if (lua_rawget(lua, -2) != LUA_TFUNCTION)
        return deny(runtime, "unknown command");
    if (!json_lua_push(lua, command->data, RUNTIME_DEPTH_MAX))
        return deny(runtime, "invalid data");
    push_request(lua, command);
    return 1;
}

/* The table at the top, with "ok":true where it has no ok. */
static void write_table(lua_State *lua, struct buf *response)
{
    static const char OK[] = "{\"ok\":true";
    size_t len = sizeof OK - 1;
    lua_pushliteral(lua, "ok");
    bool has_ok = lua_rawget(lua, -2) != LUA_TNIL;
    lua_pop(lua, 1);
    if (!has_ok)
        buf_add(response, OK, len);
    json_lua_write_object(lua, -1, &LIMITS, response);
    if (has_ok || response->failed)
        return;
    if (response->len == len + 2) { /* {"ok":true{} */
        response->len = len;
        buf_add_byte(response, '}');
    } else {
        response->bytes[len] = ',';
    }
}

/* nil or false, and why. */
static void write_denial(lua_State *lua, struct buf *response)
{
    size_t len;
    if (lua_type(lua, -1) != LUA_TSTRING)
        luaL_error(lua, "the handler returned a reason that is a %s", luaL_typename(lua, -1));
    const char *reason = lua_tolstring(lua, -1, &len);
    if (!utf8_is_valid(reason, len))
        luaL_error(lua, "the handler returned a reason that is not UTF-8");
    buf_add_text(response, "{\"ok\":false,\"reason\":");
    json_write_string(response, reason, len);
    buf_add_byte(response, '}');
}

/* The first two results stand at -2 and -1. Whether there is a response. */
static bool write_response(lua_State *lua, struct buf *response)
{
    bool has_reason = !lua_isnil(lua, -1);
    switch (lua_type(lua, -2)) {
    case LUA_TNIL:
    case LUA_TBOOLEAN:
        if (lua_toboolean(lua, -2) || (lua_isnil(lua, -2) && !has_reason))
            buf_add_text(response, "{\"ok\":true}");
        else if (has_reason)
            write_denial(lua, response);
        else
            return false;
        return true;
    case LUA_TTABLE:
        lua_pop(lua, 1);
        write_table(lua, response);
        return true;
    case LUA_TUSERDATA:
        json_lua_write(lua, -2, &LIMITS, response);
        return true;
    default:
        return luaL_error(lua, "the handler returned a %s, not a table", luaL_typename(lua, -2));
    }
}

void command_finish(lua_State *lua, struct task *task)
{
    struct runtime *runtime = task->runtime;
    if (!lua_checkstack(task->coroutine, 2))
        luaL_error(lua, "stack overflow");
    lua_settop(task->coroutine, 2);
    lua_xmove(task->coroutine, lua, 2);
    runtime->has_response = write_response(lua, &runtime->response);
    if (runtime->response.failed)
        luaL_error(lua, "the response is too large");
}

/* Two digits behind the point: more is noise. */
static void set_ms(lua_State *lua, const char *key, double ms)
{
    if (ms < 0)
        return;
    lua_pushnumber(lua, round(ms * 100) / 100);
    lua_setfield(lua, -2, key);
}

void command_push_peer(lua_State *lua, const struct mesh_peer *peer)
{
    lua_createtable(lua, 0, 6);
    set_text(lua, "name", peer->name);
    if (peer->host.len)
        set_text(lua, "host", peer->host);
    set_ms(lua, "latency_ms", peer->latency_ms);
    set_bool(lua, "is_plain", peer->is_plain);
    set_bool(lua, "is_dialled", peer->is_dialled);
    set_bool(lua, "is_configured", peer->is_configured);
}

/* bind_control.c — how a command of ctl is answered (scripts/relay/ctl.lua), and what it can ask of
 * the node as a whole. */
#include <lauxlib.h>

#include "protocol/client_command.h"
#include "script/bind.h"
#include "script/json_lua.h"
#include "script/runtime.h"

#define READER_BEHIND ((size_t)256 * 1024) /* bytes; then the handler waits for it */

static const struct json_lua_limits LIMITS = {
    .what = "the answer", .bytes_max = RUNTIME_RESPONSE_MAX, .depth_max = RUNTIME_DEPTH_MAX};

/* Its address is the registry's key of the handler. */
static const char HANDLER = 0;

void bind_control_push_handler(lua_State *lua)
{
    lua_rawgetp(lua, LUA_REGISTRYINDEX, &HANDLER);
}

static int engine_control(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TFUNCTION);
    lua_settop(lua, 1);
    lua_rawsetp(lua, LUA_REGISTRYINDEX, &HANDLER);
    return 0;
}

/* Lets the handler wait while the reader is far behind, where it can: in a coroutine of its own it
 * cannot, and the reader is cut when too much waits. */
static int pace(lua_State *lua, const struct script_control *control)
{
    struct task *task = runtime_of(lua)->current;
    if (control->waiting(control->context) < READER_BEHIND || task->coroutine != lua ||
        !lua_isyieldable(lua))
        return 0;
    task_await_reader(task);
    return lua_yield(lua, 0);
}

/* control_write(is_error, text). Waits for a reader that is behind. */
static int engine_control_write(lua_State *lua)
{
    struct script_control *control = runtime_control_of(lua);
    struct text text;
    text.at = luaL_checklstring(lua, 2, &text.len);
    control->write(control->context, lua_toboolean(lua, 1), text);
    return pace(lua, control);
}

/* control_json(value): one line of JSON. Waits as control_write does. */
static int engine_control_json(lua_State *lua)
{
    struct script_control *control = runtime_control_of(lua);
    struct buf *line = runtime_scratch(lua);
    luaL_checkany(lua, 1);
    json_lua_write(lua, 1, &LIMITS, line);
    buf_add_byte(line, '\n');
    if (line->failed)
        return luaL_error(lua, "not enough memory");
    control->write(control->context, false, (struct text){line->bytes, line->len});
    return pace(lua, control);
}

/* control_follow(channel, nonce, is_json): true; or nil and why. nil asks for all. */
static int engine_control_follow(lua_State *lua)
{
    struct script_control *control = runtime_control_of(lua);
    struct text channel, nonce;
    channel.at = luaL_optlstring(lua, 1, "", &channel.len);
    nonce.at = luaL_optlstring(lua, 2, "", &nonce.len);
    luaL_argcheck(lua, channel.len <= CHANNEL_NAME_MAX, 1, "must be 256 bytes at most");
    luaL_argcheck(lua, nonce.len <= NONCE_MAX, 2, "must be 128 bytes at most");
    const char *refusal = control->follow(control->context, channel, nonce, lua_toboolean(lua, 3));
    if (refusal)
        return bind_failure(lua, refusal);
    lua_pushboolean(lua, 1);
    return 1;
}

static const struct script_calls *check_calls(lua_State *lua, const char *function)
{
    const struct script_calls *calls = runtime_world(lua, function)->calls;
    if (!calls)
        luaL_error(lua, "%s: this node has no ctl", function);
    return calls;
}

static int engine_end_traces(lua_State *lua)
{
    const struct script_calls *calls = check_calls(lua, "trace off");
    lua_pushinteger(lua, (lua_Integer)calls->end_traces(calls->context));
    return 1;
}

/* reload(): the generation; or nil and why not. Waits. */
static int engine_reload(lua_State *lua)
{
    (void)check_calls(lua, "reload");
    int err = task_reload(runtime_waiter(lua, "reload"));
    if (err)
        return bind_failure(lua, err == RELAY_EINVAL ? "the node ends" : relay_err_text(err));
    return lua_yield(lua, 0);
}

static int engine_drain(lua_State *lua)
{
    const struct script_calls *calls = check_calls(lua, "drain");
    calls->drain(calls->context);
    return 0;
}

void bind_control(lua_State *lua)
{
    static const luaL_Reg FUNCTIONS[] = {
        {"control", engine_control},
        {"control_write", engine_control_write},
        {"control_json", engine_control_json},
        {"control_follow", engine_control_follow},
        {"end_traces", engine_end_traces},
        {"reload", engine_reload},
        {"drain", engine_drain},
        {NULL, NULL},
    };
    bind_functions(lua, FUNCTIONS);
}

/* testkit.c — the specs' Lua state; scripts/relay/testkit/runner.lua does the rest. See testkit.h.
 */
#include "testkit/testkit.h"

#include <stdio.h>
#include <string.h>

#include <lauxlib.h>
#include <lualib.h>

#include "script/json_lua.h"
#include "script/policy_modules.h"
#include "testkit/native.h"

/* Modules beside main.lua, then the installed ones, then Lua's own. */
static void set_package_path(lua_State *lua, const struct testkit_run *run)
{
    const char *slash = strrchr(run->main_path, '/');
    if (!slash)
        lua_pushliteral(lua, ".");
    else
        lua_pushlstring(lua, run->main_path,
                        slash == run->main_path ? 1 : (size_t)(slash - run->main_path));
    const char *beside = lua_tostring(lua, -1), *scripts = run->paths.scripts;
    lua_getglobal(lua, "package");
    lua_getfield(lua, -1, "path");
    lua_pushfstring(lua, "%s/?.lua;%s/?/init.lua;%s/?.lua;%s/?/init.lua;%s", beside, beside,
                    scripts, scripts, lua_tostring(lua, -1));
    lua_setfield(lua, -3, "path");
    lua_pop(lua, 3);
}

static int open_engine(lua_State *lua)
{
    lua_settop(lua, 0);
    lua_pushvalue(lua, lua_upvalueindex(1));
    return 1;
}

static void preload_engine(lua_State *lua, const struct testkit_run *run)
{
    luaL_getsubtable(lua, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    lua_newtable(lua);
    native_net(lua, &run->paths);
    native_node(lua);
    native_client(lua);
    native_wire(lua);
    native_ask(lua);
    lua_pushstring(lua, run->main_path);
    lua_setfield(lua, -2, "main");
    lua_pushcclosure(lua, open_engine, 1);
    lua_setfield(lua, -2, "relay.testkit.engine");
    lua_pop(lua, 1);
}

static void push_arguments(lua_State *lua, const struct testkit_run *run)
{
    lua_createtable(lua, run->argument_count, 0);
    for (int i = 0; i < run->argument_count; i++) {
        lua_pushstring(lua, run->arguments[i]);
        lua_rawseti(lua, -2, (lua_Integer)i + 1);
    }
}

/* require("relay.testkit.runner").run(arguments, main_path): the exit code. */
static int run_body(lua_State *lua)
{
    const struct testkit_run *run = lua_touserdata(lua, 1);
    luaL_openlibs(lua);
    json_lua_open(lua);
    set_package_path(lua, run);
    preload_engine(lua, run);
    policy_modules_open(lua);
    lua_getglobal(lua, "require");
    lua_pushliteral(lua, "relay.testkit.runner");
    lua_call(lua, 1, 1);
    lua_getfield(lua, -1, "run");
    push_arguments(lua, run);
    lua_pushstring(lua, run->main_path);
    lua_call(lua, 2, 1);
    return 1;
}

static int add_traceback(lua_State *lua)
{
    luaL_traceback(lua, lua, luaL_tolstring(lua, 1, NULL), 1);
    return 1;
}

enum testkit_exit testkit_run(const struct testkit_run *run)
{
    lua_State *lua = luaL_newstate();
    int code = TESTKIT_FAILED;
    if (!lua) {
        fprintf(stderr, "wsrelay-engine: %s\n", relay_err_text(RELAY_ENOMEM));
        return TESTKIT_FAILED;
    }
    lua_pushcfunction(lua, add_traceback);
    lua_pushcfunction(lua, run_body);
    lua_pushlightuserdata(lua, (void *)run);
    if (lua_pcall(lua, 1, 1, 1) == LUA_OK)
        code = (int)lua_tointeger(lua, -1);
    else
        fprintf(stderr, "wsrelay-engine: %s\n", lua_tostring(lua, -1));
    lua_close(lua);
    return (enum testkit_exit)code;
}

/* files.c — see files.h. */
#include "script/files.h"

#include <lauxlib.h>

#include "script/call.h"

static const struct budget_limits LIMITS = {
    .instructions = 1000000, .wall_ms = 1000, .cpu_ms = 1000};

/* Its address is the registry's key of the list. */
static const char FILES = 0;

/* A searcher: package.searchpath(name, package.path) is remembered. */
static int remember(lua_State *lua)
{
    lua_settop(lua, 1);
    lua_rawgetp(lua, LUA_REGISTRYINDEX, &FILES);
    lua_getglobal(lua, "package");
    lua_getfield(lua, 3, "searchpath");
    lua_pushvalue(lua, 1);
    lua_getfield(lua, 3, "path");
    lua_call(lua, 2, 1);
    if (lua_isstring(lua, -1))
        lua_rawseti(lua, 2, (lua_Integer)lua_rawlen(lua, 2) + 1);
    return 0;
}

void files_open(lua_State *lua)
{
    lua_newtable(lua);
    lua_rawsetp(lua, LUA_REGISTRYINDEX, &FILES);
    lua_getglobal(lua, "table");
    lua_getfield(lua, -1, "insert");
    lua_getglobal(lua, "package");
    lua_getfield(lua, -1, "searchers");
    lua_remove(lua, -2);
    lua_pushinteger(lua, 2); /* behind what is preloaded */
    lua_pushcfunction(lua, remember);
    lua_call(lua, 3, 0);
    lua_pop(lua, 1);
}

static int add_body(lua_State *lua)
{
    struct buf *paths = lua_touserdata(lua, 1);
    if (lua_rawgetp(lua, LUA_REGISTRYINDEX, &FILES) != LUA_TTABLE)
        return 0;
    for (lua_Integer i = 1; lua_rawgeti(lua, 2, i) == LUA_TSTRING; i++) {
        size_t len;
        const char *path = lua_tolstring(lua, -1, &len);
        buf_add(paths, path, len + 1);
        lua_pop(lua, 1);
    }
    return 0;
}

void files_add(struct vm *vm, struct buf *paths)
{
    struct buf error = {0};
    if (script_call(vm, &LIMITS, add_body, paths, &error) != 0)
        paths->failed = true;
    buf_deinit(&error);
}

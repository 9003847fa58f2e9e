/* bind_node.c — what relay.node needs to know of the world, and where its result goes. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lauxlib.h>

#include "script/bind.h"

/* Its address is the registry's key of the configuration. */
static const char CONFIGURATION = 0;

static int engine_path_kind(lua_State *lua)
{
    struct stat status;
    if (stat(luaL_checkstring(lua, 1), &status) != 0)
        return 0;
    lua_pushstring(lua, S_ISDIR(status.st_mode) ? "directory" : "file");
    return 1;
}

static int engine_configure(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    lua_settop(lua, 1);
    lua_rawsetp(lua, LUA_REGISTRYINDEX, &CONFIGURATION);
    return 0;
}

static int engine_configuration(lua_State *lua)
{
    bind_node_push_configuration(lua);
    return 1;
}

static void set_text(lua_State *lua, const char *key, const char *text)
{
    lua_pushstring(lua, text);
    lua_setfield(lua, -2, key);
}

static void set_host_name(lua_State *lua)
{
    char name[HOST_NAME_MAX + 1] = "";
    if (gethostname(name, sizeof name - 1) != 0)
        name[0] = '\0';
    set_text(lua, "host_name", name);
}

static void set_directories(lua_State *lua)
{
    char path[PATH_MAX];
    set_text(lua, "working_directory", getcwd(path, sizeof path) ? path : ".");
}

static void set_options(lua_State *lua, const struct script_source *source)
{
    lua_createtable(lua, (int)source->option_count, 0);
    for (size_t i = 0; i < source->option_count; i++) {
        lua_createtable(lua, 0, 3);
        set_text(lua, "key", source->options[i].key);
        set_text(lua, "value", source->options[i].value);
        set_text(lua, "source", source->options[i].source);
        lua_rawseti(lua, -2, (lua_Integer)i + 1);
    }
    lua_setfield(lua, -2, "options");
}

void bind_node(lua_State *lua, const struct script_source *source)
{
    lua_createtable(lua, 0, 6);
    set_text(lua, "main", source->main_path);
    set_text(lua, "installed_policies", source->policies_path);
    set_host_name(lua);
    set_directories(lua);
    set_options(lua, source);
    lua_setfield(lua, -2, "context");
    lua_pushcfunction(lua, engine_configure);
    lua_setfield(lua, -2, "configure");
    lua_pushcfunction(lua, engine_configuration);
    lua_setfield(lua, -2, "configuration");
    lua_pushcfunction(lua, engine_path_kind);
    lua_setfield(lua, -2, "path_kind");
}

void bind_node_push_configuration(lua_State *lua)
{
    lua_rawgetp(lua, LUA_REGISTRYINDEX, &CONFIGURATION);
}

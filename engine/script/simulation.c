/* simulation.c — see simulation.h. */
#include "script/simulation.h"

#include <lauxlib.h>
#include <string.h>

static lua_Integer wall_seconds(lua_State *lua)
{
    const struct script_simulation *simulation = lua_touserdata(lua, lua_upvalueindex(2));
    return (lua_Integer)(simulation->wall_ms(simulation->context) / 1000);
}

/* Of a table it is arithmetic: Lua's own does it. */
static int simulated_time(lua_State *lua)
{
    if (lua_isnoneornil(lua, 1)) {
        lua_pushinteger(lua, wall_seconds(lua));
        return 1;
    }
    lua_settop(lua, 1);
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_insert(lua, 1);
    lua_call(lua, 1, 1);
    return 1;
}

static int simulated_date(lua_State *lua)
{
    luaL_optstring(lua, 1, "%c");
    lua_settop(lua, 2);
    if (lua_isnil(lua, 1)) {
        lua_pushliteral(lua, "%c");
        lua_replace(lua, 1);
    }
    if (lua_isnil(lua, 2)) {
        lua_pushinteger(lua, wall_seconds(lua));
        lua_replace(lua, 2);
    }
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_insert(lua, 1);
    lua_call(lua, 2, 1);
    return 1;
}

/* A variable of its own, else the machine's. */
static int simulated_getenv(lua_State *lua)
{
    const struct script_simulation *simulation = lua_touserdata(lua, lua_upvalueindex(2));
    const char *name = luaL_checkstring(lua, 1);
    const char *const *variable = simulation->variables;
    while (variable && *variable && strcmp(*variable, name) != 0)
        variable += 2;
    if (variable && *variable) {
        lua_pushstring(lua, variable[1]);
        return 1;
    }
    lua_settop(lua, 1);
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_insert(lua, 1);
    lua_call(lua, 1, 1);
    return 1;
}

static int refuse_exit(lua_State *lua)
{
    return luaL_error(lua, "os.exit would end the test");
}

/* The function of os by this name, over Lua's own. Expects os at the top. */
static void replace(lua_State *lua, const char *name, lua_CFunction function,
                    const struct script_simulation *simulation)
{
    lua_getfield(lua, -1, name);
    lua_pushlightuserdata(lua, (void *)simulation);
    lua_pushcclosure(lua, function, 2);
    lua_setfield(lua, -2, name);
}

static void seed_random(lua_State *lua, uint64_t seed)
{
    lua_getglobal(lua, "math");
    lua_getfield(lua, -1, "randomseed");
    lua_pushinteger(lua, (lua_Integer)seed);
    lua_call(lua, 1, 0);
    lua_pop(lua, 1);
}

void simulation_open(lua_State *lua, const struct script_simulation *simulation)
{
    if (!simulation)
        return;
    lua_getglobal(lua, "os");
    replace(lua, "time", simulated_time, simulation);
    replace(lua, "date", simulated_date, simulation);
    replace(lua, "getenv", simulated_getenv, simulation);
    replace(lua, "exit", refuse_exit, simulation);
    lua_pop(lua, 1);
    seed_random(lua, simulation->seed);
}

static double read_seconds(void *context)
{
    const struct script_simulation *simulation = context;
    return (double)simulation->wall_ms(simulation->context) / 1000;
}

struct unix_clock simulation_clock(const struct script_simulation *simulation)
{
    if (!simulation)
        return (struct unix_clock){0};
    return (struct unix_clock){read_seconds, (void *)simulation};
}

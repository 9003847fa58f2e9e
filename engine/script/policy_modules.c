/* policy_modules.c — the list of them, and what they work in. */
#include "script/policy_modules.h"

#include <string.h>

#include <lauxlib.h>

#include "script/budget.h"
#include "script/json_lua.h"

#define WORK_TYPE "relay.module work"
#define WORK_BYTES_MAX ((size_t)256 * 1024)
#define BYTES_PER_INSTRUCTION 8 /* JSON and SHA-256 take their time */

static const struct {
    const char *name;
    const luaL_Reg *functions;
} MODULES[] = {
    {"relay.json", policy_json_functions},
    {"relay.jwt", policy_jwt_functions},
};

#define MODULES_COUNT (sizeof MODULES / sizeof MODULES[0])

static int free_work(lua_State *lua)
{
    struct policy_work *work = lua_touserdata(lua, 1);
    buf_deinit(&work->text);
    buf_deinit(&work->json);
    return 0;
}

static void push_work(lua_State *lua, bool is_charged)
{
    struct policy_work *work = lua_newuserdatauv(lua, sizeof *work, 0);
    *work = (struct policy_work){.is_charged = is_charged};
    buf_init(&work->text, WORK_BYTES_MAX);
    buf_init(&work->json, WORK_BYTES_MAX);
    if (luaL_newmetatable(lua, WORK_TYPE)) {
        lua_pushcfunction(lua, free_work);
        lua_setfield(lua, -2, "__gc");
    }
    lua_setmetatable(lua, -2);
}

struct policy_work *policy_modules_work(lua_State *lua)
{
    struct policy_work *work = lua_touserdata(lua, lua_upvalueindex(1));
    buf_clear(&work->text);
    buf_clear(&work->json);
    return work;
}

void policy_modules_charge(lua_State *lua, size_t bytes)
{
    const struct policy_work *work = lua_touserdata(lua, lua_upvalueindex(1));
    if (work->is_charged)
        budget_charge(lua, bytes / BYTES_PER_INSTRUCTION);
}

bool policy_modules_push(lua_State *lua, const char *name, bool is_charged)
{
    for (size_t i = 0; i < MODULES_COUNT; i++) {
        if (strcmp(MODULES[i].name, name) != 0)
            continue;
        json_lua_open_arrays(lua);
        lua_newtable(lua);
        push_work(lua, is_charged);
        luaL_setfuncs(lua, MODULES[i].functions, 1);
        return true;
    }
    return false;
}

void policy_modules_offer(struct meant *meant)
{
    for (size_t i = 0; i < MODULES_COUNT; i++)
        meant_offer(meant, MODULES[i].name);
}

/* The loader that require calls with the module's name. */
static int load_module(lua_State *lua)
{
    return policy_modules_push(lua, luaL_checkstring(lua, 1), false) ? 1 : 0;
}

void policy_modules_open(lua_State *lua)
{
    luaL_getsubtable(lua, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    for (size_t i = 0; i < MODULES_COUNT; i++) {
        lua_pushcfunction(lua, load_module);
        lua_setfield(lua, -2, MODULES[i].name);
    }
    lua_pop(lua, 1);
}

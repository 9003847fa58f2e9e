/* policy_modules.h — what a policy may require: pure modules, written in C.
 *
 * "relay.jwt" and "relay.json". In a policy sandbox.c gives them, with what they do charged against
 * the budget; where specs and scripts run, policy_modules_open puts them where Lua's own require
 * looks. */
#ifndef WSRELAY_SCRIPT_POLICY_MODULES_H
#define WSRELAY_SCRIPT_POLICY_MODULES_H

#include <stdbool.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/buf.h"
#include "script/meant.h"

/* Into package.preload, for a state with the standard libraries; it need not be a vm's. Raises. */
void policy_modules_open(lua_State *lua);

/* Pushes a new table of the module's functions and answers true; or false, and nothing is pushed.
 * `is_charged`: what they do counts against the budget of the vm that the state is. */
bool policy_modules_push(lua_State *lua, const char *name, bool is_charged);

/* Offers the names of all. */
void policy_modules_offer(struct meant *meant);

/* What the functions of a module work with: its userdata is their upvalue, so nothing leaks where
 * one raises. */
struct policy_work {
    struct buf text, json;
    bool is_charged;
};

/* The calling function's, with both buffers empty. */
struct policy_work *policy_modules_work(lua_State *lua);

/* What a function is about to read or has written. Raises when the budget is overrun. */
void policy_modules_charge(lua_State *lua, size_t bytes);

/* One module each, in policy_<module>.c; ends with a NULL name. */
extern const luaL_Reg policy_jwt_functions[], policy_json_functions[];

#endif

/* hooks_lua.h — hooks.h, answered by the policies. */
#ifndef WSRELAY_SCRIPT_HOOKS_LUA_H
#define WSRELAY_SCRIPT_HOOKS_LUA_H

#include <lua.h>

#include "hooks.h"
#include "script/policy.h"

/* The policies outlive the hooks. */
void hooks_lua_fill(struct policies *policies, struct hooks *hooks);

/* For bodies: reads `true`, or `false, reason[, status]`, from `index` on; raises for an answer
 * that is neither. */
void hooks_lua_read_verdict(lua_State *lua, const struct policies *policies,
                            enum policy_question question, int index, struct verdict *verdict);

#endif

/* hooks_lua.h — hooks.h, answered by the policies. */
#ifndef WSRELAY_SCRIPT_HOOKS_LUA_H
#define WSRELAY_SCRIPT_HOOKS_LUA_H

#include "hooks.h"

struct policies;

/* The policies outlive the hooks. */
void hooks_lua_fill(struct policies *policies, struct hooks *hooks);

#endif

/* policy_rules.h — the rules of policies/health.lua, a list of { state =, reason =, when = }. */
#ifndef WSRELAY_SCRIPT_POLICY_RULES_H
#define WSRELAY_SCRIPT_POLICY_RULES_H

#include <lua.h>

#include "script/policy.h"

/* Takes the rules at the top; `path` is the file's, for errors. For bodies: raises. */
void policy_rules_read(lua_State *lua, const char *path, struct policies *policies);

#endif

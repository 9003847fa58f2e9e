/* sandbox_pattern.h — string.find, match, gmatch and gsub, whose steps count against the budget. */
#ifndef WSRELAY_SCRIPT_SANDBOX_PATTERN_H
#define WSRELAY_SCRIPT_SANDBOX_PATTERN_H

#include <lua.h>

/* Replaces the four in the string library at the top of the stack. */
void sandbox_pattern_open(lua_State *lua);

#endif

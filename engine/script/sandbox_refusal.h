/* sandbox_refusal.h — what a policy is told when it reaches for a global that it does not have. */
#ifndef WSRELAY_SCRIPT_SANDBOX_REFUSAL_H
#define WSRELAY_SCRIPT_SANDBOX_REFUSAL_H

#include <lua.h>

/* Pushes a metatable that raises for every name that its table lacks, and for every assignment.
 */
void sandbox_refusal_push(lua_State *lua);

#endif

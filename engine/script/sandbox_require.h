/* sandbox_require.h — require, as policies have it: the modules of policy_modules.h and no file. */
#ifndef WSRELAY_SCRIPT_SANDBOX_REQUIRE_H
#define WSRELAY_SCRIPT_SANDBOX_REQUIRE_H

#include <lua.h>

/* Pushes one environment's require, whose modules are its own: no file sees what another one did to
 * them. */
void sandbox_require_push(lua_State *lua);

#endif

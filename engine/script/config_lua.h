/* config_lua.h — the table that scripts/relay/config.lua made, copied into struct config. */
#ifndef WSRELAY_SCRIPT_CONFIG_LUA_H
#define WSRELAY_SCRIPT_CONFIG_LUA_H

#include <lua.h>

#include "config.h"

/* Fills the zeroed `config` from the table at the top. Raises; what was filled in until then the
 * owner frees with config_free. */
void config_lua_read(lua_State *lua, struct config *config);

#endif

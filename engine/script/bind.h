/* bind.h — require "relay.engine": what C gives to the modules of scripts/relay, in the scripts'
 * state alone.
 *
 * Users meet it through require "relay" (scripts/relay/init.lua). One bind_<noun>.c a group; each
 * has a function that sets its fields in the module table at the top of the stack. */
#ifndef WSRELAY_SCRIPT_BIND_H
#define WSRELAY_SCRIPT_BIND_H

#include <lua.h>

#include "script/script.h"

/* log(level, message, place): one line at that level. The log outlives the state. */
void bind_log(lua_State *lua, const struct log *log);

/* context: facts of this load; configure(table): what relay.node made of it; path_kind(path). */
void bind_node(lua_State *lua, const struct script_source *source);

/* Pushes the table that configure got; nil when it was not called. */
void bind_node_push_configuration(lua_State *lua);

#endif

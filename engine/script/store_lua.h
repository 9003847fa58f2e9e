/* store_lua.h — a store's jobs and answers, as Lua tables.
 *
 * A job in Lua is a list of statements, each { "SQL", parameter, … }: nil, integer, float, string,
 * boolean (1 or 0). An answer is a list that has for each statement the list of its rows, each a
 * list of values. What is NULL is nil, so a row may have holes. */
#ifndef WSRELAY_SCRIPT_STORE_LUA_H
#define WSRELAY_SCRIPT_STORE_LUA_H

#include <lua.h>

#include "base/buf.h"

#define STORE_LUA_PARAMETERS_MAX 999

/* Adds the job of the table at `index`. Raises where it is none. */
void store_lua_write_job(lua_State *lua, int index, struct buf *job);

/* Pushes the lists of an answer; 1. */
int store_lua_push_rows(lua_State *lua, const struct buf *answer);

#endif

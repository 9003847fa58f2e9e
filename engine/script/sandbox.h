/* sandbox.h — the globals of one policy file: pure functions over plain values.
 *
 * Each environment has library tables of its own, so no file sees what another one did to them.
 * What is missing is missing on purpose: os, io, debug, load, dofile, package, print,
 * collectgarbage, coroutine, math.random, string.dump; sandbox_refusal.c says what to do instead.
 * require knows relay.json and relay.jwt, and no file. */
#ifndef WSRELAY_SCRIPT_SANDBOX_H
#define WSRELAY_SCRIPT_SANDBOX_H

#include <lua.h>

/* Prepares a state for sandboxed code, once. Raises. */
void sandbox_open(lua_State *lua);

/* For the scripts' state, whose libraries are all open: functions that could run without end inside
 * of C (patterns, rep, move) count against the budget there, too, and a handler of xpcall is not
 * asked about an overrun. Raises. */
void sandbox_bound(lua_State *lua);

/* Pushes a new environment. Raises. */
void sandbox_push(lua_State *lua);

#endif

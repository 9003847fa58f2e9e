/* call.h — the one way into a Lua state.
 *
 * `body` is a C function that runs protected, with `context` as a light userdata at index 1 (never
 * handed on to a script). It pushes its arguments, calls and reads the results there, so whatever
 * raises, memory errors included, ends here. It must own nothing that a raise would leak. */
#ifndef WSRELAY_SCRIPT_CALL_H
#define WSRELAY_SCRIPT_CALL_H

#include <lua.h>

#include "base/buf.h"
#include "script/vm.h"

/* Raises in `lua` what a coroutine died of, with the coroutine's own traceback, which goes through
 * all that it waited in. For bodies that resumed one. */
int script_raise_from(lua_State *lua, lua_State *coroutine);

/* 0, or RELAY_ESCRIPT with message and traceback added to `error`. */
int script_call(struct vm *vm, const struct budget_limits *limits, lua_CFunction body,
                void *context, struct buf *error) RELAY_MUST_USE;

#endif

/* command.h — a command from the network becomes a handler's call, and what the handler returns a
 * response.
 *
 * Source: protocol-notes "Command", docs/protocol.md for the failures. For bodies of script_call:
 * they raise. */
#ifndef WSRELAY_SCRIPT_COMMAND_H
#define WSRELAY_SCRIPT_COMMAND_H

#include <lua.h>

#include "base/buf.h"
#include "script/task.h"

/* Pushes the command's handler and its request: 1. Without a handler, or with data that is no
 * object, writes the denial into the runtime's response: -1. */
int command_push(lua_State *lua, struct task *task);

/* Writes the response from what the handler returned: the values on its coroutine's stack. */
void command_finish(lua_State *lua, struct task *task);

/* Replaces what is in `response`. */
void command_deny(struct buf *response, const char *reason);

/* Pushes what scripts see of a peer. */
void command_push_peer(lua_State *lua, const struct mesh_peer *peer);

/* Pushes the table of the handlers, by name. */
void command_push_handlers(lua_State *lua);

/* Sets the handler of a command: the function at the top, which is popped. */
void command_set(lua_State *lua, const char *name);

#endif

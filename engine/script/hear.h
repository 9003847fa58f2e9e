/* hear.h — what happens in the relay becomes calls of the handlers that relay.on registered.
 *
 * The core only notes an event here (relay/events.h): its facts are written as JSON at once, and
 * the handler runs in a later turn of the loop. Where nobody listens, the core has a NULL pointer.
 */
#ifndef WSRELAY_SCRIPT_HEAR_H
#define WSRELAY_SCRIPT_HEAR_H

#include <lua.h>

#include "script/runtime.h"

/* Adds a handler of an event: a reference, which is taken over. RELAY_ENOMEM, RELAY_EFULL. */
int hear_add(struct runtime *runtime, enum runtime_event event, int function) RELAY_MUST_USE;
/* Tells the relay what is listened to, in a world that is new. */
void hear_listen(struct runtime *runtime);
/* There was no room for a handler: logs and counts it. */
void hear_dropped(struct runtime *runtime, enum runtime_event event);
/* The runtime does not listen any more. */
void hear_nothing(struct runtime *runtime);

/* Pushes the arguments of a task's handler; how many. For bodies. */
int hear_push(lua_State *lua, const struct task *task);

#endif

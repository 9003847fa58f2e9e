/* identity.h — the table that client_auth.connect returned, kept as the text of a JSON object.
 *
 * Bounded by IDENTITY_MAX bytes and by its depth: what a policy returns may refer to itself. */
#ifndef WSRELAY_SCRIPT_IDENTITY_H
#define WSRELAY_SCRIPT_IDENTITY_H

#include <lua.h>

#include "base/buf.h"
#include "hooks.h"

/* Adds the table at `index`. Raises when it is too large or holds what JSON cannot. */
void identity_write(lua_State *lua, int index, struct buf *text);

/* Pushes the table that the text holds; an empty one for an empty text. Raises. */
void identity_push(lua_State *lua, struct text text);

#endif

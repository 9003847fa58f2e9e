/* snapshot.h — a table's plain values as bytes, from one Lua state to another.
 *
 * Strings, numbers, booleans, relay.null and tables of these, shared and circular ones too. What
 * belongs to a state (functions, userdata, coroutines) is left out and named. For bodies of
 * script_call: both raise. */
#ifndef WSRELAY_SCRIPT_SNAPSHOT_H
#define WSRELAY_SCRIPT_SNAPSHOT_H

#include <lua.h>

#include "base/buf.h"

#define SNAPSHOT_DEPTH_MAX 100 /* tables in tables */

/* Adds the table at `index` to `bytes`. The paths of what is left out go to `left_out`, with ", "
 * between them, as far as they find room there. `name` is the table's: "relay.state". */
void snapshot_write(lua_State *lua, int index, const char *name, struct buf *bytes,
                    struct buf *left_out);

/* Sets the keys of a snapshot in the table at `index`; others of its keys stay. */
void snapshot_read(lua_State *lua, int index, const struct buf *bytes);

#endif

/* files.h — which files a load read: main.lua and what it required.
 *
 * A searcher that finds nothing stands before Lua's own and remembers where they will look, so a
 * module that does not compile is known too. */
#ifndef WSRELAY_SCRIPT_FILES_H
#define WSRELAY_SCRIPT_FILES_H

#include <lua.h>

#include "script/vm.h"

/* From now on `require` remembers. Once in a state, when its path stands. Raises. */
void files_open(lua_State *lua);

/* Adds the paths, each with a NUL behind it. What does not fit is left out. */
void files_add(struct vm *vm, struct buf *paths);

#endif

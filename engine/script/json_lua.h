/* json_lua.h — Lua values to JSON text and back, within the caller's limits.
 *
 * A table with a first element is an array, any other an object, so an empty array needs the mark
 * of relay.array{}; what is read has it. null is a value of its own (relay.null). Whole numbers are
 * written as integers. The surprising rule: the writer raises where a value cannot be written, the
 * reader answers false where a text cannot be read; both raise for want of memory. */
#ifndef WSRELAY_SCRIPT_JSON_LUA_H
#define WSRELAY_SCRIPT_JSON_LUA_H

#include <stdbool.h>
#include <stddef.h>

#include <lua.h>

#include "base/buf.h"
#include "hooks.h"

struct json_lua_limits {
    const char *what; /* for errors: "the identity" */
    size_t bytes_max;
    int depth_max; /* tables in tables */
};

/* Adds the table at `index`, which becomes an object. Raises when it is too large or holds what
 * JSON cannot; the buffer's owner undoes what was added until then. */
void json_lua_write_object(lua_State *lua, int index, const struct json_lua_limits *limits,
                           struct buf *text);
/* Adds any value. */
void json_lua_write(lua_State *lua, int index, const struct json_lua_limits *limits,
                    struct buf *text);

/* Pushes the value of the text and answers true; or answers false, with nothing pushed: it is no
 * JSON, or deeper than `depth_max`. */
bool json_lua_push(lua_State *lua, struct text text, int depth_max);
/* The same with nil for null: a field that is null is not there. */
bool json_lua_push_plain(lua_State *lua, struct text text, int depth_max);

/* Prepares a state for null and arrays; where that was not done, both are unknown. Raises. */
void json_lua_open(lua_State *lua);
/* For arrays alone. */
void json_lua_open_arrays(lua_State *lua);
/* The value that stands for null. */
void json_lua_push_null(lua_State *lua);
/* Marks the table at the top as an array; whether it has the mark. */
void json_lua_mark_array(lua_State *lua);
bool json_lua_is_array(lua_State *lua);
/* For Lua, array(table): the table, a new one without it, marked. */
int json_lua_array(lua_State *lua);
/* Pushes a value that is written as this text, which must be JSON. */
void json_lua_push_raw(lua_State *lua, struct text text);

#endif

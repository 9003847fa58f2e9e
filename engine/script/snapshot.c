/* snapshot.c — see snapshot.h.
 *
 * A value is a tag and what the tag says; a table its pairs and an end. Tables are numbered as they
 * come, so that a second way to one is a reference. */
#include "script/snapshot.h"

#include <stdint.h>
#include <string.h>

#include <lauxlib.h>

#include "script/json_lua.h"

enum tag {
    TAG_END,
    TAG_FALSE,
    TAG_TRUE,
    TAG_NULL,
    TAG_INTEGER,
    TAG_NUMBER,
    TAG_STRING,
    TAG_TABLE,
    TAG_ARRAY, /* a table with the mark of relay.array */
    TAG_REFERENCE
};

struct writer {
    struct buf *bytes, *left_out;
    struct buf *path;
    int seen; /* stack index of the numbers, by table */
    lua_Integer count;
};

static void write_raw(lua_State *lua, const struct writer *writer, const void *bytes, size_t len)
{
    buf_add(writer->bytes, bytes, len);
    if (writer->bytes->failed)
        luaL_error(lua, "it is larger than %I bytes", (LUAI_UACINT)writer->bytes->max);
}

static void write_tag(lua_State *lua, const struct writer *writer, enum tag tag)
{
    unsigned char byte = (unsigned char)tag;
    write_raw(lua, writer, &byte, 1);
}

static bool is_null(lua_State *lua, int index)
{
    json_lua_push_null(lua);
    bool is_it = lua_rawequal(lua, index < 0 ? index - 1 : index, -1);
    lua_pop(lua, 1);
    return is_it;
}

static bool is_plain(lua_State *lua, int index)
{
    switch (lua_type(lua, index)) {
    case LUA_TBOOLEAN:
    case LUA_TNUMBER:
    case LUA_TSTRING:
    case LUA_TTABLE:
        return true;
    case LUA_TUSERDATA:
        return is_null(lua, index);
    default:
        return false;
    }
}

static void leave_out(lua_State *lua, const struct writer *writer, int index)
{
    struct buf *out = writer->left_out;
    size_t before = out->len;
    if (before > 0)
        buf_add_text(out, ", ");
    buf_add(out, writer->path->bytes, writer->path->len);
    buf_add_text(out, " (a ");
    buf_add_text(out, luaL_typename(lua, index));
    buf_add_byte(out, ')');
    if (out->failed) { /* enough of them are named */
        out->len = before;
        out->failed = false;
    }
}

/* Adds ".key" to the path for the time of the value; how long it was before. */
static size_t enter_key(lua_State *lua, const struct writer *writer, int index)
{
    size_t before = writer->path->len;
    if (lua_type(lua, index) == LUA_TSTRING) {
        buf_add_byte(writer->path, '.');
        buf_add_text(writer->path, lua_tostring(lua, index));
    } else {
        buf_add_text(writer->path, "[…]");
    }
    writer->path->failed = false;
    return before;
}

static void write_value(lua_State *lua, struct writer *writer, int depth);

/* The key at -2 and the value at -1. */
static void write_pair(lua_State *lua, struct writer *writer, int depth)
{
    size_t before = enter_key(lua, writer, -2);
    if (!is_plain(lua, -2)) {
        leave_out(lua, writer, -2);
    } else if (!is_plain(lua, -1)) {
        leave_out(lua, writer, -1);
    } else {
        lua_pushvalue(lua, -2);
        write_value(lua, writer, depth);
        lua_pop(lua, 1);
        write_value(lua, writer, depth);
    }
    writer->path->len = before;
}

/* The table at the top; a reference when it was written already. */
static void write_table(lua_State *lua, struct writer *writer, int depth)
{
    lua_pushvalue(lua, -1);
    if (lua_rawget(lua, writer->seen) != LUA_TNIL) {
        lua_Integer number = lua_tointeger(lua, -1);
        lua_pop(lua, 1);
        write_tag(lua, writer, TAG_REFERENCE);
        write_raw(lua, writer, &number, sizeof number);
        return;
    }
    lua_pop(lua, 1);
    if (depth == 0) {
        lua_pushlstring(lua, writer->path->bytes, writer->path->len);
        luaL_error(lua, "%s is deeper than %d tables", lua_tostring(lua, -1), SNAPSHOT_DEPTH_MAX);
    }
    lua_pushvalue(lua, -1);
    lua_pushinteger(lua, ++writer->count);
    lua_rawset(lua, writer->seen);
    write_tag(lua, writer, json_lua_is_array(lua) ? TAG_ARRAY : TAG_TABLE);
    luaL_checkstack(lua, 8, "relay.state");
    for (lua_pushnil(lua); lua_next(lua, -2); lua_pop(lua, 1))
        write_pair(lua, writer, depth - 1);
    write_tag(lua, writer, TAG_END);
}

static void write_number(lua_State *lua, const struct writer *writer)
{
    if (lua_isinteger(lua, -1)) {
        lua_Integer integer = lua_tointeger(lua, -1);
        write_tag(lua, writer, TAG_INTEGER);
        write_raw(lua, writer, &integer, sizeof integer);
    } else {
        lua_Number number = lua_tonumber(lua, -1);
        write_tag(lua, writer, TAG_NUMBER);
        write_raw(lua, writer, &number, sizeof number);
    }
}

static void write_string(lua_State *lua, const struct writer *writer)
{
    size_t len;
    const char *string = lua_tolstring(lua, -1, &len);
    write_tag(lua, writer, TAG_STRING);
    write_raw(lua, writer, &len, sizeof len);
    write_raw(lua, writer, string, len);
}

/* The value at the top, which is plain. */
static void write_value(lua_State *lua, struct writer *writer, int depth)
{
    switch (lua_type(lua, -1)) {
    case LUA_TBOOLEAN:
        write_tag(lua, writer, lua_toboolean(lua, -1) ? TAG_TRUE : TAG_FALSE);
        break;
    case LUA_TNUMBER:
        write_number(lua, writer);
        break;
    case LUA_TSTRING:
        write_string(lua, writer);
        break;
    case LUA_TTABLE:
        write_table(lua, writer, depth);
        break;
    default:
        write_tag(lua, writer, TAG_NULL);
        break;
    }
}

void snapshot_write(lua_State *lua, int index, const char *name, struct buf *bytes,
                    struct buf *left_out)
{
    char room[512]; /* a path that is longer is cut */
    struct buf path = {.bytes = room, .capacity = sizeof room, .max = sizeof room - 1};
    struct writer writer = {bytes, left_out, &path, 0, 0};
    buf_add_text(&path, name);
    index = lua_absindex(lua, index);
    lua_newtable(lua);
    writer.seen = lua_gettop(lua);
    lua_pushvalue(lua, index);
    write_table(lua, &writer, SNAPSHOT_DEPTH_MAX);
    lua_pop(lua, 2);
}

struct reader {
    const char *at;
    int seen; /* stack index of the tables, by number */
    lua_Integer count;
};

static void read_raw(struct reader *reader, void *out, size_t len)
{
    memcpy(out, reader->at, len);
    reader->at += len;
}

static enum tag read_tag(struct reader *reader)
{
    return (enum tag)(unsigned char)*reader->at++;
}

static void read_value(lua_State *lua, struct reader *reader, enum tag tag);

/* Into the table at the top. */
static void read_pairs(lua_State *lua, struct reader *reader)
{
    luaL_checkstack(lua, 8, "relay.state");
    lua_pushvalue(lua, -1);
    lua_rawseti(lua, reader->seen, ++reader->count);
    for (enum tag tag; (tag = read_tag(reader)) != TAG_END;) {
        read_value(lua, reader, tag);
        read_value(lua, reader, read_tag(reader));
        lua_rawset(lua, -3);
    }
}

static void read_table(lua_State *lua, struct reader *reader, bool is_array)
{
    lua_newtable(lua);
    if (is_array)
        json_lua_mark_array(lua);
    read_pairs(lua, reader);
}

static void read_string(lua_State *lua, struct reader *reader)
{
    size_t len;
    read_raw(reader, &len, sizeof len);
    lua_pushlstring(lua, reader->at, len);
    reader->at += len;
}

static void read_integer(lua_State *lua, struct reader *reader)
{
    lua_Integer integer;
    read_raw(reader, &integer, sizeof integer);
    lua_pushinteger(lua, integer);
}

static void read_number(lua_State *lua, struct reader *reader)
{
    lua_Number number;
    read_raw(reader, &number, sizeof number);
    lua_pushnumber(lua, number);
}

static void read_reference(lua_State *lua, struct reader *reader)
{
    lua_Integer number;
    read_raw(reader, &number, sizeof number);
    lua_rawgeti(lua, reader->seen, number);
}

static void read_value(lua_State *lua, struct reader *reader, enum tag tag)
{
    switch (tag) {
    case TAG_FALSE:
    case TAG_TRUE:
        lua_pushboolean(lua, tag == TAG_TRUE);
        break;
    case TAG_INTEGER:
        read_integer(lua, reader);
        break;
    case TAG_NUMBER:
        read_number(lua, reader);
        break;
    case TAG_STRING:
        read_string(lua, reader);
        break;
    case TAG_TABLE:
    case TAG_ARRAY:
        read_table(lua, reader, tag == TAG_ARRAY);
        break;
    case TAG_REFERENCE:
        read_reference(lua, reader);
        break;
    default:
        json_lua_push_null(lua);
        break;
    }
}

void snapshot_read(lua_State *lua, int index, const struct buf *bytes)
{
    struct reader reader = {.at = bytes->bytes};
    index = lua_absindex(lua, index);
    lua_newtable(lua);
    reader.seen = lua_gettop(lua);
    lua_pushvalue(lua, index);
    (void)read_tag(&reader);
    read_pairs(lua, &reader);
    lua_pop(lua, 2);
}

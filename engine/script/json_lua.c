/* json_lua.c — see json_lua.h. */
#include "script/json_lua.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "protocol/json_read.h"
#include "protocol/json_write.h"
#include "protocol/utf8.h"

#define NUMBER_MAX 40                /* bytes that are written */
#define DIGITS_MAX 512               /* bytes that are read */
#define EXACT_MAX 9007199254740992.0 /* 2^53: up to here a float that is whole is that integer */

/* The registry's names of the three metatables. */
#define NULL_TYPE "relay.null"
#define ARRAY_TYPE "relay.array"
#define RAW_TYPE "relay.raw"

struct writer {
    const struct json_lua_limits *limits;
    struct buf *text;
    size_t start; /* of what is written, in the buffer */
};

static void write_value(lua_State *lua, struct writer *writer, int depth);

static void check_room(lua_State *lua, const struct writer *writer, size_t more)
{
    if (writer->text->failed ||
        writer->text->len - writer->start + more > writer->limits->bytes_max)
        luaL_error(lua, "%s is larger than %I bytes of JSON", writer->limits->what,
                   (LUAI_UACINT)writer->limits->bytes_max);
}

static void write_bytes(lua_State *lua, struct writer *writer, const char *bytes, size_t len)
{
    check_room(lua, writer, len);
    buf_add(writer->text, bytes, len);
}

static void write_byte(lua_State *lua, struct writer *writer, char byte)
{
    write_bytes(lua, writer, &byte, 1);
}

static void write_string(lua_State *lua, struct writer *writer, int index)
{
    size_t len;
    const char *string = lua_tolstring(lua, index, &len);
    check_room(lua, writer, len + 2);
    if (!utf8_is_valid(string, len))
        luaL_error(lua, "%s holds a string that is not UTF-8", writer->limits->what);
    json_write_string(writer->text, string, len);
    check_room(lua, writer, 0);
}

/* As few digits as tell the number from all others. */
static int format_float(char *digits, double number)
{
    int len = snprintf(digits, NUMBER_MAX, "%.14g", number);
    if (strtod(digits, NULL) != number)
        len = snprintf(digits, NUMBER_MAX, "%.17g", number);
    return len;
}

static void write_number(lua_State *lua, struct writer *writer)
{
    char digits[NUMBER_MAX];
    double number = lua_tonumber(lua, -1);
    int len;
    if (lua_isinteger(lua, -1))
        len = snprintf(digits, sizeof digits, "%lld", (long long)lua_tointeger(lua, -1));
    else if (!isfinite(number))
        len = luaL_error(lua, "%s holds a number that JSON cannot", writer->limits->what);
    else if (number == floor(number) && fabs(number) <= EXACT_MAX)
        len = snprintf(digits, sizeof digits, "%lld", (long long)number);
    else
        len = format_float(digits, number);
    write_bytes(lua, writer, digits, (size_t)len);
}

static lua_Integer count_members(lua_State *lua)
{
    lua_Integer count = 0;
    for (lua_pushnil(lua); lua_next(lua, -2); lua_pop(lua, 1))
        count++;
    return count;
}

static void write_array(lua_State *lua, struct writer *writer, lua_Integer count, int depth)
{
    if (count_members(lua) != count)
        luaL_error(lua, "%s holds a table that is half a list", writer->limits->what);
    write_byte(lua, writer, '[');
    for (lua_Integer i = 1; i <= count; i++) {
        if (i > 1)
            write_byte(lua, writer, ',');
        lua_rawgeti(lua, -1, i);
        write_value(lua, writer, depth);
        lua_pop(lua, 1);
    }
    write_byte(lua, writer, ']');
}

static void write_object(lua_State *lua, struct writer *writer, int depth)
{
    char before = '{';
    for (lua_pushnil(lua); lua_next(lua, -2); lua_pop(lua, 1)) {
        if (lua_type(lua, -2) != LUA_TSTRING)
            luaL_error(lua, "%s holds a key that is a %s", writer->limits->what,
                       luaL_typename(lua, -2));
        write_byte(lua, writer, before);
        write_string(lua, writer, -2);
        write_byte(lua, writer, ':');
        write_value(lua, writer, depth);
        before = ',';
    }
    if (before == '{')
        write_byte(lua, writer, '{');
    write_byte(lua, writer, '}');
}

/* Whether the value at the top has the metatable of that name. */
static bool is_of_type(lua_State *lua, const char *type)
{
    if (!lua_getmetatable(lua, -1))
        return false;
    luaL_getmetatable(lua, type);
    bool is_equal = lua_istable(lua, -1) && lua_rawequal(lua, -1, -2);
    lua_pop(lua, 2);
    return is_equal;
}

static void write_table(lua_State *lua, struct writer *writer, int depth)
{
    if (depth >= writer->limits->depth_max)
        luaL_error(lua, "%s is deeper than %d tables", writer->limits->what,
                   writer->limits->depth_max);
    lua_Integer count = (lua_Integer)lua_rawlen(lua, -1);
    if (count > 0 || is_of_type(lua, ARRAY_TYPE))
        write_array(lua, writer, count, depth + 1);
    else
        write_object(lua, writer, depth + 1);
}

static void write_userdata(lua_State *lua, struct writer *writer)
{
    if (is_of_type(lua, RAW_TYPE))
        write_bytes(lua, writer, lua_touserdata(lua, -1), lua_rawlen(lua, -1));
    else if (is_of_type(lua, NULL_TYPE))
        write_bytes(lua, writer, "null", 4);
    else
        luaL_error(lua, "%s holds a userdata", writer->limits->what);
}

/* The value at the top. */
static void write_value(lua_State *lua, struct writer *writer, int depth)
{
    luaL_checkstack(lua, 8, NULL);
    switch (lua_type(lua, -1)) {
    case LUA_TSTRING:
        write_string(lua, writer, -1);
        return;
    case LUA_TNUMBER:
        write_number(lua, writer);
        return;
    case LUA_TBOOLEAN:
        if (lua_toboolean(lua, -1))
            write_bytes(lua, writer, "true", 4);
        else
            write_bytes(lua, writer, "false", 5);
        return;
    case LUA_TTABLE:
        write_table(lua, writer, depth);
        return;
    case LUA_TUSERDATA:
        write_userdata(lua, writer);
        return;
    default:
        luaL_error(lua, "%s holds a %s", writer->limits->what, luaL_typename(lua, -1));
    }
}

void json_lua_write(lua_State *lua, int index, const struct json_lua_limits *limits,
                    struct buf *text)
{
    struct writer writer = {.limits = limits, .text = text, .start = text->len};
    luaL_checkstack(lua, 8, NULL);
    lua_pushvalue(lua, index);
    write_value(lua, &writer, 0);
    lua_pop(lua, 1);
}

void json_lua_write_object(lua_State *lua, int index, const struct json_lua_limits *limits,
                           struct buf *text)
{
    struct writer writer = {.limits = limits, .text = text, .start = text->len};
    luaL_checkstack(lua, 8, NULL);
    lua_pushvalue(lua, index);
    write_object(lua, &writer, 1);
    lua_pop(lua, 1);
}

/* The text was checked, so the reader only has to find its way. */
struct reader {
    const char *at, *end;
    bool is_plain; /* null is nil */
};

static bool push_value(lua_State *lua, struct reader *reader, int depth);

static void skip_space(struct reader *reader)
{
    while (reader->at < reader->end && strchr(" \t\r\n", *reader->at))
        reader->at++;
}

/* The next character that is no white space; it is taken when it is this one. */
static bool take(struct reader *reader, char byte)
{
    skip_space(reader);
    if (reader->at >= reader->end || *reader->at != byte)
        return false;
    reader->at++;
    return true;
}

static bool push_string(lua_State *lua, struct reader *reader)
{
    const char *start = reader->at++;
    while (*reader->at != '"')
        reader->at += *reader->at == '\\' ? 2 : 1;
    reader->at++;
    struct json_span span = {start, (size_t)(reader->at - start), JSON_STRING};
    luaL_Buffer buffer;
    size_t len;
    char *room = luaL_buffinitsize(lua, &buffer, span.len);
    if (json_string_decode(&span, room, span.len, &len) != 0)
        return false;
    luaL_pushresultsize(&buffer, len);
    return true;
}

static bool push_number(lua_State *lua, struct reader *reader)
{
    char digits[DIGITS_MAX + 1];
    size_t len = 0;
    while (reader->at < reader->end && *reader->at && strchr("+-.0123456789eE", *reader->at)) {
        if (len == DIGITS_MAX)
            return false;
        digits[len++] = *reader->at++;
    }
    digits[len] = '\0';
    return lua_stringtonumber(lua, digits) != 0;
}

static bool push_array(lua_State *lua, struct reader *reader, int depth)
{
    lua_newtable(lua);
    json_lua_mark_array(lua);
    if (take(reader, ']'))
        return true;
    for (lua_Integer i = 1;; i++) {
        if (!push_value(lua, reader, depth))
            return false;
        lua_rawseti(lua, -2, i);
        if (!take(reader, ','))
            return take(reader, ']');
    }
}

static bool push_object(lua_State *lua, struct reader *reader, int depth)
{
    lua_newtable(lua);
    if (take(reader, '}'))
        return true;
    for (;;) {
        if (!push_value(lua, reader, depth) || !take(reader, ':') ||
            !push_value(lua, reader, depth))
            return false;
        lua_rawset(lua, -3);
        if (!take(reader, ','))
            return take(reader, '}');
    }
}

static bool push_word(lua_State *lua, struct reader *reader)
{
    switch (*reader->at) {
    case 't':
        lua_pushboolean(lua, 1);
        reader->at += 4;
        return true;
    case 'f':
        lua_pushboolean(lua, 0);
        reader->at += 5;
        return true;
    case 'n':
        if (reader->is_plain)
            lua_pushnil(lua);
        else
            json_lua_push_null(lua);
        reader->at += 4;
        return true;
    default:
        return push_number(lua, reader);
    }
}

static bool push_value(lua_State *lua, struct reader *reader, int depth)
{
    luaL_checkstack(lua, 6, NULL);
    if (depth < 0)
        return false;
    if (take(reader, '{'))
        return push_object(lua, reader, depth - 1);
    if (take(reader, '['))
        return push_array(lua, reader, depth - 1);
    if (*reader->at == '"')
        return push_string(lua, reader);
    return push_word(lua, reader);
}

static bool is_json(struct text text)
{
    struct json_reader json;
    struct json_span value;
    json_read_init(&json, text.at, text.len);
    return json_read_value(&json, &value) == 0 && json_finish(&json) == 0;
}

static bool push_text(lua_State *lua, struct text text, int depth_max, bool is_plain)
{
    struct reader reader = {.at = text.at, .end = text.at + text.len, .is_plain = is_plain};
    int height = lua_gettop(lua);
    if (is_json(text) && push_value(lua, &reader, depth_max))
        return true;
    lua_settop(lua, height);
    return false;
}

bool json_lua_push(lua_State *lua, struct text text, int depth_max)
{
    return push_text(lua, text, depth_max, false);
}

bool json_lua_push_plain(lua_State *lua, struct text text, int depth_max)
{
    return push_text(lua, text, depth_max, true);
}

static int null_to_text(lua_State *lua)
{
    lua_pushliteral(lua, "null");
    return 1;
}

/* Makes the metatable of that name; users cannot see or change it. */
static void new_type(lua_State *lua, const char *type)
{
    luaL_newmetatable(lua, type);
    lua_pushliteral(lua, "locked");
    lua_setfield(lua, -2, "__metatable");
}

void json_lua_open_arrays(lua_State *lua)
{
    new_type(lua, ARRAY_TYPE);
    lua_pop(lua, 1);
}

void json_lua_open(lua_State *lua)
{
    json_lua_open_arrays(lua);
    new_type(lua, RAW_TYPE);
    lua_pop(lua, 1);
    lua_newuserdatauv(lua, 0, 0);
    new_type(lua, NULL_TYPE);
    lua_pushcfunction(lua, null_to_text);
    lua_setfield(lua, -2, "__tostring");
    lua_pushvalue(lua, -2);
    lua_setfield(lua, -2, "value");
    lua_setmetatable(lua, -2);
    lua_pop(lua, 1);
}

void json_lua_push_null(lua_State *lua)
{
    if (luaL_getmetatable(lua, NULL_TYPE) == LUA_TTABLE) {
        lua_getfield(lua, -1, "value");
        lua_remove(lua, -2);
    }
}

void json_lua_mark_array(lua_State *lua)
{
    luaL_getmetatable(lua, ARRAY_TYPE);
    lua_setmetatable(lua, -2); /* nil where the state has none */
}

int json_lua_array(lua_State *lua)
{
    if (lua_isnoneornil(lua, 1)) {
        lua_settop(lua, 0);
        lua_newtable(lua);
    }
    luaL_checktype(lua, 1, LUA_TTABLE);
    lua_settop(lua, 1);
    json_lua_mark_array(lua);
    return 1;
}

bool json_lua_is_array(lua_State *lua)
{
    return is_of_type(lua, ARRAY_TYPE);
}

void json_lua_push_raw(lua_State *lua, struct text text)
{
    memcpy(lua_newuserdatauv(lua, text.len, 0), text.at, text.len);
    luaL_setmetatable(lua, RAW_TYPE);
}

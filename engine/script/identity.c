/* identity.c — tables to JSON and back. */
#include "script/identity.h"

#include <math.h>
#include <string.h>

#include <lauxlib.h>

#include "protocol/json_read.h"
#include "protocol/json_write.h"
#include "protocol/utf8.h"

#define DEPTH_MAX 8
#define NUMBER_MAX 40

struct writer {
    struct buf *text;
    size_t start; /* of the identity in the buffer */
};

static void write_value(lua_State *lua, struct writer *writer, int depth);

static void check_room(lua_State *lua, const struct writer *writer, size_t more)
{
    if (writer->text->failed || writer->text->len - writer->start + more > IDENTITY_MAX)
        luaL_error(lua, "the identity is larger than %d bytes of JSON", IDENTITY_MAX);
}

static void write_byte(lua_State *lua, struct writer *writer, char byte)
{
    check_room(lua, writer, 1);
    buf_add_byte(writer->text, byte);
}

static void write_string(lua_State *lua, struct writer *writer, int index)
{
    size_t len;
    const char *string = lua_tolstring(lua, index, &len);
    check_room(lua, writer, len + 2);
    if (!utf8_is_valid(string, len))
        luaL_error(lua, "the identity holds a string that is not UTF-8");
    json_write_string(writer->text, string, len);
    check_room(lua, writer, 0);
}

static void write_number(lua_State *lua, struct writer *writer)
{
    if (!lua_isinteger(lua, -1) && !isfinite(lua_tonumber(lua, -1)))
        luaL_error(lua, "the identity holds a number that JSON cannot");
    if (lua_isinteger(lua, -1))
        lua_pushfstring(lua, "%I", (LUAI_UACINT)lua_tointeger(lua, -1));
    else
        lua_pushfstring(lua, "%f", (LUAI_UACNUMBER)lua_tonumber(lua, -1));
    size_t len;
    const char *digits = lua_tolstring(lua, -1, &len);
    check_room(lua, writer, len);
    buf_add(writer->text, digits, len);
    lua_pop(lua, 1);
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
        luaL_error(lua, "the identity holds a table that is half a list");
    for (lua_Integer i = 1; i <= count; i++) {
        write_byte(lua, writer, i == 1 ? '[' : ',');
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
            luaL_error(lua, "the identity holds a key that is a %s", luaL_typename(lua, -2));
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

/* The value at the top. A table with a first element is an array. */
static void write_value(lua_State *lua, struct writer *writer, int depth)
{
    luaL_checkstack(lua, 6, NULL);
    switch (lua_type(lua, -1)) {
    case LUA_TSTRING:
        write_string(lua, writer, -1);
        return;
    case LUA_TNUMBER:
        write_number(lua, writer);
        return;
    case LUA_TBOOLEAN:
        check_room(lua, writer, 5);
        buf_add_text(writer->text, lua_toboolean(lua, -1) ? "true" : "false");
        return;
    case LUA_TTABLE:
        break;
    default:
        luaL_error(lua, "the identity holds a %s", luaL_typename(lua, -1));
    }
    if (depth >= DEPTH_MAX)
        luaL_error(lua, "the identity is deeper than %d tables", DEPTH_MAX);
    lua_Integer count = (lua_Integer)lua_rawlen(lua, -1);
    if (count > 0 && depth > 0)
        write_array(lua, writer, count, depth + 1);
    else
        write_object(lua, writer, depth + 1);
}

void identity_write(lua_State *lua, int index, struct buf *text)
{
    struct writer writer = {.text = text, .start = text->len};
    lua_pushvalue(lua, index);
    write_value(lua, &writer, 0);
    lua_pop(lua, 1);
}

struct reader {
    const char *at, *end;
};

static void push_value(lua_State *lua, struct reader *reader, int depth);

static _Noreturn void raise_unreadable(lua_State *lua)
{
    luaL_error(lua, "the client's identity cannot be read");
    __builtin_unreachable();
}

static bool take(struct reader *reader, const char *word)
{
    size_t len = strlen(word);
    if ((size_t)(reader->end - reader->at) < len || memcmp(reader->at, word, len) != 0)
        return false;
    reader->at += len;
    return true;
}

static void push_string(lua_State *lua, struct reader *reader)
{
    const char *start = reader->at++;
    while (reader->at < reader->end && *reader->at != '"')
        reader->at += *reader->at == '\\' ? 2 : 1;
    if (reader->at >= reader->end)
        raise_unreadable(lua);
    reader->at++;
    struct json_span span = {start, (size_t)(reader->at - start), JSON_STRING};
    luaL_Buffer buffer;
    size_t len;
    char *room = luaL_buffinitsize(lua, &buffer, span.len);
    if (json_string_decode(&span, room, span.len, &len) != 0)
        raise_unreadable(lua);
    luaL_pushresultsize(&buffer, len);
}

static void push_number(lua_State *lua, struct reader *reader)
{
    char digits[NUMBER_MAX + 1];
    size_t len = 0;
    while (reader->at < reader->end && len < NUMBER_MAX && strchr("+-.0123456789eE", *reader->at))
        digits[len++] = *reader->at++;
    digits[len] = '\0';
    if (lua_stringtonumber(lua, digits) == 0)
        raise_unreadable(lua);
}

static void push_array(lua_State *lua, struct reader *reader, int depth)
{
    lua_newtable(lua);
    if (take(reader, "]"))
        return;
    for (lua_Integer i = 1;; i++) {
        push_value(lua, reader, depth);
        lua_rawseti(lua, -2, i);
        if (take(reader, "]"))
            return;
        if (!take(reader, ","))
            raise_unreadable(lua);
    }
}

static void push_object(lua_State *lua, struct reader *reader, int depth)
{
    lua_newtable(lua);
    if (take(reader, "}"))
        return;
    for (;;) {
        push_value(lua, reader, depth);
        if (!lua_isstring(lua, -1) || !take(reader, ":"))
            raise_unreadable(lua);
        push_value(lua, reader, depth);
        lua_rawset(lua, -3);
        if (take(reader, "}"))
            return;
        if (!take(reader, ","))
            raise_unreadable(lua);
    }
}

static void push_value(lua_State *lua, struct reader *reader, int depth)
{
    luaL_checkstack(lua, 6, NULL);
    if (depth > DEPTH_MAX || reader->at >= reader->end)
        raise_unreadable(lua);
    if (take(reader, "{"))
        push_object(lua, reader, depth + 1);
    else if (take(reader, "["))
        push_array(lua, reader, depth + 1);
    else if (*reader->at == '"')
        push_string(lua, reader);
    else if (take(reader, "true"))
        lua_pushboolean(lua, 1);
    else if (take(reader, "false"))
        lua_pushboolean(lua, 0);
    else
        push_number(lua, reader);
}

void identity_push(lua_State *lua, struct text text)
{
    if (text.len == 0) {
        lua_newtable(lua);
        return;
    }
    struct reader reader = {.at = text.at, .end = text.at + text.len};
    push_value(lua, &reader, 0);
    if (reader.at != reader.end || !lua_istable(lua, -1))
        raise_unreadable(lua);
}

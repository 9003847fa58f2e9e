/* store_lua.c — see store_lua.h. */
#include "script/store_lua.h"

#include <lauxlib.h>

#include "store/store_items.h"

/* --- Jobs --- */

static struct store_item text_at(lua_State *lua, int index, enum store_kind kind)
{
    struct store_item item = {.kind = kind};
    item.text = lua_tolstring(lua, index, &item.len);
    return item;
}

static struct store_item value_at(lua_State *lua, int index)
{
    switch (lua_type(lua, index)) {
    case LUA_TNUMBER:
        if (lua_isinteger(lua, index))
            return (struct store_item){.kind = STORE_INTEGER, .integer = lua_tointeger(lua, index)};
        return (struct store_item){.kind = STORE_REAL, .real = lua_tonumber(lua, index)};
    case LUA_TSTRING:
        return text_at(lua, index, STORE_TEXT);
    case LUA_TBOOLEAN:
        return (struct store_item){.kind = STORE_INTEGER, .integer = lua_toboolean(lua, index)};
    default:
        return (struct store_item){.kind = STORE_NIL};
    }
}

static bool can_be_stored(int type)
{
    return type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TBOOLEAN || type == LUA_TNIL;
}

/* The last key of the statement at the top. Its length would be anything where parameters are nil.
 */
static lua_Integer last_key(lua_State *lua, int statement)
{
    lua_Integer last = 0;
    for (lua_pushnil(lua); lua_next(lua, -2); lua_pop(lua, 1)) {
        if (!lua_isinteger(lua, -2) || lua_tointeger(lua, -2) < 1 ||
            lua_tointeger(lua, -2) > 1 + STORE_LUA_PARAMETERS_MAX)
            luaL_error(lua, "statement %d: must be a list, of %d parameters at most", statement,
                       STORE_LUA_PARAMETERS_MAX);
        if (lua_tointeger(lua, -2) > last)
            last = lua_tointeger(lua, -2);
    }
    return last;
}

static void write_parameters(lua_State *lua, int statement, struct buf *job)
{
    lua_Integer last = last_key(lua, statement);
    for (lua_Integer i = 2; i <= last; i++) {
        int type = lua_rawgeti(lua, -1, i);
        if (!can_be_stored(type))
            luaL_error(lua, "statement %d: parameter %d is a %s, which cannot be stored", statement,
                       (int)i - 1, luaL_typename(lua, -1));
        struct store_item value = value_at(lua, -1);
        store_items_add(job, &value);
        lua_pop(lua, 1);
    }
}

/* The SQL at the top. The same as that at `before` is not written twice. */
static void write_sql(lua_State *lua, int statement, int before, struct buf *job)
{
    struct store_item sql = {.kind = STORE_STATEMENT};
    if (lua_type(lua, -1) != LUA_TSTRING || lua_rawlen(lua, -1) == 0)
        luaL_error(lua, "statement %d: must begin with its SQL", statement);
    if (!lua_rawequal(lua, -1, before))
        sql = text_at(lua, -1, STORE_STATEMENT);
    store_items_add(job, &sql);
    lua_replace(lua, before);
}

void store_lua_write_job(lua_State *lua, int index, struct buf *job)
{
    luaL_checktype(lua, index, LUA_TTABLE);
    lua_Integer count = (lua_Integer)lua_rawlen(lua, index);
    lua_pushnil(lua);
    int before = lua_gettop(lua);
    for (lua_Integer i = 1; i <= count; i++) {
        if (lua_rawgeti(lua, index, i) != LUA_TTABLE)
            luaL_error(lua, "statement %d: must be a table", (int)i);
        lua_rawgeti(lua, -1, 1);
        write_sql(lua, (int)i, before, job);
        write_parameters(lua, (int)i, job);
        lua_pop(lua, 1);
    }
    lua_pop(lua, 1);
}

/* --- Answers --- */

static void push_value(lua_State *lua, const struct store_item *item)
{
    if (item->kind == STORE_INTEGER)
        lua_pushinteger(lua, item->integer);
    else if (item->kind == STORE_REAL)
        lua_pushnumber(lua, item->real);
    else if (item->kind == STORE_TEXT)
        lua_pushlstring(lua, item->text, item->len);
    else
        lua_pushnil(lua);
}

/* The row at `*at`, as a list at the top. */
static void push_row(lua_State *lua, const struct buf *answer, size_t *at, int64_t columns)
{
    struct store_item value;
    lua_createtable(lua, (int)columns, 0);
    for (lua_Integer i = 1; i <= columns && store_items_next(answer, at, &value); i++) {
        push_value(lua, &value);
        lua_rawseti(lua, -2, i);
    }
}

int store_lua_push_rows(lua_State *lua, const struct buf *answer)
{
    struct store_item item;
    lua_Integer statements = 0, rows = 0;
    luaL_checkstack(lua, 6, NULL);
    lua_newtable(lua);
    for (size_t at = 0; store_items_next(answer, &at, &item);) {
        if (item.kind == STORE_STATEMENT) {
            lua_settop(lua, lua_gettop(lua) - (statements > 0 ? 1 : 0));
            lua_newtable(lua);
            lua_pushvalue(lua, -1);
            lua_rawseti(lua, -3, ++statements);
            rows = 0;
        } else {
            push_row(lua, answer, &at, item.integer);
            lua_rawseti(lua, -2, ++rows);
        }
    }
    if (statements > 0)
        lua_pop(lua, 1);
    return 1;
}

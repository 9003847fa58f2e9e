/* client_table.c — see client_table.h.
 *
 * Of each kept client there are two tables: the model, which no policy ever sees, and the one that
 * they are given. */
#include "script/client_table.h"

#include <string.h>

#include <lauxlib.h>

#include "script/identity.h"

#define SLOTS 256
#define IDENTITY_KEPT_MAX 192 /* bytes of JSON: bounds the tables, too */
#define ADDRESS_KEPT_MAX 46

/* A userdata of the state; its uservalue is a list with two tables for each slot. */
struct kept {
    struct slot {
        uint64_t id;
        size_t channels;
        bool is_used;
        unsigned char address_len, identity_len;
        char address[ADDRESS_KEPT_MAX], identity[IDENTITY_KEPT_MAX];
    } slots[SLOTS];
};

/* Its address is the registry's key of the kept ones. */
static const char KEPT = 0;

static void push_text(lua_State *lua, struct text text)
{
    lua_pushlstring(lua, text.at ? text.at : "", text.at ? text.len : 0);
}

/* `identity` is a table always, so that a policy can look into it without asking first; `user` is
 * its field of that name. */
static void push_new(lua_State *lua, const struct client_facts *client)
{
    lua_createtable(lua, 0, 5);
    lua_pushinteger(lua, (lua_Integer)client->id);
    lua_setfield(lua, -2, "id");
    push_text(lua, client->address);
    lua_setfield(lua, -2, "address");
    lua_pushinteger(lua, (lua_Integer)client->channels);
    lua_setfield(lua, -2, "channels");
    identity_push(lua, client->identity);
    lua_getfield(lua, -1, "user");
    lua_setfield(lua, -3, "user");
    lua_setfield(lua, -2, "identity");
}

/* Turns the table at the top into a model: it and those in it get their number of fields, under a
 * key that no policy has. */
static void make_model(lua_State *lua)
{
    luaL_checkstack(lua, 4, NULL);
    int table = lua_gettop(lua), count = 0;
    for (lua_pushnil(lua); lua_next(lua, table); lua_pop(lua, 1), count++)
        if (lua_istable(lua, -1))
            make_model(lua);
    lua_pushinteger(lua, count);
    lua_rawsetp(lua, table, &KEPT);
}

/* Pushes a copy of the model at the top, without its numbers. */
static void push_copy(lua_State *lua)
{
    luaL_checkstack(lua, 5, NULL);
    int from = lua_gettop(lua);
    lua_newtable(lua);
    for (lua_pushnil(lua); lua_next(lua, from);) {
        if (lua_istable(lua, -1)) {
            push_copy(lua);
            lua_remove(lua, -2);
        }
        lua_pushvalue(lua, -2);
        lua_insert(lua, -2); /* key, key, value */
        lua_rawset(lua, from + 1);
    }
    lua_pushnil(lua);
    lua_rawsetp(lua, from + 1, &KEPT);
}

static bool is_like(lua_State *lua, int table, int model);

/* Whether the two values at the top are the same, the model's last. */
static bool is_same_value(lua_State *lua)
{
    int top = lua_gettop(lua);
    if (lua_rawequal(lua, top - 1, top))
        return true;
    return lua_istable(lua, top - 1) && lua_istable(lua, top) && is_like(lua, top - 1, top);
}

/* Whether the table holds what its model holds, nothing else, and has no metatable. As deep as the
 * model, whatever the table refers to. Leaves the stack to the caller when it does not. */
static bool is_like(lua_State *lua, int table, int model)
{
    lua_Integer count = 0;
    luaL_checkstack(lua, 6, NULL);
    if (lua_getmetatable(lua, table))
        return false;
    for (lua_pushnil(lua); lua_next(lua, table); lua_pop(lua, 2), count++) {
        lua_pushvalue(lua, -2);
        lua_rawget(lua, model);
        if (!is_same_value(lua))
            return false;
    }
    lua_rawgetp(lua, model, &KEPT);
    bool is_all = lua_tointeger(lua, -1) == count;
    lua_pop(lua, 1);
    return is_all;
}

/* Pushes the kept ones' userdata, and its list. */
static struct kept *push_kept(lua_State *lua)
{
    struct kept *kept;
    if (lua_rawgetp(lua, LUA_REGISTRYINDEX, &KEPT) == LUA_TUSERDATA) {
        kept = lua_touserdata(lua, -1);
    } else {
        lua_pop(lua, 1);
        kept = lua_newuserdatauv(lua, sizeof *kept, 1);
        memset(kept, 0, sizeof *kept);
        lua_createtable(lua, 2 * SLOTS, 0);
        lua_setiuservalue(lua, -2, 1);
        lua_pushvalue(lua, -1);
        lua_rawsetp(lua, LUA_REGISTRYINDEX, &KEPT);
    }
    lua_getiuservalue(lua, -1, 1);
    return kept;
}

static bool is_text(const char *kept, size_t len, struct text text)
{
    return len == text.len && (len == 0 || memcmp(kept, text.at, len) == 0);
}

static bool is_of(const struct slot *slot, const struct client_facts *client)
{
    return slot->is_used && slot->id == client->id &&
           is_text(slot->address, slot->address_len, client->address) &&
           is_text(slot->identity, slot->identity_len, client->identity);
}

static void copy_text(char *to, unsigned char *len, struct text text)
{
    *len = (unsigned char)text.len;
    if (text.len)
        memcpy(to, text.at, text.len);
}

/* Sets what changes, in the table at `index`. */
static void set_channels(lua_State *lua, int index, const struct client_facts *client)
{
    lua_pushliteral(lua, "channels");
    lua_pushinteger(lua, (lua_Integer)client->channels);
    lua_rawset(lua, index);
}

/* The model at the top, the list below it: gives a copy of it away. */
static void hand_out(lua_State *lua, lua_Integer place)
{
    push_copy(lua);
    lua_pushvalue(lua, -1);
    lua_rawseti(lua, -4, place);
}

/* The slot is given up first: what raises half way leaves none that lies. */
static void keep(lua_State *lua, struct slot *slot, lua_Integer place,
                 const struct client_facts *client)
{
    slot->is_used = false;
    push_new(lua, client);
    make_model(lua);
    lua_pushvalue(lua, -1);
    lua_rawseti(lua, -3, place + 1);
    hand_out(lua, place);
    copy_text(slot->address, &slot->address_len, client->address);
    copy_text(slot->identity, &slot->identity_len, client->identity);
    slot->id = client->id;
    slot->channels = client->channels;
    slot->is_used = true;
}

/* The list is at the top. */
static void reuse(lua_State *lua, struct slot *slot, lua_Integer place,
                  const struct client_facts *client)
{
    int list = lua_gettop(lua);
    lua_rawgeti(lua, list, place + 1);
    lua_rawgeti(lua, list, place);
    if (slot->channels != client->channels) {
        set_channels(lua, list + 1, client);
        set_channels(lua, list + 2, client);
        slot->channels = client->channels;
    }
    bool is_clean = is_like(lua, list + 2, list + 1);
    lua_settop(lua, is_clean ? list + 2 : list + 1);
    if (is_clean)
        return;
    hand_out(lua, place);
}

void client_table_push(lua_State *lua, const struct client_facts *client)
{
    /* Without an identity a new one is as cheap. */
    if (client->identity.len == 0 || client->identity.len > IDENTITY_KEPT_MAX ||
        client->address.len > ADDRESS_KEPT_MAX) {
        push_new(lua, client);
        return;
    }
    luaL_checkstack(lua, 12, NULL);
    int top = lua_gettop(lua);
    lua_Integer number = (lua_Integer)(client->id % SLOTS), place = 2 * number + 1;
    struct slot *slot = &push_kept(lua)->slots[number];
    if (is_of(slot, client))
        reuse(lua, slot, place, client);
    else
        keep(lua, slot, place, client);
    lua_replace(lua, top + 1);
    lua_settop(lua, top + 1);
}

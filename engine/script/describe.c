/* describe.c — see describe.h. */
#include "script/describe.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <lauxlib.h>

#include "script/bind.h"
#include "script/call.h"

static const struct budget_limits LIMITS = {
    .instructions = 100000000, .wall_ms = 1000, .cpu_ms = 1000};

struct describe {
    const struct policies *policies;
    const char *user_path, *installed_path;
    const char *key;
    struct buf *text;
};

static void set_text(lua_State *lua, const char *key, const char *text)
{
    lua_pushstring(lua, text);
    lua_setfield(lua, -2, key);
}

static void push_answer(lua_State *lua, const struct describe *ask, enum policy_question question)
{
    char path[PATH_MAX];
    bool is_user = ask->policies->figures[question].is_users;
    lua_createtable(lua, 0, 4);
    set_text(lua, "file", policy_file(question));
    set_text(lua, "name", policy_name(question));
    lua_pushboolean(lua, is_user && strcmp(ask->user_path, ask->installed_path) != 0);
    lua_setfield(lua, -2, "is_user");
    if (ask->policies->functions[question] == LUA_NOREF)
        return;
    snprintf(path, sizeof path, "%s/%s.lua", is_user ? ask->user_path : ask->installed_path,
             policy_file(question));
    set_text(lua, "path", path);
}

static void push_answers(lua_State *lua, const struct describe *ask)
{
    lua_createtable(lua, POLICY_QUESTIONS, 0);
    for (int i = 0; i < POLICY_QUESTIONS; i++) {
        push_answer(lua, ask, (enum policy_question)i);
        lua_rawseti(lua, -2, i + 1);
    }
}

/* Pushes relay.effective's function, and the configuration's origin. */
static void push_effective(lua_State *lua, const char *function)
{
    lua_getglobal(lua, "require");
    lua_pushliteral(lua, "relay.effective");
    lua_call(lua, 1, 1);
    lua_getfield(lua, -1, function);
    lua_remove(lua, -2);
    bind_node_push_configuration(lua);
    lua_getfield(lua, -1, "origin");
    lua_remove(lua, -2);
}

static void take_text(lua_State *lua, struct buf *text)
{
    size_t len;
    const char *result = luaL_checklstring(lua, -1, &len);
    buf_add(text, result, len);
}

static void push_options(lua_State *lua)
{
    lua_getglobal(lua, "require");
    lua_pushliteral(lua, "relay.engine");
    lua_call(lua, 1, 1);
    lua_getfield(lua, -1, "context");
    lua_getfield(lua, -1, "options");
    lua_replace(lua, -3);
    lua_pop(lua, 1);
}

static int text_body(lua_State *lua)
{
    struct describe *ask = lua_touserdata(lua, 1);
    push_effective(lua, "text");
    bind_node_push_configuration(lua);
    lua_insert(lua, -2);
    push_options(lua);
    push_answers(lua, ask);
    lua_call(lua, 4, 1);
    take_text(lua, ask->text);
    return 0;
}

static int place_body(lua_State *lua)
{
    struct describe *ask = lua_touserdata(lua, 1);
    push_effective(lua, "place");
    lua_createtable(lua, 1, 0);
    lua_pushstring(lua, ask->key);
    lua_rawseti(lua, -2, 1);
    lua_call(lua, 2, 1);
    take_text(lua, ask->text);
    return 0;
}

int describe_text(struct vm *vm, const struct policies *policies, const char *user_path,
                  const char *installed_path, struct buf *text)
{
    struct describe ask = {policies, user_path, installed_path, NULL, text};
    return script_call(vm, &LIMITS, text_body, &ask, text);
}

int describe_place(struct vm *vm, const char *key, struct buf *text)
{
    struct buf error = {0};
    struct describe ask = {.key = key, .text = text};
    int err = script_call(vm, &LIMITS, place_body, &ask, &error);
    buf_deinit(&error);
    return err;
}

/* bind_web.c — HTTP requests that the scripts answer (scripts/relay/http.lua), and what those who
 * watch the overview are shown. */
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "script/bind.h"
#include "script/runtime.h"

#define STATUS_LEAST 200
#define STATUS_MOST 599

/* Its address is the registry's key of the handler. */
static const char HANDLER = 0;

struct web_path {
    struct list node; /* runtime->public_paths */
    size_t len;
    char path[];
};

void bind_web_push_handler(lua_State *lua)
{
    lua_rawgetp(lua, LUA_REGISTRYINDEX, &HANDLER);
}

/* http(handler): it gets a request, and returns status, type, header lines and body. */
static int engine_http(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TFUNCTION);
    lua_settop(lua, 1);
    lua_rawsetp(lua, LUA_REGISTRYINDEX, &HANDLER);
    return 0;
}

/* --- Paths of the ordinary listeners --- */

bool bind_web_is_public(const struct runtime *runtime, struct text path)
{
    for (const struct list *node = runtime->public_paths.next; node != &runtime->public_paths;
         node = node->next) {
        const struct web_path *known = list_entry(node, struct web_path, node);
        if (known->len == path.len && memcmp(known->path, path.at, path.len) == 0)
            return true;
    }
    return false;
}

static size_t count_public(const struct runtime *runtime)
{
    size_t count = 0;
    for (const struct list *node = runtime->public_paths.next; node != &runtime->public_paths;
         node = node->next)
        count++;
    return count;
}

/* http_public(path): the ordinary listeners ask for it, too. */
static int engine_http_public(lua_State *lua)
{
    struct runtime *runtime = runtime_of(lua);
    struct text path;
    path.at = luaL_checklstring(lua, 1, &path.len);
    if (bind_web_is_public(runtime, path))
        return 0;
    if (count_public(runtime) >= RUNTIME_PUBLIC_MAX)
        return luaL_error(lua, "more than %d public paths", RUNTIME_PUBLIC_MAX);
    struct web_path *added = malloc(sizeof *added + path.len);
    if (!added)
        return luaL_error(lua, "not enough memory");
    added->len = path.len;
    memcpy(added->path, path.at, path.len);
    list_append(&runtime->public_paths, &added->node);
    return 0;
}

void bind_web_forget(struct runtime *runtime)
{
    struct list *node;
    while ((node = list_shift(&runtime->public_paths)) != NULL)
        free(list_entry(node, struct web_path, node));
}

/* --- Answers --- */

static void answer(struct task *task, const struct web_answer *given)
{
    struct web_request *web = task->web;
    task->web = NULL;
    if (!web)
        return;
    web->task = NULL;
    web->end(web->context, given);
}

static struct text result(lua_State *lua, int index)
{
    struct text text = {"", 0};
    if (lua_type(lua, index) == LUA_TSTRING) /* no number: it would be converted in its place */
        text.at = lua_tolstring(lua, index, &text.len);
    return text;
}

void bind_web_finish(struct task *task)
{
    lua_State *lua = task->coroutine;
    lua_Integer status = lua_tointeger(lua, 1);
    if (status < STATUS_LEAST || status > STATUS_MOST) {
        bind_web_fail(task);
        return;
    }
    answer(task,
           &(struct web_answer){(unsigned)status, result(lua, 2), result(lua, 3), result(lua, 4)});
}

void bind_web_fail(struct task *task)
{
    static const char BODY[] = "internal error\n";
    answer(task, &(struct web_answer){500, {"text/plain", 10}, {"", 0}, {BODY, sizeof BODY - 1}});
}

/* --- Those who watch --- */

static size_t show(lua_State *lua, struct text text)
{
    const struct script_calls *calls = runtime_world(lua, "live")->calls;
    return calls && calls->show ? calls->show(calls->context, text) : 0;
}

/* live(text): sends it to everybody who watches; how many. */
static int engine_live(lua_State *lua)
{
    struct text text;
    text.at = luaL_checklstring(lua, 1, &text.len);
    luaL_argcheck(lua, text.len > 0, 1, "must not be empty");
    lua_pushinteger(lua, (lua_Integer)show(lua, text));
    return 1;
}

/* viewers(): how many watch. */
static int engine_viewers(lua_State *lua)
{
    lua_pushinteger(lua, (lua_Integer)show(lua, (struct text){"", 0}));
    return 1;
}

void bind_web(lua_State *lua)
{
    static const luaL_Reg FUNCTIONS[] = {
        {"http", engine_http}, {"http_public", engine_http_public},
        {"live", engine_live}, {"viewers", engine_viewers},
        {NULL, NULL},
    };
    bind_functions(lua, FUNCTIONS);
}

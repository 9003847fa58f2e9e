/* bind_store.c — the databases of scripts: engine.store and store:run. */
#include <string.h>

#include <lauxlib.h>

#include "script/bind.h"
#include "script/runtime.h"
#include "script/store_lua.h"

#define JOB_MAX ((size_t)4 * 1024 * 1024)
#define BYTES_MIN 65536
#define BYTES_DEFAULT ((lua_Integer)256 * 1024 * 1024)
#define BYTES_MAX ((lua_Integer)1 << 40)

static const char HANDLE[] = "store";

/* What Lua holds; the engine closes a store that nobody holds. */
struct handle {
    const struct script_stores *stores;
    struct script_store *store; /* NULL: not open */
};

static int failure(lua_State *lua, int err)
{
    if (err == RELAY_EFULL)
        return bind_failure(lua, "busy");
    return bind_failure(lua, err == RELAY_EINVAL ? "the node ends" : relay_err_text(err));
}

static lua_Integer check_bytes(lua_State *lua, int index)
{
    if (lua_isnoneornil(lua, index))
        return BYTES_DEFAULT;
    luaL_checktype(lua, index, LUA_TTABLE);
    lua_getfield(lua, index, "bytes");
    lua_Integer bytes = luaL_optinteger(lua, -1, BYTES_DEFAULT);
    luaL_argcheck(lua, bytes >= BYTES_MIN && bytes <= BYTES_MAX, index,
                  "bytes must be from 65536 to 1099511627776");
    return bytes;
}

static int close_handle(lua_State *lua)
{
    struct handle *handle = luaL_checkudata(lua, 1, HANDLE);
    if (handle->store)
        handle->stores->release(handle->stores->context, handle->store);
    handle->store = NULL;
    return 0;
}

/* store:run(statements): a list of each one's rows; or nil and why nothing was done. Waits. */
static int store_run(lua_State *lua)
{
    const struct handle *handle = luaL_checkudata(lua, 1, HANDLE);
    struct task *task = runtime_waiter(lua, "store:run");
    struct buf *job = runtime_scratch(lua);
    store_lua_write_job(lua, 2, job);
    if (job->failed || job->len > JOB_MAX)
        return bind_failure(lua, "the job is larger than 4 MiB");
    int err = task_run_store(task, handle->store, job);
    return err ? failure(lua, err) : lua_yield(lua, 0);
}

static void push_handle(lua_State *lua, const struct script_stores *stores)
{
    static const luaL_Reg METHODS[] = {{"run", store_run}, {NULL, NULL}};
    struct handle *handle = lua_newuserdatauv(lua, sizeof *handle, 0);
    *handle = (struct handle){.stores = stores};
    if (luaL_newmetatable(lua, HANDLE)) {
        luaL_newlib(lua, METHODS);
        lua_setfield(lua, -2, "__index");
        lua_pushcfunction(lua, close_handle);
        lua_setfield(lua, -2, "__gc");
        lua_pushboolean(lua, 0);
        lua_setfield(lua, -2, "__metatable"); /* nobody calls __gc by hand */
    }
    lua_setmetatable(lua, -2);
}

/* The wait is over: true, or nil and why not, stand behind the handle. */
static int opened(lua_State *lua, int status, lua_KContext handle)
{
    (void)status;
    if (lua_isnil(lua, (int)handle + 1))
        return lua_gettop(lua) - (int)handle;
    lua_settop(lua, (int)handle);
    return 1;
}

/* store(path, { bytes = }): a store; or nil and why not. Waits. */
static int engine_store(lua_State *lua)
{
    size_t len;
    const struct script_stores *stores = runtime_world(lua, "store")->stores;
    const char *path = luaL_checklstring(lua, 1, &len);
    lua_Integer bytes = check_bytes(lua, 2);
    luaL_argcheck(lua, path[0] == '/' && strlen(path) == len, 1, "must be an absolute path");
    if (!stores)
        return bind_failure(lua, "no store here");
    struct task *task = runtime_waiter(lua, "store");
    push_handle(lua, stores);
    struct handle *handle = lua_touserdata(lua, -1);
    int err = task_open_store(task, path, (uint64_t)bytes, &handle->store);
    if (err)
        return failure(lua, err);
    return lua_yieldk(lua, 0, lua_gettop(lua), opened);
}

void bind_store(lua_State *lua)
{
    lua_pushcfunction(lua, engine_store);
    lua_setfield(lua, -2, "store");
}

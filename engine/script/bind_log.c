/* bind_log.c — relay.log's way to the log. */
#include <lauxlib.h>

#include "base/log.h"
#include "script/bind.h"

static int engine_log(lua_State *lua)
{
    const struct log *log = lua_touserdata(lua, lua_upvalueindex(1));
    int level = log_level_parse(luaL_checkstring(lua, 1));
    size_t len;
    const char *message = luaL_checklstring(lua, 2, &len);
    const char *place = luaL_optstring(lua, 3, "");
    luaL_argcheck(lua, level >= 0, 1, "no such level");
    log_event(log, (enum log_level)level, "script",
              LOG_FIELDS(LOG_STRN("message", message, len), LOG_STR("at", place)));
    return 0;
}

void bind_log(lua_State *lua, const struct log *log)
{
    lua_pushlightuserdata(lua, (void *)(uintptr_t)log);
    lua_pushcclosure(lua, engine_log, 1);
    lua_setfield(lua, -2, "log");
}

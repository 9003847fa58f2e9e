/* policy_rules.c — see policy_rules.h. */
#include "script/policy_rules.h"

#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "protocol/utf8.h"

static const char *const STATES[] = {"good", "degraded", "bad", NULL};

static _Noreturn void rule_error(lua_State *lua, const char *path, lua_Integer number,
                                 const char *what)
{
    luaL_error(lua, "%s: rules[%d]%s", path, (int)number, what);
    abort(); /* not reached: luaL_error does not return, but is not declared so */
}

/* Copies the rule at the top. */
static void read_rule(lua_State *lua, const char *path, struct health_rule *rule,
                      lua_Integer number)
{
    size_t len = 0;
    if (!lua_istable(lua, -1))
        rule_error(lua, path, number, " must be a table { state, reason, when }");
    lua_getfield(lua, -1, "state");
    const char *state = lua_tostring(lua, -1);
    for (rule->state = HEALTH_GOOD; STATES[rule->state]; rule->state++)
        if (state && strcmp(STATES[rule->state], state) == 0)
            break;
    if (!STATES[rule->state])
        rule_error(lua, path, number, ".state must be \"good\", \"degraded\" or \"bad\"");
    lua_getfield(lua, -2, "reason");
    const char *reason = lua_tolstring(lua, -1, &len);
    if (!reason || len == 0 || len > HEALTH_REASON_MAX || strlen(reason) != len ||
        !utf8_is_valid(reason, len))
        rule_error(lua, path, number, ".reason must be a text of 1 to 120 bytes");
    memcpy(rule->reason, reason, len + 1);
    lua_getfield(lua, -3, "when");
    if (!lua_isfunction(lua, -1))
        rule_error(lua, path, number, ".when must be a function");
    rule->when = luaL_ref(lua, LUA_REGISTRYINDEX);
    lua_pop(lua, 2);
}

void policy_rules_read(lua_State *lua, const char *path, struct policies *policies)
{
    if (!lua_istable(lua, -1))
        luaL_error(lua, "%s: rules must be a list", path);
    lua_Integer count = (lua_Integer)lua_rawlen(lua, -1); /* a __len could say anything */
    if (count > HEALTH_RULES_MAX)
        luaL_error(lua, "%s: more than %d rules", path, HEALTH_RULES_MAX);
    for (lua_Integer number = 1; number <= count; number++) {
        lua_geti(lua, -1, number);
        read_rule(lua, path, &policies->health_rules[number - 1], number);
        lua_pop(lua, 1);
    }
    policies->health_rule_count = (size_t)count;
}

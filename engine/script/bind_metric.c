/* bind_metric.c — relay.counter and relay.gauge: objects with add and, a gauge, set. */
#include <math.h>
#include <string.h>

#include <lauxlib.h>

#include "script/bind.h"
#include "script/runtime.h"

/* The registry's names of the metatables. */
static const char *const TYPES[] = {"relay.counter", "relay.gauge"};

static struct metric *check_metric(lua_State *lua, enum metric_kind kind)
{
    return *(struct metric **)luaL_checkudata(lua, 1, TYPES[kind]);
}

static lua_Number check_number(lua_State *lua, lua_Number absent)
{
    lua_Number number = luaL_optnumber(lua, 2, absent);
    luaL_argcheck(lua, isfinite(number), 2, "must be a finite number");
    return number;
}

static int counter_add(lua_State *lua)
{
    struct metric *metric = check_metric(lua, METRIC_COUNTER);
    lua_Number number = check_number(lua, 1);
    luaL_argcheck(lua, number >= 0, 2, "must not be negative: a counter only grows");
    metric->value += number;
    return 0;
}

static int gauge_add(lua_State *lua)
{
    check_metric(lua, METRIC_GAUGE)->value += check_number(lua, 1);
    return 0;
}

static int gauge_set(lua_State *lua)
{
    luaL_checknumber(lua, 2);
    check_metric(lua, METRIC_GAUGE)->value = check_number(lua, 0);
    return 0;
}

static int counter_value(lua_State *lua)
{
    lua_pushnumber(lua, check_metric(lua, METRIC_COUNTER)->value);
    return 1;
}

static int gauge_value(lua_State *lua)
{
    lua_pushnumber(lua, check_metric(lua, METRIC_GAUGE)->value);
    return 1;
}

static const luaL_Reg COUNTER[] = {{"add", counter_add}, {"value", counter_value}, {NULL, NULL}};
static const luaL_Reg GAUGE[] = {
    {"add", gauge_add}, {"set", gauge_set}, {"value", gauge_value}, {NULL, NULL}};

static void push_object(lua_State *lua, struct metric *metric)
{
    struct metric **object = lua_newuserdatauv(lua, sizeof(void *), 0);
    *object = metric;
    if (luaL_newmetatable(lua, TYPES[metric->kind])) {
        lua_newtable(lua);
        luaL_setfuncs(lua, metric->kind == METRIC_COUNTER ? COUNTER : GAUGE, 0);
        lua_setfield(lua, -2, "__index");
    }
    lua_setmetatable(lua, -2);
}

static const char *check_text(lua_State *lua, int index)
{
    size_t len;
    const char *text = luaL_checklstring(lua, index, &len);
    luaL_argcheck(lua, strlen(text) == len, index, "must not hold a zero byte");
    return text;
}

static int metric(lua_State *lua, enum metric_kind kind)
{
    struct metric *found;
    const char *name = check_text(lua, 1);
    const char *help = lua_isnoneornil(lua, 2) ? name : check_text(lua, 2);
    switch (metrics_get(&runtime_of(lua)->metrics, kind, name, help, &found)) {
    case 0:
        push_object(lua, found);
        return 1;
    case RELAY_EINVAL:
        return luaL_argerror(
            lua, 1,
            "a name is 1 to 120 of A-Z a-z 0-9 _ and begins with no digit, nor with wsrelay_ or "
            "process_, a help has at most 500 bytes of UTF-8");
    case RELAY_ESYNTAX:
        return luaL_error(lua, "'%s' is a %s already", name,
                          kind == METRIC_COUNTER ? "gauge" : "counter");
    case RELAY_EFULL:
        return luaL_error(lua, "more than %d counters and gauges", METRICS_MAX);
    default:
        return luaL_error(lua, "not enough memory");
    }
}

static int engine_counter(lua_State *lua)
{
    return metric(lua, METRIC_COUNTER);
}

static int engine_gauge(lua_State *lua)
{
    return metric(lua, METRIC_GAUGE);
}

/* metrics(): all of them as Prometheus' text. */
static int engine_metrics(lua_State *lua)
{
    struct buf *text = runtime_scratch(lua);
    metrics_write(&runtime_of(lua)->metrics, text);
    lua_pushlstring(lua, text->len ? text->bytes : "", text->len);
    return 1;
}

void bind_metric(lua_State *lua)
{
    static const luaL_Reg FUNCTIONS[] = {
        {"counter", engine_counter},
        {"gauge", engine_gauge},
        {"metrics", engine_metrics},
        {NULL, NULL},
    };
    bind_functions(lua, FUNCTIONS);
}

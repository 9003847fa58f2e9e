/* sandbox_pattern.c — see sandbox_pattern.h.
 *
 * Arguments, results and errors are those of Lua 5.4's own (manual, section 6.4). Any call below
 * may raise; nothing is held but what stands on Lua's stack. */
#include "script/sandbox_pattern.h"

#include <string.h>

#include <lauxlib.h>

#include "script/budget.h"
#include "script/pattern.h"

#define STEPS_PER_INSTRUCTION 2
#define BYTES_PER_INSTRUCTION 64 /* of a plain search */

struct text {
    const char *at;
    size_t len;
};

static void spend_steps(void *context, uint32_t steps)
{
    budget_charge(context, steps / STEPS_PER_INSTRUCTION);
}

static void raise(void *context, const char *message)
{
    luaL_error(context, "%s", message);
}

static struct text check_text(lua_State *lua, int index)
{
    struct text text;
    text.at = luaL_checklstring(lua, index, &text.len);
    return text;
}

static void begin(lua_State *lua, struct pattern *match, struct text subject, struct text pattern)
{
    match->subject = subject.at;
    match->subject_end = subject.at + subject.len;
    match->end = pattern.at + pattern.len;
    match->capture_count = 0;
    match->steps = 0;
    match->spend = spend_steps;
    match->fail = raise;
    match->context = lua;
}

/* Begins a match attempt: even one that fails at once costs something. */
static const char *attempt(struct pattern *match, const char *at, const char *pattern)
{
    if (++match->steps >= PATTERN_STEPS) {
        match->steps = 0;
        match->spend(match->context, PATTERN_STEPS);
    }
    return pattern_match(match, at, pattern);
}

/* Pushes capture `i`; number 0 of a pattern without captures is the whole match. */
static void push_capture(lua_State *lua, const struct pattern *match, unsigned i,
                         const char *begin_at, const char *end)
{
    if (i >= match->capture_count) {
        if (i != 0)
            luaL_error(lua, "invalid capture index %%%d", (int)i + 1);
        lua_pushlstring(lua, begin_at, (size_t)(end - begin_at));
        return;
    }
    const struct pattern_capture *capture = &match->captures[i];
    if (capture->len == PATTERN_CAPTURE_OPEN)
        luaL_error(lua, "unfinished capture");
    if (capture->len == PATTERN_CAPTURE_POSITION)
        lua_pushinteger(lua, capture->at - match->subject + 1);
    else
        lua_pushlstring(lua, capture->at, (size_t)capture->len);
}

/* Pushes all captures, or the whole match when there are none and `begin_at` is given. How many. */
static int push_captures(lua_State *lua, const struct pattern *match, const char *begin_at,
                         const char *end)
{
    unsigned count = match->capture_count == 0 && begin_at ? 1 : match->capture_count;
    luaL_checkstack(lua, (int)count, "too many captures");
    for (unsigned i = 0; i < count; i++)
        push_capture(lua, match, i, begin_at, end);
    return (int)count;
}

/* find and match. */

/* Where a search begins, from 0: argument 3, counted from the end when negative. */
static size_t first_place(lua_State *lua, size_t len)
{
    lua_Integer first = luaL_optinteger(lua, 3, 1);
    if (first > 0)
        return (size_t)first - 1;
    if (first == 0 || first < -(lua_Integer)len)
        return 0;
    return len - (size_t)-first;
}

static int find_plain(lua_State *lua, struct text subject, struct text pattern, size_t first)
{
    budget_charge(lua, (subject.len - first) / BYTES_PER_INSTRUCTION);
    const char *at = memmem(subject.at + first, subject.len - first, pattern.at, pattern.len);
    if (!at) {
        luaL_pushfail(lua);
        return 1;
    }
    lua_pushinteger(lua, at - subject.at + 1);
    lua_pushinteger(lua, at - subject.at + (lua_Integer)pattern.len);
    return 2;
}

static int push_found(lua_State *lua, const struct pattern *match, const char *at, const char *end,
                      int is_find)
{
    if (!is_find)
        return push_captures(lua, match, at, end);
    lua_pushinteger(lua, at - match->subject + 1);
    lua_pushinteger(lua, end - match->subject);
    return push_captures(lua, match, NULL, NULL) + 2;
}

static int search(lua_State *lua, int is_find)
{
    struct text subject = check_text(lua, 1), pattern = check_text(lua, 2);
    struct pattern match;
    size_t first = first_place(lua, subject.len);
    if (first > subject.len) {
        luaL_pushfail(lua);
        return 1;
    }
    if (is_find && (lua_toboolean(lua, 4) || pattern_is_plain(pattern.at, pattern.len)))
        return find_plain(lua, subject, pattern, first);
    int is_anchored = pattern.len > 0 && *pattern.at == '^';
    begin(lua, &match, subject, pattern);
    const char *at = subject.at + first;
    do {
        const char *end = attempt(&match, at, pattern.at + is_anchored);
        if (end)
            return push_found(lua, &match, at, end, is_find);
    } while (at++ < match.subject_end && !is_anchored);
    luaL_pushfail(lua);
    return 1;
}

static int find(lua_State *lua)
{
    return search(lua, 1);
}

static int match_first(lua_State *lua)
{
    return search(lua, 0);
}

/* gmatch. Its iterator's upvalues: subject, pattern, where to go on, where the last match ended
 * (-1: none yet). */

static int next_match(lua_State *lua)
{
    struct text subject = check_text(lua, lua_upvalueindex(1));
    struct text pattern = check_text(lua, lua_upvalueindex(2));
    lua_Integer last = lua_tointeger(lua, lua_upvalueindex(4));
    struct pattern match;
    begin(lua, &match, subject, pattern);
    for (const char *at = subject.at + lua_tointeger(lua, lua_upvalueindex(3));
         at <= match.subject_end; at++) {
        const char *end = attempt(&match, at, pattern.at);
        if (!end || end - subject.at == last)
            continue;
        lua_pushinteger(lua, end - subject.at);
        lua_copy(lua, -1, lua_upvalueindex(3));
        lua_replace(lua, lua_upvalueindex(4));
        return push_captures(lua, &match, at, end);
    }
    return 0;
}

static int gmatch(lua_State *lua)
{
    struct text subject = check_text(lua, 1);
    check_text(lua, 2);
    size_t first = first_place(lua, subject.len);
    lua_settop(lua, 2);
    lua_pushinteger(lua, (lua_Integer)(first > subject.len ? subject.len + 1 : first));
    lua_pushinteger(lua, -1);
    lua_pushcclosure(lua, next_match, 4);
    return 1;
}

/* gsub. Its replacement is argument 3. */

struct substitution {
    struct pattern match;
    luaL_Buffer result;
    int type; /* of the replacement */
};

/* One escape of a replacement string: `%%`, `%0` or a capture. */
static void add_escape(lua_State *lua, struct substitution *to, char escape, const char *at,
                       const char *end)
{
    if (escape == '%') {
        luaL_addchar(&to->result, '%');
    } else if (escape == '0') {
        luaL_addlstring(&to->result, at, (size_t)(end - at));
    } else if (escape >= '1' && escape <= '9') {
        push_capture(lua, &to->match, (unsigned)(escape - '1'), at, end);
        luaL_tolstring(lua, -1, NULL);
        lua_remove(lua, -2);
        luaL_addvalue(&to->result);
    } else {
        luaL_error(lua, "invalid use of '%c' in replacement string", '%');
    }
}

static void add_string(lua_State *lua, struct substitution *to, const char *at, const char *end)
{
    struct text with;
    with.at = lua_tolstring(lua, 3, &with.len);
    const char *with_end = with.at + with.len;
    budget_charge(lua, with.len / BYTES_PER_INSTRUCTION);
    const char *escape;
    while ((escape = memchr(with.at, '%', (size_t)(with_end - with.at)))) {
        luaL_addlstring(&to->result, with.at, (size_t)(escape - with.at));
        add_escape(lua, to, escape + 1 < with_end ? escape[1] : '\0', at, end);
        with.at = escape + 2;
    }
    luaL_addlstring(&to->result, with.at, (size_t)(with_end - with.at));
}

/* Adds what stands for a match: itself where a table or a function has nothing for it. */
static void add_replacement(lua_State *lua, struct substitution *to, const char *at,
                            const char *end)
{
    if (to->type == LUA_TSTRING || to->type == LUA_TNUMBER) {
        add_string(lua, to, at, end);
        return;
    }
    if (to->type == LUA_TTABLE) {
        push_capture(lua, &to->match, 0, at, end);
        lua_gettable(lua, 3);
    } else {
        lua_pushvalue(lua, 3);
        lua_call(lua, push_captures(lua, &to->match, at, end), 1);
    }
    if (!lua_toboolean(lua, -1)) {
        lua_pop(lua, 1);
        luaL_addlstring(&to->result, at, (size_t)(end - at));
        return;
    }
    if (!lua_isstring(lua, -1))
        luaL_error(lua, "invalid replacement value (a %s)", luaL_typename(lua, -1));
    luaL_addvalue(&to->result);
}

static int check_replacement(lua_State *lua)
{
    int type = lua_type(lua, 3);
    luaL_argexpected(lua,
                     type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION ||
                         type == LUA_TTABLE,
                     3, "string/function/table");
    return type;
}

/* Replaces up to `most` matches into the result; how many. */
static lua_Integer replace_all(lua_State *lua, struct substitution *to, const char *pattern,
                               int is_anchored, lua_Integer most)
{
    lua_Integer count = 0;
    const char *at = to->match.subject, *last = NULL;
    while (count < most) {
        const char *end = attempt(&to->match, at, pattern);
        if (end && end != last) {
            count++;
            add_replacement(lua, to, at, end);
            at = last = end;
        } else if (at < to->match.subject_end) {
            luaL_addchar(&to->result, *at++);
        } else {
            break;
        }
        if (is_anchored)
            break;
    }
    luaL_addlstring(&to->result, at, (size_t)(to->match.subject_end - at));
    return count;
}

static int gsub(lua_State *lua)
{
    struct text subject = check_text(lua, 1), pattern = check_text(lua, 2);
    struct substitution to = {.type = check_replacement(lua)};
    lua_Integer most = luaL_optinteger(lua, 4, (lua_Integer)subject.len + 1);
    int is_anchored = pattern.len > 0 && *pattern.at == '^';
    begin(lua, &to.match, subject, pattern);
    luaL_buffinit(lua, &to.result);
    lua_Integer count = replace_all(lua, &to, pattern.at + is_anchored, is_anchored, most);
    luaL_pushresult(&to.result);
    lua_pushinteger(lua, count);
    return 2;
}

void sandbox_pattern_open(lua_State *lua)
{
    static const luaL_Reg functions[] = {
        {"find", find}, {"match", match_first}, {"gmatch", gmatch}, {"gsub", gsub}, {NULL, NULL}};
    luaL_setfuncs(lua, functions, 0);
}

/* test_sandbox_pattern.c — the counted pattern functions do what Lua's own do, and end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <lauxlib.h>
#include <lualib.h>

#include "base/buf.h"
#include "script/call.h"
#include "script/sandbox_pattern.h"
#include "script/vm.h"

static const struct budget_limits AMPLE = {
    .instructions = UINT64_C(1) << 40, .wall_ms = 120000, .cpu_ms = 120000};
static const struct budget_limits SMALL = {
    .instructions = 1000000, .wall_ms = 10000, .cpu_ms = 10000};

/* `ours` beside Lua's own `string`, then the chunk. */
static int run_body(lua_State *lua)
{
    const char *chunk = lua_touserdata(lua, 1);
    luaL_openlibs(lua);
    lua_newtable(lua);
    sandbox_pattern_open(lua);
    lua_setglobal(lua, "ours");
    if (luaL_loadstring(lua, chunk) != LUA_OK)
        lua_error(lua);
    lua_call(lua, 0, 0);
    return 0;
}

static int run(const char *chunk, const struct budget_limits *limits, struct buf *error)
{
    struct vm *vm;
    assert_int_equal(vm_new(&vm, (size_t)256 << 20, true), 0);
    int err = script_call(vm, limits, run_body, (void *)(uintptr_t)chunk, error);
    buf_add_byte(error, '\0');
    vm_free(vm);
    return err;
}

static void assert_runs(const char *chunk)
{
    struct buf error = {0};
    if (run(chunk, &AMPLE, &error) != 0)
        fail_msg("%s", error.bytes);
    buf_deinit(&error);
}

static void assert_is_ended(const char *chunk)
{
    struct buf error = {0};
    assert_int_equal(run(chunk, &SMALL, &error), RELAY_ESCRIPT);
    assert_non_null(strstr(error.bytes, "ran over its budget"));
    buf_deinit(&error);
}

/* Every function with the same arguments in both libraries; results, and whether it failed, must
 * agree. */
#define SAME                                                                                       \
    "local function all(f, ...) return table.pack(pcall(f, ...)) end\n"                            \
    "local function walk(library, ...)\n"                                                          \
    "  local out = {}\n"                                                                           \
    "  for a, b, c in library.gmatch(...) do\n"                                                    \
    "    out[#out + 1] = tostring(a) .. '|' .. tostring(b) .. '|' .. tostring(c)\n"                \
    "    if #out > 100 then break end\n"                                                           \
    "  end\n"                                                                                      \
    "  return table.concat(out, ',')\n"                                                            \
    "end\n"                                                                                        \
    "local function same(name, ...)\n"                                                             \
    "  local theirs, mine\n"                                                                       \
    "  if name == 'gmatch' then\n"                                                                 \
    "    theirs, mine = all(walk, string, ...), all(walk, ours, ...)\n"                            \
    "  else\n"                                                                                     \
    "    theirs, mine = all(string[name], ...), all(ours[name], ...)\n"                            \
    "  end\n"                                                                                      \
    "  local agree = theirs.n == mine.n and theirs[1] == mine[1]\n"                                \
    "  for i = 2, theirs[1] and theirs.n or 1 do agree = agree and theirs[i] == mine[i] end\n"     \
    "  if not agree then\n"                                                                        \
    "    local say = {}\n"                                                                         \
    "    for i, v in ipairs { ... } do say[i] = string.format('%q', tostring(v)) end\n"            \
    "    error(name .. '(' .. table.concat(say, ', ') .. '): ' .. tostring(theirs[2]) .. ' / ' "   \
    "..\n"                                                                                         \
    "          tostring(theirs[3]) .. ' against ' .. tostring(mine[2]) .. ' / ' ..\n"              \
    "          tostring(mine[3]))\n"                                                               \
    "  end\n"                                                                                      \
    "end\n"

static void test_pattern_functions_agree_with_luas_own_on_known_cases(void **state)
{
    (void)state;
    assert_runs(
        SAME
        "local cases = { '', 'a', '^a', 'a$', '^$', '.-b', '(a*)(.)%2', '%b()', '%f[%w]%w+',\n"
        "  '[%a_][%w_]*', '[^%s]+', '[]]', '[^]]', '[a-]', '[-a]', '[%a-z]', '()', '()a()',\n"
        "  '(a(b)c)', '%d+', '%%', '[%]]+', '%', '[', '[a', '[%', '(', ')', '%1', '(%1)', '%f',\n"
        "  '%fa', '%b', '%bx', 'a**', '*a', 'a-', '^^', '$$', 'x*', '%z', '\\0', '[\\0-\\5]',\n"
        "  '(((((a)))))', '.*.*.*b', 'a?a?aa', '%x%X%p%P%c%C%g%G%u%U%l%L%s%S%w%W' }\n"
        "local subjects = { '', 'a', 'ab', 'abc', 'aabbab', 'f(a(b)c)d', 'THE (quick) fox',\n"
        "  'hello world from Lua', ']]a-]', '[x]', 'a\\0b\\0', '%d 5%', '   ', 'key = value' }\n"
        "for _, p in ipairs(cases) do for _, s in ipairs(subjects) do\n"
        "  for _, init in ipairs { 1, 2, -1, -100, 100, 0 } do\n"
        "    same('find', s, p, init) same('match', s, p, init) same('gmatch', s, p, init)\n"
        "  end\n"
        "  same('find', s, p, 1, true)\n"
        "  for _, r in ipairs { 'x', '%0%0', '%1', '<%1>', '%2', '%', '%%', '%x', '' } do\n"
        "    same('gsub', s, p, r) same('gsub', s, p, r, 1) same('gsub', s, p, r, 0)\n"
        "  end\n"
        "  same('gsub', s, p, { a = 'A', b = 1, c = false, ab = 'X' })\n"
        "  same('gsub', s, p, function(c) if c == 'a' then return nil end return c end)\n"
        "  same('gsub', s, p, function() return {} end) same('gsub', s, p, true)\n"
        "end end\n"
        "same('find', 12, 2) same('match', 'a') same('gsub', 'abc', '%w', 3, '2')\n");
}

static void test_pattern_functions_agree_with_luas_own_on_random_patterns(void **state)
{
    (void)state;
    assert_runs(
        SAME "math.randomseed(42)\n"
             "local atoms = { 'a', 'b', '.', '%a', '%d', '%A', '[ab]', '[^a]', '[a-b%d]', '(', "
             "')', '()', '%1',\n"
             "  '%2', '%b()', '%f[a]', '$', '^', '%', '[', ']', '-', '1', '%w', ' ' }\n"
             "local suffixes = { '', '', '', '*', '+', '-', '?' }\n"
             "local letters = { 'a', 'b', '1', '(', ')', ' ', 'ab', '%' }\n"
             "local function pick(list) return list[math.random(#list)] end\n"
             "local function make(list, most, suffix)\n"
             "  local out = {}\n"
             "  for i = 1, math.random(0, most) do out[i] = pick(list) .. (suffix and pick(suffix) "
             "or '') end\n"
             "  return table.concat(out)\n"
             "end\n"
             "for _ = 1, 60000 do\n"
             "  local s, p = make(letters, 8), make(atoms, 5, suffixes)\n"
             "  same('find', s, p, math.random(-3, 9)) same('match', s, p) same('gmatch', s, p)\n"
             "  same('gsub', s, p, '<%0>') same('gsub', s, p, '%1', math.random(0, 3))\n"
             "end\n");
}

static void test_pattern_error_messages_are_luas_own(void **state)
{
    (void)state;
    assert_runs(
        "local function message(f, ...) return (select(2, pcall(f, ...))) end\n"
        "local function bare(text) return (text:gsub('^bad argument', 'bad argument')) end\n"
        "for _, p in ipairs { '%', '[', '[a', '[%', '(', ')', '%1', '(%1)', '%f', '%b', '%bx' } "
        "do\n"
        "  local theirs, mine = message(string.match, 'a', p), message(ours.match, 'a', p)\n"
        "  assert(bare(theirs) == bare(mine), p .. ': ' .. theirs .. ' against ' .. mine)\n"
        "end\n"
        "for _, r in ipairs { '%2', '%', '%x' } do\n"
        "  local theirs, mine = message(string.gsub, 'a', 'a', r), message(ours.gsub, 'a', 'a', "
        "r)\n"
        "  assert(theirs == mine, r .. ': ' .. theirs .. ' against ' .. mine)\n"
        "end\n");
}

static void test_pattern_bombs_are_ended(void **state)
{
    (void)state;
    assert_is_ended("local n = 30 ours.find(('a'):rep(n), ('a?'):rep(n) .. ('a'):rep(n))");
    assert_is_ended("ours.match(('a'):rep(30000), '.-.-.-.-b')");
    assert_is_ended("ours.gsub(('a'):rep(30000), '.-b', '')");
    assert_is_ended("for _ in ours.gmatch(('a'):rep(30000), '.-b') do end");
    assert_is_ended(
        "ours.match(('('):rep(60000), '%b()%b()', 1) ours.gsub(('('):rep(60000), '%b()', '')");
}

static void test_pattern_plain_search_is_linear(void **state)
{
    (void)state;
    struct buf error = {0};
    const char *chunk = "local n = 1000000\n"
                        "assert(not ours.find(('a'):rep(2 * n), ('a'):rep(n) .. 'b', 1, true))";
    assert_int_equal(run(chunk, &SMALL, &error), 0);
    buf_deinit(&error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pattern_functions_agree_with_luas_own_on_known_cases),
        cmocka_unit_test(test_pattern_functions_agree_with_luas_own_on_random_patterns),
        cmocka_unit_test(test_pattern_error_messages_are_luas_own),
        cmocka_unit_test(test_pattern_bombs_are_ended),
        cmocka_unit_test(test_pattern_plain_search_is_linear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_script_hooks_hostile.c — policies that mean harm: each is ended in time, denied, counted and
 * logged in one line, and the next question is answered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <cmocka.h>

#include "hook_question.h"

/* On this thread's clock, and generous: sanitizers are slow. Released builds end in 100 ms. */
#define CPU_MS_MAX 1000

static uint64_t cpu_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

struct hostile {
    const char *body, *logged;
};

static void assert_all_are_ended(struct script_fixture *fixture, const struct hostile *cases,
                                 size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_clear(&fixture->lines);
        uint64_t start = cpu_ms();
        assert_connect_fails(fixture, cases[i].body, cases[i].logged);
        uint64_t spent = cpu_ms() - start;
        if (spent >= CPU_MS_MAX)
            fail_msg("%d ms: %s", (int)spent, cases[i].body);
        if (!strstr(fixture->lines.bytes, "policy failed") ||
            !strstr(fixture->lines.bytes, "function=\"connect\""))
            fail_msg("logged: %s", fixture->lines.bytes);
    }
}
#define ALL(cases) (cases), sizeof(cases) / sizeof((cases)[0])

#define OVER "ran over its budget"
#define LOOP "function() while true do end end"

static void test_hostile_loops_are_ended(void **state)
{
    static const struct hostile cases[] = {
        {"while true do end", OVER},
        {"::a:: goto a", OVER},
        {"repeat until false", OVER},
        {"for i = 1, math.huge do end", OVER},
        {"for _ in function() return 1 end do end", OVER},
        {"while true do pcall(" LOOP ") end", OVER},
        {"local function f() return pcall(f) end while true do f() end", OVER},
        {"while true do xpcall(" LOOP ", " LOOP ") end", OVER},
        {"while true do xpcall(error, function(m) error(m) end) end", OVER},
        {"local function f() local x <close> = setmetatable({}, { __close = " LOOP " }) error('x') "
         "end while true do pcall(f) end",
         OVER},
        {"for a, b, c, d in next, {}, nil, setmetatable({}, { __close = " LOOP " }) do end "
         "return true",
         OVER},
    };
    assert_all_are_ended(*state, ALL(cases));
}

static void test_hostile_patterns_are_ended(void **state)
{
    static const struct hostile cases[] = {
        {"return ('a'):rep(30):find(('a?'):rep(30) .. ('a'):rep(30))", OVER},
        {"return string.find(('a'):rep(30), ('a?'):rep(30) .. ('a'):rep(30))", OVER},
        {"return ('a'):rep(3000):match(('.-'):rep(60) .. 'b')", OVER},
        {"for w in ('a'):rep(30):gmatch(('a?'):rep(30) .. ('a'):rep(30)) do end", OVER},
        {"return ('a'):rep(30):gsub(('a?'):rep(30) .. ('a'):rep(30), '')", OVER},
        {"local s = ('x'):rep(1000000) while true do s:gsub('.', '%0%0') end", "client_auth.lua:1"},
        {"local s = ('x'):rep(1000000) while true do s:gsub('.', function() end) end", OVER},
        {"local s = ('x'):rep(1000000) while true do s:find('y', 1, true) end", OVER},
        {"return ('x'):find(('('):rep(200))", "too many captures"},
        {"return ('x'):rep(300000):match(('x?'):rep(300000))", "pattern too complex"},
    };
    assert_all_are_ended(*state, ALL(cases));
}

static void test_hostile_long_operations_are_ended(void **state)
{
    static const struct hostile cases[] = {
        {"local s = '0' for i = 1, 21 do s = s .. s end while true do local _ = s + 0 end",
         "client_auth.lua:1"},
        {"local s = ' ' for i = 1, 21 do s = s .. s end "
         "while true do pcall(function() return s + 0 end) end",
         "client_auth.lua:1"},
        {"local s = ' ' for i = 1, 21 do s = s .. s end while true do pcall(utf8.char, s) end",
         "client_auth.lua:1"},
        {"local s = 'x' for i = 1, 21 do s = s .. s end local a, b = s .. 'a', s .. 'b' "
         "while true do local _ = a < b end",
         "client_auth.lua:1"},
        {"local s = ('\\u{10000}'):rep(1e6) while true do utf8.len(s) end", "client_auth.lua:1"},
        {"local s = (' '):rep(1e6) while true do pcall(string.pack, s) end", "client_auth.lua:1"},
        {"while true do local _ = select('#', table.unpack({}, 1, 999000)) end",
         "client_auth.lua:1"},
        {"local t = {} for i = 1, 1e5 do t[i] = i end "
         "while true do table.sort(t, function(a, b) return a > b end) end",
         "client_auth.lua:1"},
        {"local t = {} for i = 1, 100 do t[i] = i end "
         "table.sort(t, function(a, b) return true end)",
         "invalid order function"},
        {"table.sort({ 1, 2, 3 }, " LOOP ")", "client_auth.lua:1"},
        {"local s = ('a'):rep(4e6) local t = {} for i = 1, 9000 do t[i] = s end table.sort(t)",
         "client_auth.lua:1"},
        {"table.sort({ 1, 2, 3 }, math.ult)", "a function of your own"},
        {"local s = (' '):rep(4e6) .. '1' local t = {} for i = 1, 2000 do t[i] = s end "
         "return math.max(table.unpack(t))",
         "client_auth.lua:1"},
        {"local s = (' '):rep(4e6) .. '1' local t = {} for i = 1, 2000 do t[i] = s end "
         "return string.char(table.unpack(t))",
         "client_auth.lua:1"},
        {"local s = (' '):rep(4e6) .. '1' local t = {} for i = 1, 2000 do t[i] = s end "
         "return utf8.char(table.unpack(t))",
         "client_auth.lua:1"},
        {"local t = {} while true do table.insert(t, 1, 1) end", "client_auth.lua:1"},
        {"return table.concat({}, 'x', 1, 1 << 60)", "too many elements"},
        {"return string.format('%999d', 1)", "invalid conversion"},
        {"local function f(...) return f(1, ...) end return f()", "client_auth.lua:1"},
    };
    assert_all_are_ended(*state, ALL(cases));
}

static void test_hostile_metamethods_are_ended(void **state)
{
    static const struct hostile cases[] = {
        {"local t = setmetatable({}, {}) getmetatable(t).__index = t return t.x", "loop"},
        {"local t = setmetatable({}, { __index = function(t, k) return t[k] end }) return t.x",
         "overflow"},
        {"local m = { __concat = function(a, b) return a .. b end } "
         "local t = setmetatable({}, m) return t .. t",
         "overflow"},
        {"local m = { __eq = function(a, b) return a == b end } "
         "return setmetatable({}, m) == setmetatable({}, m)",
         "overflow"},
        {"local t = setmetatable({}, { __lt = " LOOP " }) table.sort({ t, t, t })", OVER},
        {"return tostring(setmetatable({}, { __tostring = " LOOP " }))", OVER},
        {"return _ENV[setmetatable({}, { __tostring = " LOOP " })]", OVER},
        {"error(setmetatable({}, { __tostring = " LOOP " }))", "the error is a table"},
        {"error(nil)", "the error is a nil"},
        {"error(('x'):rep(1000000))", "xxxx"},
        {"return setmetatable({}, { __eq = " LOOP " })", "neither true nor false"},
        {"return false, setmetatable({}, { __tostring = " LOOP " })", "a reason that is no text"},
        {"local t = {} t.t = t return true, t", "the identity"},
        {"setmetatable({}, { __gc = " LOOP " })", "cannot have __gc"},
        {"getmetatable('').__index.upper = nil", "attempt to index a boolean"},
    };
    assert_all_are_ended(*state, ALL(cases));
}

static void test_hostile_recursion_is_ended(void **state)
{
    static const struct hostile cases[] = {
        {"local function f() return f() + 1 end return f()", "client_auth.lua:1"},
        {"local function f() return ('x'):gsub('.', f) end return f()", "overflow"},
        {"local function f() table.sort({ 1, 2 }, f) end return f()", "overflow"},
        {"local function f() return tostring(setmetatable({}, { __tostring = f })) end return f()",
         "overflow"},
        {"local function f(n) if n > 0 then return f(n - 1) + 1 end while true do end end "
         "return f(50000)",
         OVER},
    };
    assert_all_are_ended(*state, ALL(cases));
}

static void test_hostile_memory_is_bounded(void **state)
{
    static const struct hostile cases[] = {
        {"return #('x'):rep(1000000000) > 0", "client_auth.lua"},
        {"local s = 'x' while true do s = s .. s end", "a string of more than 4 MiB"},
        {"local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(100000) .. i end", "client_auth.lua"},
        {"local t = {} while true do t[#t + 1] = {} end", "client_auth.lua:1"},
        {"local t = {} for i = 1, 100 do t[i] = ('x'):rep(1000000) end return table.concat(t)",
         "client_auth.lua"},
        {"local s = ('x'):rep(1000000) while true do string.format('%s%s%s', s, s, s) end",
         "client_auth.lua"},
        {"local t = setmetatable({}, { __mode = 'k' }) for i = 1, 1e7 do t[{}] = 1 end",
         "client_auth.lua"},
        {"while true do local f = function() return r end end", "client_auth.lua:1"},
    };
    assert_all_are_ended(*state, ALL(cases));
}

/* What the policy did to its own world reaches neither the next question nor another file. */
static void test_hostile_traces_end_with_the_file(void **state)
{
    struct script_fixture *fixture = *state;
    struct channel_request request = {.client = CLIENT, .channel = TEXT("c")};
    struct buf identity = {0};
    script_fixture_write(fixture, "policies/client_auth.lua",
                         "string.x, table.sort, math.pi = 1, nil, 3 rawset(_ENV, 'leak', string) "
                         "rawset(_ENV, 'pairs', nil) return { connect = function(r) "
                         "string.y = r setmetatable(r.headers, { __index = r }) return true end }");
    script_fixture_policy(
        fixture, "channel_auth",
        "return { open = function(r) assert(not string.x and not string.y and table.sort and "
        "math.pi > 3 and pairs and rawget(_ENV, 'leak') == nil and ('x').x == nil) "
        "return true end }");
    const struct hooks *hooks = &fixture->hooks;
    assert_true(hooks->client_connect(hooks->context, &CONNECT, &identity).allowed);
    assert_true(hooks->channel_open(hooks->context, &request).allowed);
    assert_int_equal(script_policy_failures(fixture->script), 0);
    buf_deinit(&identity);
}

/* Whatever it writes into what it was asked, the next question has facts of its own. */
static void test_hostile_facts_are_new_for_every_question(void **state)
{
    struct script_fixture *fixture = *state;
    struct verdict denial;
    struct buf replacement = {0};
    script_fixture_policy(
        fixture, "message",
        "local kept return { publish = function(m)\n"
        "if kept then assert(kept ~= m)\n"
        "assert(m.text == 'hello' and m.json == false and m.channel == 'c' and not m.extra)\n"
        "assert(getmetatable(m) == nil and getmetatable(m.client) == nil)\n"
        "assert(m.client.id == 42 and m.client.user == 'alice' and not m.client.extra)\n"
        "assert(m.client.identity.n == 7 and not m.client.identity.extra)\n"
        "assert(m.client.identity.roles[1] == 'a' and not m.client.identity.roles[3]) end\n"
        "kept = m setmetatable(m, { __index = m.client, __newindex = error }) m.text = nil\n"
        "rawset(m, 'extra', 1) rawset(m, 'json', nil) m.client.extra = 1 m.client.id = 1\n"
        "m.client.user = 'mallory' m.client.identity.extra = 1 m.client.identity.n = 8\n"
        "m.client.identity.roles[1] = 'z' m.client.identity.roles[3] = 'z'\n"
        "setmetatable(m.client, { __index = m }) m.client.identity = nil\n"
        "return true end }");
    const struct publish_request request = {
        .client = CLIENT, .channel = TEXT("c"), .text = TEXT("hello")};
    const struct hooks *hooks = &fixture->hooks;
    for (int i = 0; i < 3; i++)
        assert_int_equal(hooks->message_publish(hooks->context, &request, &denial, &replacement),
                         PUBLISH_PASS);
    assert_int_equal(script_policy_failures(fixture->script), 0);
    buf_deinit(&replacement);
}

static void test_hostile_list_costs_two_overruns_at_most(void **state)
{
    struct script_fixture *fixture = *state;
    struct listed_channel channels[50];
    for (size_t i = 0; i < 50; i++)
        channels[i] = (struct listed_channel){.name = TEXT("c"), .is_shown = true};
    script_fixture_policy(fixture, "channel_auth",
                          "return { list = function() while true do end end }");
    fixture->hooks.channel_list(fixture->hooks.context, &CLIENT, channels, 50);
    for (size_t i = 0; i < 50; i++)
        assert_false(channels[i].is_shown);
    assert_int_equal(script_policy_failures(fixture->script), 2);
}

/* While loading. */

static void assert_does_not_load(struct script_fixture *fixture, const char *policy,
                                 const char *message)
{
    script_fixture_write(fixture, "main.lua", "require('relay').node { name = 'node-a' }");
    script_fixture_write(fixture, "policies/client_auth.lua", policy);
    assert_int_equal(script_fixture_load(fixture, "main.lua", NULL, 0), RELAY_ESCRIPT);
    if (!strstr(fixture->error.bytes, message))
        fail_msg("%s", fixture->error.bytes);
    script_fixture_assert_error_begins(fixture, "policies");
}

static void test_hostile_load_is_ended(void **state)
{
    static const struct hostile cases[] = {
        {"while true do end", "client_auth.lua:1: " OVER},
        {"\nwhile true do pcall(" LOOP ") end", "client_auth.lua:2: " OVER},
        {"local x <close> = setmetatable({}, { __close = " LOOP " }) return {}", OVER},
        {"return ('a'):rep(30):find(('a?'):rep(30) .. ('a'):rep(30))", OVER},
        {"local t = {} for i = 1, 1e9 do t[i] = {} end", "memory"},
        {"local s = 'x' while true do s = s .. s end", "4 MiB"},
        {"local function f() return f() + 1 end f()", "memory"},
        {"return setmetatable({}, { __index = " LOOP " })", OVER},
        {"\33Lua", "binary chunk"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_does_not_load(*state, cases[i].body, cases[i].logged);
}

static void test_hostile_load_of_no_plain_file_is_refused(void **state)
{
    struct script_fixture *fixture = *state;
    char path[128];
    script_fixture_write(fixture, "main.lua", "require('relay').node { name = 'node-a' }");
    script_fixture_write(fixture, "policies/limits.lua", "return {}");
    snprintf(path, sizeof path, "%s/policies/client_auth.lua", fixture->directory);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(script_fixture_load(fixture, "main.lua", NULL, 0), RELAY_ESCRIPT);
    script_fixture_assert_error(fixture, "policies/client_auth.lua: is no file");
}

static void test_hostile_load_of_rules_that_lie_about_their_number(void **state)
{
    struct script_fixture *fixture = *state;
    struct health health = {.state = HEALTH_BAD};
    script_fixture_policy(fixture, "health",
                          "local function count() return -1 end "
                          "return { rules = setmetatable({}, { __len = count }) }");
    fixture->hooks.health(fixture->hooks.context, &(struct health_facts){0}, &health);
    assert_int_equal(health.state, HEALTH_GOOD);
}

static void test_hostile_main_and_modules_are_ended(void **state)
{
    static const struct hostile cases[] = {
        {"require 'module'", "module.lua:2: " OVER},
        {"coroutine.wrap(" LOOP ")()", OVER},
        {"xpcall(" LOOP ", " LOOP ")", OVER},
        {"return ('a'):rep(40):find(('a?'):rep(40) .. ('a'):rep(40))", OVER},
        {"return ('').rep('', 1 << 60)", OVER},
        {"return table.move({}, 1, 1 << 60, 2)", OVER},
        {"local t = {} while true do t[#t + 1] = ('x'):rep(10000):rep(10000) end", "memory"},
    };
    struct script_fixture *fixture = *state;
    script_fixture_write(fixture, "module.lua", "\nwhile true do end");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        script_fixture_write(fixture, "main.lua", cases[i].body);
        assert_int_equal(script_fixture_load(fixture, "main.lua", NULL, 0), RELAY_ESCRIPT);
        if (!strstr(fixture->error.bytes, cases[i].logged))
            fail_msg("%s\n%s", cases[i].body, fixture->error.bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_hostile_loops_are_ended),
        TEST(test_hostile_patterns_are_ended),
        TEST(test_hostile_long_operations_are_ended),
        TEST(test_hostile_metamethods_are_ended),
        TEST(test_hostile_recursion_is_ended),
        TEST(test_hostile_memory_is_bounded),
        TEST(test_hostile_traces_end_with_the_file),
        TEST(test_hostile_facts_are_new_for_every_question),
        TEST(test_hostile_list_costs_two_overruns_at_most),
        TEST(test_hostile_load_is_ended),
        TEST(test_hostile_load_of_no_plain_file_is_refused),
        TEST(test_hostile_load_of_rules_that_lie_about_their_number),
        TEST(test_hostile_main_and_modules_are_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

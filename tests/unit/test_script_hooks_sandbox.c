/* test_script_hooks_sandbox.c — what a policy can reach, and what it cannot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "hook_question.h"

static void test_sandbox_holds_pure_functions_alone(void **state)
{
    static const char *const missing[] = {
        "os",      "io",        "debug",          "load",     "print",     "dofile",
        "package", "coroutine", "collectgarbage", "loadfile", "loadstring"};
    struct script_fixture *fixture = *state;
    char body[64], logged[64];
    for (size_t i = 0; i < sizeof missing / sizeof missing[0]; i++) {
        snprintf(body, sizeof body, "return %s ~= nil", missing[i]);
        snprintf(logged, sizeof logged, "undefined global '%s'", missing[i]);
        assert_connect_fails(fixture, body, logged);
        buf_clear(&fixture->lines);
    }
    assert_connect_allowed(fixture, "assert(string.dump == nil and math.random == nil)"
                                    "assert(getmetatable('') == false)"
                                    "return true");
}

static void test_sandbox_undefined_global_names_the_likely_fix(void **state)
{
    static const struct {
        const char *body, *logged;
    } mistakes[] = {
        {"return os.time()",
         "undefined global 'os' (policies have no clock and no environment: facts "
         "carry the time, main.lua's settings the rest)"},
        {"return io.open('x')", "undefined global 'io' (policies reach no files"},
        {"return tostrng(1)", "undefined global 'tostrng' (did you mean 'tostring'?)"},
        {"return sting.upper('x')", "undefined global 'sting' (did you mean 'string'?)"},
    };
    struct script_fixture *fixture = *state;
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        assert_connect_fails(fixture, mistakes[i].body, mistakes[i].logged);
        buf_clear(&fixture->lines);
    }
}

static void test_sandbox_globals_cannot_be_set(void **state)
{
    assert_connect_fails(*state, "count = 1 return true", "assignment to the global 'count'");
}

static void test_sandbox_finaliser_is_refused(void **state)
{
    assert_connect_fails(*state, "setmetatable({}, { __gc = function() end }) return true", "__gc");
}

static void test_sandbox_libraries_work(void **state)
{
    assert_connect_allowed(*state,
                           "local t = { 3, 1, 2 } table.sort(t) table.insert(t, 4)"
                           "assert(table.concat(t, ',', 2, 4) == '2,3,4' and table.remove(t) == 4)"
                           "assert(table.move(t, 1, 3, 2)[4] == 3)"
                           "assert(('ab'):rep(2, '-') == 'ab-ab' and ('x'):rep(0) == '')"
                           "assert(select('#', xpcall(error, function(m) return m end, 'm')) == 2)"
                           "assert(select(2, xpcall(error, function(m) return m .. '!' end, 'm')) "
                           "== 'm!')"
                           "assert(xpcall(math.max, error, 1, 2) == true)"
                           "assert(select(2, xpcall(math.max, error, 1, 2)) == 2)"
                           "return setmetatable({}, { __index = { yes = true } }).yes");
}

static void test_sandbox_files_do_not_see_each_other(void **state)
{
    struct script_fixture *fixture = *state;
    struct channel_request request = {.client = CLIENT, .channel = TEXT("c")};
    script_fixture_write(fixture, "policies/client_auth.lua",
                         "string.upper = nil math.max = nil return {}");
    script_fixture_policy(fixture, "channel_auth",
                          "return { open = function(r) return math.max(1, 2) == 2 and "
                          "string.upper(r.channel) == 'C' and r.channel:upper() == 'C' end }");
    assert_true(fixture->hooks.channel_open(fixture->hooks.context, &request).allowed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_sandbox_holds_pure_functions_alone),
        TEST(test_sandbox_globals_cannot_be_set),
        TEST(test_sandbox_undefined_global_names_the_likely_fix),
        TEST(test_sandbox_finaliser_is_refused),
        TEST(test_sandbox_libraries_work),
        TEST(test_sandbox_files_do_not_see_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

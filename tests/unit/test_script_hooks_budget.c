/* test_script_hooks_budget.c — policies that run or grow for ever are ended, whatever they do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "hook_question.h"

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Each ends in time: generous here, for a busy machine under sanitizers. */
static void assert_overruns(struct script_fixture *fixture, const char *body, const char *logged)
{
    uint64_t start = now_ms();
    assert_connect_fails(fixture, body, logged);
    assert_true(now_ms() - start < 2000);
}

static void test_hooks_endless_loop_is_ended(void **state)
{
    assert_overruns(*state, "while true do end", "ran over its budget of ");
}

static void test_hooks_pcall_cannot_swallow_an_overrun(void **state)
{
    assert_overruns(*state, "while true do pcall(function() while true do end end) end return true",
                    "ran over its budget");
}

static void test_hooks_pcall_in_tail_position_cannot_swallow_an_overrun(void **state)
{
    assert_overruns(*state, "return pcall(function() while true do end end)",
                    "ran over its budget");
}

static void test_hooks_xpcall_handler_cannot_outlive_an_overrun(void **state)
{
    assert_overruns(*state, "local function loop() while true do end end return xpcall(loop, loop)",
                    "ran over its budget");
}

static void test_hooks_close_handler_cannot_outlive_an_overrun(void **state)
{
    assert_overruns(*state,
                    "local loop = function() while true do end end "
                    "local x <close> = setmetatable({}, { __close = loop }) loop()",
                    "ran over its budget");
}

static void test_hooks_c_loops_count_against_the_budget(void **state)
{
    assert_overruns(*state, "('').rep('', 1 << 60) return true", "ran over its budget");
    buf_clear(&((struct script_fixture *)*state)->lines);
    assert_overruns(*state, "table.move({}, 1, 1 << 60, 2) return true", "too many elements");
    buf_clear(&((struct script_fixture *)*state)->lines);
    assert_overruns(*state,
                    "table.remove(setmetatable({}, { __len = function() return 1 << 60 end }), 1)",
                    "cannot have __len");
}

static void test_hooks_string_bomb_is_ended(void **state)
{
    assert_overruns(*state, "return #('x'):rep(1000000000) > 0", "ran");
}

static void test_hooks_memory_bomb_is_ended(void **state)
{
    assert_overruns(*state, "local t = {} while true do t[#t + 1] = {} end", "client_auth.lua:1:");
}

static void test_hooks_pcall_cannot_swallow_a_memory_bomb(void **state)
{
    assert_overruns(*state,
                    "local s = 'x' while true do pcall(function() s = s .. s end) end return true",
                    "made a string of more than 4 MiB");
}

static void test_hooks_policy_lives_on_after_a_memory_bomb(void **state)
{
    struct script_fixture *fixture = *state;
    struct buf identity = {0};
    script_fixture_policy(fixture, "client_auth",
                          "return { connect = function(r)\n"
                          "if r.query == 'token=1' then local s = 'x' while true do s = s .. s end "
                          "end return true end }");
    const struct hooks *hooks = &fixture->hooks;
    struct connect_request other = CONNECT;
    other.query = TEXT("");
    for (int i = 0; i < 20; i++) {
        assert_false(hooks->client_connect(hooks->context, &CONNECT, &identity).allowed);
        assert_true(hooks->client_connect(hooks->context, &other, &identity).allowed);
    }
    assert_int_equal(script_policy_failures(fixture->script), 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_hooks_endless_loop_is_ended),
        TEST(test_hooks_pcall_cannot_swallow_an_overrun),
        TEST(test_hooks_pcall_in_tail_position_cannot_swallow_an_overrun),
        TEST(test_hooks_xpcall_handler_cannot_outlive_an_overrun),
        TEST(test_hooks_close_handler_cannot_outlive_an_overrun),
        TEST(test_hooks_c_loops_count_against_the_budget),
        TEST(test_hooks_string_bomb_is_ended),
        TEST(test_hooks_memory_bomb_is_ended),
        TEST(test_hooks_pcall_cannot_swallow_a_memory_bomb),
        TEST(test_hooks_policy_lives_on_after_a_memory_bomb),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

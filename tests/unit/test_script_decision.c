/* test_script_decision.c — where in a policy an answer was made, and what asking for it changes:
 * nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "hook_question.h"

/* message.lua's body of publish(m) from line 2 on, asked for its place. */
static enum publish_action decide(struct script_fixture *fixture, const char *body,
                                  struct decision *decision)
{
    struct verdict denial;
    struct buf replacement = {0};
    char text[1024];
    snprintf(text, sizeof text, "return { publish = function(m)\n%s\nend }", body);
    script_fixture_policy(fixture, "message", text);
    const struct publish_request request = {
        .client = CLIENT, .channel = TEXT("verona"), .text = TEXT("hi"), .decision = decision};
    enum publish_action action =
        fixture->hooks.message_publish(fixture->hooks.context, &request, &denial, &replacement);
    buf_deinit(&replacement);
    return action;
}

static void assert_decided(struct script_fixture *fixture, const char *body, const char *line)
{
    struct decision decision = {"?"};
    char end[32];
    (void)decide(fixture, body, &decision);
    snprintf(end, sizeof end, "message.lua:%s", line);
    const char *at = strstr(decision.place, "message.lua:");
    if (!at || strcmp(at, end) != 0)
        fail_msg("%s, not %s", decision.place, end);
}

static void test_decision_is_the_line_that_returned(void **state)
{
    assert_decided(*state, "if m.text == 'no' then\nreturn false\nend\nreturn true", "5");
    assert_decided(*state, "if m.text == 'hi' then\nreturn false\nend\nreturn true", "3");
    assert_decided(*state, "\n\nreturn m.text", "4");
}

static void test_decision_of_a_helper_in_tail_position_is_the_helpers(void **state)
{
    assert_decided(*state, "local function no()\nreturn false, 'no'\nend\nreturn no()", "3");
}

static void test_decision_after_a_helper_is_its_callers(void **state)
{
    assert_decided(*state,
                   "local function is()\nreturn true\nend\nlocal a = is()\nfor w in "
                   "m.text:gmatch '.' do is() end\nreturn a",
                   "7");
}

static void test_decision_through_a_pcall_is_its_callers(void **state)
{
    assert_decided(*state, "local ok = pcall(error)\nreturn ok", "3");
}

static void test_policy_that_fails_decided_nowhere(void **state)
{
    struct decision decision = {"?"};
    assert_int_equal(decide(*state, "error 'broken'", &decision), PUBLISH_REFUSE);
    assert_string_equal(decision.place, "");
    decision.place[0] = '?';
    assert_int_equal(decide(*state, "return 5", &decision), PUBLISH_REFUSE);
    assert_string_equal(decision.place, "");
}

static void test_budget_holds_for_a_policy_that_is_looked_at(void **state)
{
    static const char *const LOOPS[] = {
        "while true do end",
        "local function f() end while true do f() end",
        "while true do pcall(function() while true do end end) end",
    };
    struct decision decision;
    for (size_t i = 0; i < sizeof LOOPS / sizeof LOOPS[0]; i++) {
        assert_int_equal(decide(*state, LOOPS[i], &decision), PUBLISH_REFUSE);
        assert_string_equal(decision.place, "");
    }
}

static void test_nobody_who_does_not_ask_is_told(void **state)
{
    assert_int_equal(decide(*state, "return true", NULL), PUBLISH_PASS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_decision_is_the_line_that_returned),
        TEST(test_decision_of_a_helper_in_tail_position_is_the_helpers),
        TEST(test_decision_after_a_helper_is_its_callers),
        TEST(test_decision_through_a_pcall_is_its_callers),
        TEST(test_policy_that_fails_decided_nowhere),
        TEST(test_budget_holds_for_a_policy_that_is_looked_at),
        TEST(test_nobody_who_does_not_ask_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

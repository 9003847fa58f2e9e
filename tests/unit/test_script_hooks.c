/* test_script_hooks.c — what policies answer, and the safe default of each that fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "hook_question.h"

static void test_hooks_shipped_policies_allow_everybody(void **state)
{
    struct script_fixture *fixture = *state;
    struct buf identity = {0};
    struct client_limits limits = LIMITS;
    struct channel_request request = {.client = CLIENT, .channel = TEXT("c")};
    script_fixture_policy(fixture, "unrelated", "");
    const struct hooks *hooks = &fixture->hooks;
    assert_true(hooks->client_connect(hooks->context, &CONNECT, &identity).allowed);
    assert_true(hooks->channel_open(hooks->context, &request).allowed);
    assert_true(is_listed(hooks, &request));
    request.is_protected = true;
    struct verdict verdict = hooks->channel_join(hooks->context, &request);
    assert_false(verdict.allowed);
    assert_string_equal(verdict.reason, "invalid password");
    assert_false(is_listed(hooks, &request));
    request.password_matches = true;
    assert_true(hooks->channel_join(hooks->context, &request).allowed);
    hooks->client_limits(hooks->context, &CLIENT, &limits);
    assert_int_equal(limits.message_bytes, LIMITS.message_bytes);
    assert_int_equal(script_policy_failures(fixture->script), 0);
}

static void test_hooks_connect_sees_its_facts(void **state)
{
    assert_connect_allowed(*state, "assert(r.address == '192.0.2.7' and r.path == '/connect')"
                                   "assert(r.query == 'token=1' and r.origin == nil)"
                                   "assert(r.headers.cookie == 'a=1')"
                                   "assert(r.headers['x-tag'] == 'one, two')"
                                   "return true");
}

static void test_hooks_connect_denial_carries_reason_and_status(void **state)
{
    struct buf identity = {0};
    struct verdict verdict = connect_with(*state, "return false, 'go away', 429", &identity);
    assert_false(verdict.allowed);
    assert_string_equal(verdict.reason, "go away");
    assert_int_equal(verdict.status, 429);
}

static void test_hooks_connect_long_reason_is_cut_between_characters(void **state)
{
    struct buf identity = {0};
    struct verdict verdict =
        connect_with(*state, "return false, 'x' .. ('\\u{20AC}'):rep(50)", &identity);
    assert_int_equal(strlen(verdict.reason), 118);
}

static void test_hooks_connect_identity_is_a_json_object(void **state)
{
    struct buf identity = {0};
    struct verdict verdict =
        connect_with(*state, "return true, { user = { 'a\"', 1, 2.5, true, {} } }", &identity);
    buf_add_byte(&identity, '\0');
    assert_true(verdict.allowed);
    assert_string_equal(identity.bytes, "{\"user\":[\"a\\\"\",1,2.5,true,{}]}");
    buf_deinit(&identity);
}

static void test_hooks_connect_identity_too_large_denies(void **state)
{
    assert_connect_fails(*state, "return true, { user = ('x'):rep(5000) }", "larger than 4096");
}

static void test_hooks_connect_identity_of_functions_denies(void **state)
{
    assert_connect_fails(*state, "return true, { user = print_, f = function() end }",
                         "undefined global 'print_'");
}

static void test_hooks_connect_identity_within_itself_denies(void **state)
{
    assert_connect_fails(*state, "local t = {}\nt.t = t\nreturn true, t", "deeper than");
}

static void test_hooks_raise_denies(void **state)
{
    assert_connect_fails(*state, "local x = nil\nreturn x.y", "client_auth.lua:2:");
}

static void test_hooks_raise_is_logged_with_a_traceback(void **state)
{
    assert_connect_fails(*state, "error('boom')", "stack traceback");
}

static void test_hooks_raised_object_is_not_asked_for_its_text(void **state)
{
    assert_connect_fails(*state,
                         "error(setmetatable({}, {__tostring = function() while true do end end}))",
                         "the error is a table");
}

static void test_hooks_nonsense_denies(void **state)
{
    assert_connect_fails(*state, "return 1", "returned neither true nor false");
}

static void test_hooks_nothing_returned_denies(void **state)
{
    assert_connect_fails(*state, "", "returned neither true nor false");
}

static void test_hooks_nonsense_status_denies(void **state)
{
    assert_connect_fails(*state, "return false, 'no', 200", "status");
}

static void test_hooks_reason_that_is_no_utf8_denies(void **state)
{
    assert_connect_fails(*state, "return false, '\\xff'", "no text");
}

static void test_hooks_failures_are_logged_within_bounds(void **state)
{
    struct script_fixture *fixture = *state;
    struct buf identity = {0};
    size_t lines = 0;
    script_fixture_policy(fixture, "client_auth", "return { connect = function() error('x') end }");
    for (int i = 0; i < 1000; i++)
        (void)fixture->hooks.client_connect(fixture->hooks.context, &CONNECT, &identity);
    for (size_t i = 0; i < fixture->lines.len; i++)
        lines += fixture->lines.bytes[i] == '\n';
    assert_int_equal(script_policy_failures(fixture->script), 1000);
    assert_in_range(lines, 1, 5 * LOG_GATE_LINES);
}

static void test_hooks_channel_questions_see_their_facts(void **state)
{
    struct script_fixture *fixture = *state;
    const struct hooks *hooks = &fixture->hooks;
    struct channel_request request = {.client = CLIENT, .channel = TEXT("c"), .is_protected = true};
    script_fixture_policy(
        fixture, "channel_auth",
        "local function check(r) local c = r.client\n"
        "assert(c.id == 42 and c.user == 'alice' and c.address == '192.0.2.7' and c.channels == "
        "3)\n"
        "assert(c.identity.roles[2] == 'b' and math.type(c.identity.n) == 'integer')\n"
        "assert(r.channel == 'c' and r.protected == true) return true end\n"
        "return { open = function(r) return check(r) and r.password_matches == nil end,\n"
        "  join = function(r) return check(r) and r.password_matches == false end, list = check }");
    assert_true(hooks->channel_open(hooks->context, &request).allowed);
    assert_true(hooks->channel_join(hooks->context, &request).allowed);
    assert_true(is_listed(hooks, &request));
}

static void test_hooks_client_without_identity_has_an_empty_table(void **state)
{
    struct script_fixture *fixture = *state;
    struct channel_request request = {.channel = TEXT("c")};
    script_fixture_policy(fixture, "channel_auth",
                          "return { open = function(r) return r.client.identity.role == nil and "
                          "r.client.user == nil end }");
    assert_true(fixture->hooks.channel_open(fixture->hooks.context, &request).allowed);
}

static void test_hooks_failing_channel_policy_denies_and_hides(void **state)
{
    struct script_fixture *fixture = *state;
    const struct hooks *hooks = &fixture->hooks;
    struct channel_request request = {.client = CLIENT, .channel = TEXT("c")};
    script_fixture_policy(fixture, "channel_auth",
                          "local no = function() error('no') end "
                          "return { open = no, join = no, list = no }");
    assert_false(hooks->channel_open(hooks->context, &request).allowed);
    assert_false(hooks->channel_join(hooks->context, &request).allowed);
    assert_false(is_listed(hooks, &request));
    assert_int_equal(script_policy_failures(fixture->script), 3);
}

static void test_hooks_missing_function_is_the_shipped_one(void **state)
{
    struct script_fixture *fixture = *state;
    struct channel_request request = {.client = CLIENT, .channel = TEXT("c"), .is_protected = true};
    script_fixture_policy(fixture, "channel_auth",
                          "return { open = function() return false, 'closed' end }");
    const struct hooks *hooks = &fixture->hooks;
    assert_string_equal(hooks->channel_open(hooks->context, &request).reason, "closed");
    assert_string_equal(hooks->channel_join(hooks->context, &request).reason, "invalid password");
}

static struct client_limits limits_with(struct script_fixture *fixture, const char *text)
{
    struct client_limits limits = LIMITS;
    script_fixture_policy(fixture, "limits", text);
    fixture->hooks.client_limits(fixture->hooks.context, &CLIENT, &limits);
    return limits;
}

static void test_hooks_limits_replace_some(void **state)
{
    struct client_limits limits =
        limits_with(*state, "return { client = function(r) return { burst = r.limits.burst * 2, "
                            "message_bytes = 100, messages_per_second = 0 } end }");
    assert_true(limits.burst == 4000 && limits.messages_per_second == 0);
    assert_int_equal(limits.message_bytes, 100);
    assert_int_equal(limits.channels_per_client, 100);
}

static void test_hooks_nonsense_limits_leave_all_as_configured(void **state)
{
    static const char *const nonsense[] = {"{ burst = 5, message_bytes = -1 }",
                                           "{ burst = 5, message_bytes = '9' }",
                                           "{ burst = 5, message_byte = 9 }",
                                           "{ burst = 0 / 0 }",
                                           "{ 7 }",
                                           "7"};
    struct script_fixture *fixture = *state;
    char text[128];
    for (size_t i = 0; i < sizeof nonsense / sizeof nonsense[0]; i++) {
        snprintf(text, sizeof text, "return { client = function() return %s end }", nonsense[i]);
        struct client_limits limits = limits_with(fixture, text);
        assert_memory_equal(&limits, &LIMITS, sizeof limits);
        assert_int_equal(script_policy_failures(fixture->script), 1);
    }
}

static void test_hooks_message_is_absent_without_its_file(void **state)
{
    struct script_fixture *fixture = *state;
    script_fixture_policy(fixture, "limits", "return {}");
    assert_null(fixture->hooks.message_publish);
}

static enum publish_action publish_with(struct script_fixture *fixture, const char *body,
                                        bool is_json, struct verdict *denial,
                                        struct buf *replacement)
{
    char text[512];
    const struct publish_request request = {.client = CLIENT,
                                            .channel = TEXT("c"),
                                            .text = is_json ? TEXT("[1]") : TEXT("hi"),
                                            .is_json = is_json};
    snprintf(text, sizeof text, "return { publish = function(m) %s end }", body);
    script_fixture_policy(fixture, "message", text);
    return fixture->hooks.message_publish(fixture->hooks.context, &request, denial, replacement);
}

static void test_hooks_message_passes_refuses_and_replaces(void **state)
{
    struct script_fixture *fixture = *state;
    struct verdict denial;
    struct buf text = {0};
    assert_int_equal(publish_with(fixture,
                                  "return m.text == 'hi' and not m.json and m.channel == 'c' and "
                                  "m.client.id == 42",
                                  false, &denial, &text),
                     PUBLISH_PASS);
    assert_int_equal(publish_with(fixture, "return false, 'rude'", false, &denial, &text),
                     PUBLISH_REFUSE);
    assert_string_equal(denial.reason, "rude");
    assert_int_equal(text.len, 0);
    assert_int_equal(publish_with(fixture, "return m.text .. '\"'", false, &denial, &text),
                     PUBLISH_REPLACE);
    assert_int_equal(text.len, 6);
    assert_memory_equal(text.bytes, "\"hi\\\"\"", 6);
    buf_clear(&text);
    assert_int_equal(publish_with(fixture, "return '{\"a\":1}'", true, &denial, &text),
                     PUBLISH_REPLACE);
    assert_memory_equal(text.bytes, "{\"a\":1}", 7);
    assert_int_equal(script_policy_failures(fixture->script), 0);
    buf_deinit(&text);
}

static void test_hooks_message_nonsense_refuses(void **state)
{
    static const char *const nonsense[] = {"return 7",       "return '{'", "return '1 2'",
                                           "return '\\xff'", "error('x')", "return"};
    struct script_fixture *fixture = *state;
    struct verdict denial;
    struct buf text = {0};
    for (size_t i = 0; i < sizeof nonsense / sizeof nonsense[0]; i++) {
        assert_int_equal(publish_with(fixture, nonsense[i], true, &denial, &text), PUBLISH_REFUSE);
        assert_string_equal(denial.reason, "");
        assert_int_equal(script_policy_failures(fixture->script), 1);
        assert_int_equal(text.len, 0);
    }
    buf_deinit(&text);
}

static void assert_health(struct script_fixture *fixture, struct health_facts facts,
                          enum health_state state, const char *reason)
{
    struct health health = {HEALTH_BAD, "never asked"};
    facts.latency_limit_ms = 10;
    fixture->hooks.health(fixture->hooks.context, &facts, &health);
    assert_int_equal(health.state, state);
    assert_string_equal(health.reason, reason);
}

static void test_hooks_shipped_health_follows_the_notes(void **state)
{
    struct script_fixture *fixture = *state;
    script_fixture_policy(fixture, "limits", "return {}");
    assert_health(fixture, (struct health_facts){0}, HEALTH_GOOD, "healthy");
    assert_health(fixture, (struct health_facts){.peers_configured = 1}, HEALTH_DEGRADED,
                  "no peers");
    assert_health(fixture, (struct health_facts){.clients = 3}, HEALTH_GOOD, "healthy");
    assert_health(fixture, (struct health_facts){.clients = 4}, HEALTH_DEGRADED,
                  "clients no channels");
    assert_health(fixture, (struct health_facts){.latency_ms = 10}, HEALTH_GOOD, "healthy");
    assert_health(fixture, (struct health_facts){.latency_ms = 10.1}, HEALTH_DEGRADED,
                  "high latency");
    assert_health(fixture, (struct health_facts){.channels = 1, .peers_configured = 1}, HEALTH_BAD,
                  "channels no clients");
}

static void test_hooks_failing_health_keeps_the_last_state(void **state)
{
    struct script_fixture *fixture = *state;
    script_fixture_policy(fixture, "health",
                          "return { rules = { { state = 'bad', reason = 'x', when = function() end "
                          "} } }");
    struct health health = {HEALTH_DEGRADED, "as it was"};
    fixture->hooks.health(fixture->hooks.context, &(struct health_facts){0}, &health);
    assert_int_equal(health.state, HEALTH_DEGRADED);
    assert_string_equal(health.reason, "as it was");
    assert_int_equal(script_policy_failures(fixture->script), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_hooks_shipped_policies_allow_everybody),
        TEST(test_hooks_connect_sees_its_facts),
        TEST(test_hooks_connect_denial_carries_reason_and_status),
        TEST(test_hooks_connect_long_reason_is_cut_between_characters),
        TEST(test_hooks_connect_identity_is_a_json_object),
        TEST(test_hooks_connect_identity_too_large_denies),
        TEST(test_hooks_connect_identity_of_functions_denies),
        TEST(test_hooks_connect_identity_within_itself_denies),
        TEST(test_hooks_raise_denies),
        TEST(test_hooks_raise_is_logged_with_a_traceback),
        TEST(test_hooks_raised_object_is_not_asked_for_its_text),
        TEST(test_hooks_nonsense_denies),
        TEST(test_hooks_nothing_returned_denies),
        TEST(test_hooks_nonsense_status_denies),
        TEST(test_hooks_reason_that_is_no_utf8_denies),
        TEST(test_hooks_failures_are_logged_within_bounds),
        TEST(test_hooks_channel_questions_see_their_facts),
        TEST(test_hooks_client_without_identity_has_an_empty_table),
        TEST(test_hooks_failing_channel_policy_denies_and_hides),
        TEST(test_hooks_missing_function_is_the_shipped_one),
        TEST(test_hooks_limits_replace_some),
        TEST(test_hooks_nonsense_limits_leave_all_as_configured),
        TEST(test_hooks_message_is_absent_without_its_file),
        TEST(test_hooks_message_passes_refuses_and_replaces),
        TEST(test_hooks_message_nonsense_refuses),
        TEST(test_hooks_shipped_health_follows_the_notes),
        TEST(test_hooks_failing_health_keeps_the_last_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

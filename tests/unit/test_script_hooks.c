/* test_script_hooks.c — what policies answer, and the safe default of each that fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "script_fixture.h"

#define TEXT(s) ((struct text){(s), sizeof(s) - 1})

static const struct header HEADERS[] = {
    {{"cookie", 6}, {"a=1", 3}},
    {{"x-tag", 5}, {"one", 3}},
    {{"x-tag", 5}, {"two", 3}},
};
static const struct connect_request CONNECT = {
    .address = {"192.0.2.7", 9},
    .path = {"/connect", 8},
    .query = {"token=1", 7},
    .headers = HEADERS,
    .header_count = 3,
};
static const struct client_facts CLIENT = {
    .id = 42,
    .address = {"192.0.2.7", 9},
    .identity = {"{\"user\":\"alice\",\"roles\":[\"a\",\"b\"],\"n\":7}", 40},
    .channels = 3,
};
static const struct client_limits LIMITS = {65536, 100, 1000, 2000, 1048576};

static int setup(void **state)
{
    struct script_fixture *fixture = malloc(sizeof *fixture);
    script_fixture_init(fixture);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    script_fixture_deinit(*state);
    free(*state);
    return 0;
}

/* client_auth.lua with this body of connect(r), asked once. */
static struct verdict connect_with(struct script_fixture *fixture, const char *body,
                                   struct buf *identity)
{
    char text[2048];
    snprintf(text, sizeof text, "return { connect = function(r) %s end }", body);
    script_fixture_policy(fixture, "client_auth", text);
    return fixture->hooks.client_connect(fixture->hooks.context, &CONNECT, identity);
}

static void assert_connect_allowed(struct script_fixture *fixture, const char *body)
{
    struct buf identity = {0};
    struct verdict verdict = connect_with(fixture, body, &identity);
    buf_add_byte(&fixture->lines, '\0');
    if (!verdict.allowed)
        fail_msg("denied: %s\n%s", verdict.reason, fixture->lines.bytes);
    assert_int_equal(script_policy_failures(fixture->script), 0);
    buf_deinit(&identity);
}

/* The policy failed: denied, counted once, one line that holds `logged`. */
static void assert_connect_fails(struct script_fixture *fixture, const char *body,
                                 const char *logged)
{
    struct buf identity = {0};
    struct verdict verdict = connect_with(fixture, body, &identity);
    buf_add_byte(&fixture->lines, '\0');
    assert_false(verdict.allowed);
    assert_string_equal(verdict.reason, "");
    assert_int_equal(verdict.status, 0);
    assert_int_equal(identity.len, 0);
    assert_int_equal(script_policy_failures(fixture->script), 1);
    if (!strstr(fixture->lines.bytes, logged))
        fail_msg("logged: %s", fixture->lines.bytes);
    assert_ptr_equal(strchr(fixture->lines.bytes, '\n') + 1, strchr(fixture->lines.bytes, '\0'));
    buf_deinit(&identity);
}

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
    assert_true(hooks->channel_list(hooks->context, &request));
    request.is_protected = true;
    struct verdict verdict = hooks->channel_join(hooks->context, &request);
    assert_false(verdict.allowed);
    assert_string_equal(verdict.reason, "invalid password");
    assert_false(hooks->channel_list(hooks->context, &request));
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
    assert_overruns(*state, "while true do end", "ran over its budget of 1000000 instructions");
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
                    "memory");
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

static void test_sandbox_holds_pure_functions_alone(void **state)
{
    static const char *const missing[] = {
        "os",      "io",      "debug",     "load",           "print",    "dofile",
        "require", "package", "coroutine", "collectgarbage", "loadfile", "loadstring"};
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
    assert_true(hooks->channel_list(hooks->context, &request));
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
    assert_false(hooks->channel_list(hooks->context, &request));
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
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
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
        TEST(test_hooks_failures_are_logged_within_bounds),
        TEST(test_sandbox_holds_pure_functions_alone),
        TEST(test_sandbox_globals_cannot_be_set),
        TEST(test_sandbox_finaliser_is_refused),
        TEST(test_sandbox_libraries_work),
        TEST(test_sandbox_files_do_not_see_each_other),
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

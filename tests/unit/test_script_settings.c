/* test_script_settings.c — the settings of main.lua and the time, as every policy gets them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "hook_question.h"

#define SETTINGS "{ word = 'x', number = 1.5, list = { 'a', 'b' }, deep = { er = { yes = true } } }"
/* Lua that holds only where s is that table. */
#define CHECK                                                                                      \
    "assert(s.word == 'x' and s.number == 1.5 and #s.list == 2 and s.list[2] == 'b' and "          \
    "s.deep.er.yes == true and select('#', ...) == 0)\n"

static void load(struct script_fixture *fixture, const char *settings)
{
    char main[512];
    snprintf(main, sizeof main, "require('relay').node { name = 'node-a', settings = %s }",
             settings);
    script_fixture_write(fixture, "main.lua", main);
    if (script_fixture_load(fixture, "main.lua", NULL, 0) != 0)
        fail_msg("did not load: %s", fixture->error.bytes);
}

static void write_policies(struct script_fixture *fixture)
{
    script_fixture_write(fixture, "policies/client_auth.lua",
                         "return { connect = function(r, s, ...) " CHECK "return true end }");
    script_fixture_write(fixture, "policies/channel_auth.lua",
                         "local function f(r, s, ...) " CHECK "return true end\n"
                         "return { open = f, join = f, list = f }");
    script_fixture_write(fixture, "policies/limits.lua",
                         "return { client = function(r, s, ...) " CHECK
                         "return { burst = 7 } end }");
    script_fixture_write(fixture, "policies/message.lua",
                         "return { publish = function(m, s, ...) " CHECK "return true end }");
    script_fixture_write(fixture, "policies/health.lua",
                         "return { rules = { { state = 'bad', reason = 'asked', when = "
                         "function(f, s, ...) " CHECK "return true end } } }");
    script_fixture_write(fixture, "policies/node_auth.lua",
                         "return { accept = function(r, s, ...) " CHECK "return true end }");
    script_fixture_write(fixture, "policies/routing.lua",
                         "return { scope = function(c, s, ...) " CHECK "return 'node' end,\n"
                         "next_hop = function(d, r, s, ...) " CHECK "return r[2].peer end }");
}

static void assert_network_answers(const struct hooks *hooks)
{
    const struct node_request node = {.name = TEXT("node-b"), .token_matches = true};
    const struct route routes[] = {{TEXT("a"), 1, 1, true}, {TEXT("b"), 2, 1, false}};
    struct channel_scope scope = {0};
    assert_true(hooks->node_accept(hooks->context, &node).allowed);
    hooks->routing_scope(hooks->context, TEXT("c"), &scope);
    assert_int_equal(scope.kind, SCOPE_NODE);
    assert_int_equal(hooks->routing_next_hop(hooks->context, TEXT("z"), routes, 2), 1);
}

static void test_settings_are_the_last_argument_of_every_question(void **state)
{
    struct script_fixture *fixture = *state;
    const struct hooks *hooks = &fixture->hooks;
    struct buf buf = {0};
    struct verdict denial;
    struct client_limits limits = LIMITS;
    struct health health = {0};
    const struct health_facts facts = {0};
    struct channel_request request = {.client = CLIENT, .channel = TEXT("c")};
    const struct publish_request message = {
        .client = CLIENT, .channel = TEXT("c"), .text = TEXT("t")};
    write_policies(fixture);
    load(fixture, SETTINGS);
    assert_true(hooks->client_connect(hooks->context, &CONNECT, &buf).allowed);
    assert_true(hooks->channel_open(hooks->context, &request).allowed);
    assert_true(hooks->channel_join(hooks->context, &request).allowed);
    assert_true(is_listed(hooks, &request));
    hooks->client_limits(hooks->context, &CLIENT, &limits);
    assert_true(limits.burst == 7);
    assert_int_equal(hooks->message_publish(hooks->context, &message, &denial, &buf), PUBLISH_PASS);
    hooks->health(hooks->context, &facts, &health);
    assert_string_equal(health.reason, "asked");
    assert_network_answers(hooks);
    assert_int_equal(script_policy_failures(fixture->script), 0);
}

static void test_settings_that_nobody_gave_are_an_empty_table(void **state)
{
    struct script_fixture *fixture = *state;
    struct buf identity = {0};
    script_fixture_policy(fixture, "client_auth",
                          "return { connect = function(r, s) return next(s) == nil end }");
    assert_true(fixture->hooks.client_connect(fixture->hooks.context, &CONNECT, &identity).allowed);
}

static void test_settings_changed_by_one_file_are_whole_for_another(void **state)
{
    struct script_fixture *fixture = *state;
    struct buf identity = {0};
    struct channel_request request = {.client = CLIENT, .channel = TEXT("c")};
    script_fixture_write(fixture, "policies/client_auth.lua",
                         "return { connect = function(r, s) s.list[1] = 'z' s.word = nil return "
                         "true end }");
    script_fixture_write(fixture, "policies/channel_auth.lua",
                         "return { open = function(r, s, ...) " CHECK
                         "return s.list[1] == 'a' end }");
    load(fixture, SETTINGS);
    assert_true(fixture->hooks.client_connect(fixture->hooks.context, &CONNECT, &identity).allowed);
    assert_true(fixture->hooks.channel_open(fixture->hooks.context, &request).allowed);
}

static void test_settings_that_are_not_plain_are_refused_with_their_line(void **state)
{
    struct script_fixture *fixture = *state;
    script_fixture_write(fixture, "main.lua",
                         "require('relay').node {\n  settings = {\n    a = 1,\n    f = print,\n  "
                         "},\n}");
    assert_int_equal(script_fixture_load(fixture, "main.lua", NULL, 0), RELAY_ESCRIPT);
    script_fixture_assert_error(fixture,
                                "main.lua:4: 'settings.f' must be a text, a number, a boolean or a "
                                "table of such, and is a function");
}

static void test_settings_may_be_large_and_are_bounded(void **state)
{
    struct script_fixture *fixture = *state;
    load(fixture, "{ text = ('x'):rep(65000) }");
    script_fixture_write(fixture, "main.lua",
                         "require('relay').node { settings = { text = ('x'):rep(66000) } }");
    assert_int_equal(script_fixture_load(fixture, "main.lua", NULL, 0), RELAY_ESCRIPT);
    script_fixture_assert_error(fixture, "main.lua:1: 'settings.text' must be no more: it would be "
                                         "over 65536 bytes of JSON in all");
}

static void assert_refused(struct script_fixture *fixture, const char *policy, const char *error)
{
    script_fixture_write(fixture, "policies/limits.lua", policy);
    assert_int_equal(script_fixture_load(fixture, "main.lua", NULL, 0), RELAY_ESCRIPT);
    script_fixture_assert_error(fixture, error);
}

static void test_settings_are_checked_by_the_policy_that_wants_to_when_it_is_loaded(void **state)
{
    struct script_fixture *fixture = *state;
    load(fixture, "{ rate = 5 }");
    script_fixture_write(fixture, "main.lua",
                         "require('relay').node { settings = { rate = 'x' } }");
    assert_refused(fixture,
                   "return { check = function(s)\n"
                   "  if type(s.rate) ~= 'number' then error('settings.rate: a number') end end }",
                   "policies/limits.lua:2: settings.rate: a number");
    assert_refused(fixture, "return { check = 5 }",
                   "policies/limits.lua: check must be a function, and is a number");
    script_fixture_write(fixture, "policies/limits.lua",
                         "return { check = function(s) assert(s.rate == 5) end }");
    load(fixture, "{ rate = 5 }");
}

static uint64_t noon_ms(void *context)
{
    (void)context;
    return 43200500;
}

#define TIMED "local function f(r) assert(r.time == 43200.5) return true end\n"

static void test_time_is_the_simulation_s_where_there_is_one(void **state)
{
    struct script_fixture *fixture = *state;
    const struct hooks *hooks = &fixture->hooks;
    const struct script_simulation simulation = {.wall_ms = noon_ms};
    struct buf buf = {0};
    struct verdict denial;
    struct channel_request request = {.client = CLIENT, .channel = TEXT("c")};
    const struct publish_request message = {
        .client = CLIENT, .channel = TEXT("c"), .text = TEXT("t")};
    fixture->simulation = &simulation;
    script_fixture_write(fixture, "policies/client_auth.lua", TIMED "return { connect = f }");
    script_fixture_write(fixture, "policies/channel_auth.lua",
                         TIMED "return { open = f, join = f }");
    script_fixture_policy(fixture, "message", TIMED "return { publish = f }");
    assert_true(hooks->client_connect(hooks->context, &CONNECT, &buf).allowed);
    assert_true(hooks->channel_open(hooks->context, &request).allowed);
    assert_true(hooks->channel_join(hooks->context, &request).allowed);
    assert_int_equal(hooks->message_publish(hooks->context, &message, &denial, &buf), PUBLISH_PASS);
}

static void test_time_is_the_wall_s_otherwise(void **state)
{
    char body[128];
    snprintf(body, sizeof body, "return r.time >= %lld - 1 and r.time < %lld + 3600",
             (long long)time(NULL), (long long)time(NULL));
    assert_connect_allowed(*state, body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_settings_are_the_last_argument_of_every_question),
        TEST(test_settings_that_nobody_gave_are_an_empty_table),
        TEST(test_settings_changed_by_one_file_are_whole_for_another),
        TEST(test_settings_that_are_not_plain_are_refused_with_their_line),
        TEST(test_settings_may_be_large_and_are_bounded),
        TEST(test_settings_are_checked_by_the_policy_that_wants_to_when_it_is_loaded),
        TEST(test_time_is_the_simulation_s_where_there_is_one),
        TEST(test_time_is_the_wall_s_otherwise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

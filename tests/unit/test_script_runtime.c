/* test_script_runtime.c — handlers: what starts them, what they wait for, how they end. */
#include "script_node.h"

static void assert_handler_answers(struct script_node *node, const char *body, const char *response)
{
    char lines[1024];
    size_t before = FAKE.response_count;
    snprintf(lines, sizeof lines, "relay.command('x', function(request) %s end)", body);
    script_node_run(node, lines);
    script_node_command(node, "x", "{\"command\":\"x\",\"n\":1}");
    assert_int_equal(FAKE.response_count, before + (response ? 1 : 0));
    if (response)
        assert_response(response);
}

static void test_command_a_table_is_the_response(void **state)
{
    assert_handler_answers(*state, "return { ok = request.data.n }", "{\"ok\":1}");
}

static void test_command_a_response_without_ok_gets_it(void **state)
{
    assert_handler_answers(*state, "return { n = 1 }", "{\"ok\":true,\"n\":1}");
    assert_handler_answers(*state, "return {}", "{\"ok\":true}");
}

static void test_command_nothing_is_ok(void **state)
{
    assert_handler_answers(*state, "return", "{\"ok\":true}");
    assert_handler_answers(*state, "return true", "{\"ok\":true}");
}

static void test_command_nil_and_a_reason_is_a_denial(void **state)
{
    assert_handler_answers(*state, "return nil, 'no'", "{\"ok\":false,\"reason\":\"no\"}");
    assert_handler_answers(*state, "return false, 'no'", "{\"ok\":false,\"reason\":\"no\"}");
}

static void test_command_false_alone_is_silence(void **state)
{
    assert_handler_answers(*state, "return false", NULL);
}

static void test_command_request_has_its_facts(void **state)
{
    assert_handler_answers(*state,
                           "assert(request.is_peer and not request.is_plain and not "
                           "request.is_broadcast) return { a = request.command .. request.source "
                           ".. request.nonce }",
                           "{\"ok\":true,\"a\":\"xnode-bnonce-1\"}");
    assert_string_equal(FAKE.nonces[0], "nonce-1");
}

static void test_command_unknown_is_denied(void **state)
{
    script_node_run(*state, "");
    script_node_command(*state, "nobody-knows", "{}");
    assert_response("{\"ok\":false,\"reason\":\"unknown command\"}");
    script_node_command(*state, "", "{}");
    assert_response("{\"ok\":false,\"reason\":\"unknown command\"}");
}

static void test_command_data_that_is_no_object_is_invalid(void **state)
{
    static const char *const DATA[] = {"[1]", "[]", "\"x\"", "1", "null", ""};
    script_node_run(*state, "relay.command('x', function() end)");
    for (size_t i = 0; i < sizeof DATA / sizeof DATA[0]; i++) {
        script_node_command(*state, "x", DATA[i]);
        assert_response("{\"ok\":false,\"reason\":\"invalid data\"}");
    }
    assert_int_equal(FAKE.response_count, 6);
}

static void test_command_that_raises_is_an_internal_error_logged_once(void **state)
{
    struct script_node *node = *state;
    assert_handler_answers(node, "error 'broken'", "{\"ok\":false,\"reason\":\"internal error\"}");
    assert_int_equal(script_handler_failures(node->fixture.script), 1);
    assert_true(script_node_logged(node, "main.lua:3: broken"));
    assert_true(script_node_logged(node, "stack traceback"));
}

static void test_command_with_a_response_that_is_no_json_is_an_internal_error(void **state)
{
    static const char *const BODIES[] = {"return { f = print }",   "return 'text'",
                                         "return { 1, 2 }",        "return { n = 0/0 }",
                                         "return { s = '\\255' }", "local t = {} t.t = t return t",
                                         "return nil, {}"};
    for (size_t i = 0; i < sizeof BODIES / sizeof BODIES[0]; i++)
        assert_handler_answers(*state, BODIES[i], "{\"ok\":false,\"reason\":\"internal error\"}");
}

static void test_command_endless_loop_is_ended_and_the_next_one_served(void **state)
{
    struct script_node *node = *state;
    script_node_run(node, "relay.command('x', function(r) while r.data.n do end return {} end)");
    script_node_command(node, "x", "{\"n\":1}");
    assert_response("{\"ok\":false,\"reason\":\"internal error\"}");
    assert_true(script_node_logged(node, "ran over its budget"));
    script_node_command(node, "x", "{}");
    assert_response("{\"ok\":true}");
}

/* Where no hook counts by itself: inside of C, in coroutines of the script's own, in handlers of
 * errors. */
static void test_handler_of_any_kind_is_ended_wherever_it_loops(void **state)
{
    static const char *const bodies[] = {
        "local _ = ('a'):rep(40):find(('a?'):rep(40) .. ('a'):rep(40))",
        "coroutine.wrap(function() while true do pcall(error) end end)()",
        "xpcall(function() while true do end end, function() while true do end end)",
        "relay.sleep(0) while true do end",
    };
    struct script_node *node = *state;
    char lines[1024];
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        buf_clear(&node->fixture.lines);
        snprintf(lines, sizeof lines,
                 "relay.after(1, function() %s end) relay.after(2, function() "
                 "relay.log.info('served on') end)",
                 bodies[i]);
        script_node_run(node, lines);
        script_node_advance(node, 2500);
        assert_true(script_node_logged(node, "ran over its budget"));
        assert_true(script_node_logged(node, "of=\"timer\""));
        assert_true(script_node_logged(node, "served on"));
        assert_int_equal(script_handler_failures(node->fixture.script), 1);
    }
}

static void test_xpcall_handles_errors_and_lets_handlers_wait(void **state)
{
    assert_handler_answers(
        *state,
        "local ok, place = xpcall(function() error('x') end, debug.traceback) "
        "assert(not ok and place:find('stack traceback') and place:find('main.lua')) "
        "local yes, a, b = xpcall(function(...) return ... end, print, 1, nil) "
        "assert(yes and a == 1 and b == nil) return { ok = true }",
        "{\"ok\":true}");
    script_node_run(*state, "relay.command('x', function() local ok = xpcall(function() "
                            "relay.sleep(1) error('late') end, function(m) return m end) "
                            "return { ok = ok } end)");
    script_node_command(*state, "x", "{}");
    script_node_advance(*state, 1500);
    assert_response("{\"ok\":false}");
}

static void test_json_says_what_lua_cannot(void **state)
{
    assert_handler_answers(*state,
                           "return { ok = { relay.array{}, relay.null, 2.0, 1.3, 1/3, {}, 2^53, "
                           "request.data.none or 7 } }",
                           "{\"ok\":[[],null,2,1.3,0.33333333333333331,{},9007199254740992,7]}");
}

static void test_json_comes_back_as_it_went(void **state)
{
    struct script_node *node = *state;
    script_node_run(node, "relay.command('x', function(r) return { ok = r.data.a } end)");
    script_node_command(node, "x", " { \"a\" : [ [ ] , null , -1.5e3 , \"\\u00e9\\n\" , { } ] } ");
    assert_response("{\"ok\":[[],null,-1500,\"\xC3\xA9\\n\",{}]}");
}

static void test_json_half_a_surrogate_is_invalid_data(void **state)
{
    script_node_run(*state, "relay.command('x', function() end)");
    script_node_command(*state, "x", "{\"a\":\"\\ud800\"}");
    assert_response("{\"ok\":false,\"reason\":\"invalid data\"}");
}

static const char ASKS[] =
    "relay.command('x', function(r)\n"
    "  local data, reason = relay.request('node-c', { command = 'y', n = r.data.n }, 2.5)\n"
    "  if not data then return nil, reason end\n"
    "  assert(data.a ~= 3, 'three')\n"
    "  return { got = data.a }\n"
    "end)";

static void test_request_waits_for_its_answer(void **state)
{
    script_node_run(*state, ASKS);
    script_node_command(*state, "x", "{\"n\":7}");
    assert_int_equal(FAKE.response_count, 0);
    assert_string_equal(FAKE.requests[0].node, "node-c");
    assert_non_null(strstr(FAKE.requests[0].data, "\"n\":7"));
    assert_int_equal(FAKE.requests[0].timeout_ms, 2500);
    script_node_answer("{\"a\":5}", NULL);
    assert_response("{\"ok\":true,\"got\":5}");
}

static void test_request_without_an_answer_gives_the_reason(void **state)
{
    script_node_run(*state, ASKS);
    script_node_command(*state, "x", "{}");
    script_node_answer(NULL, "timed out");
    assert_response("{\"ok\":false,\"reason\":\"timed out\"}");
}

static void test_request_error_after_a_wait_has_a_traceback_of_the_handler(void **state)
{
    script_node_run(*state, ASKS);
    script_node_command(*state, "x", "{}");
    script_node_answer("{\"a\":3}", NULL);
    assert_response("{\"ok\":false,\"reason\":\"internal error\"}");
    assert_true(script_node_logged(*state, "three"));
    assert_true(script_node_logged(*state, "main.lua:6: in function"));
}

static void test_request_two_handlers_wait_side_by_side(void **state)
{
    script_node_run(*state, ASKS);
    script_node_command(*state, "x", "{\"n\":1}");
    script_node_command(*state, "x", "{\"n\":2}");
    struct mesh_response response = {fake_text("node-c"), fake_text("{\"a\":9}")};
    FAKE.requests[0].done(FAKE.requests[0].context, &response, NULL);
    assert_int_equal(FAKE.response_count, 1);
    script_node_answer("{\"a\":8}", NULL);
    assert_response("{\"ok\":true,\"got\":8}");
}

static void test_request_waits_inside_of_pcall(void **state)
{
    script_node_run(*state, "relay.command('x', function()\n"
                            "  local ok, data = pcall(relay.request, 'n', {})\n"
                            "  return { got = data.a } end)");
    script_node_command(*state, "x", "{}");
    script_node_answer("{\"a\":1}", NULL);
    assert_response("{\"ok\":true,\"got\":1}");
}

static void test_request_in_a_coroutine_of_its_own_says_why_not(void **state)
{
    assert_handler_answers(*state, "return coroutine.wrap(function() relay.sleep(1) end)()",
                           "{\"ok\":false,\"reason\":\"internal error\"}");
    assert_true(script_node_logged(*state, "relay.sleep waits"));
    assert_handler_answers(*state, "coroutine.yield()",
                           "{\"ok\":false,\"reason\":\"internal error\"}");
}

static void test_broadcast_collects_the_answers_by_node(void **state)
{
    script_node_run(*state, "relay.command('x', function()\n"
                            "  local all = relay.broadcast({ command = 'y' })\n"
                            "  return { b = all['node-b'].a, c = all['node-c'] == nil } end)");
    script_node_command(*state, "x", "{}");
    assert_true(FAKE.requests[0].is_broadcast);
    script_node_answer("{\"a\":1}", NULL);
    assert_int_equal(FAKE.response_count, 0);
    script_node_answer(NULL, NULL);
    assert_non_null(strstr(FAKE.responses[0], "\"b\":1"));
    assert_non_null(strstr(FAKE.responses[0], "\"c\":true"));
}

static void test_sleep_lasts_as_long_as_it_should(void **state)
{
    struct script_node *node = *state;
    script_node_run(node, "relay.command('x', function() relay.sleep(1.5) end)");
    script_node_command(node, "x", "{}");
    assert_int_equal(node->wake_ms, 2500);
    script_node_advance(node, 1499);
    assert_int_equal(FAKE.response_count, 0);
    script_node_advance(node, 1);
    assert_response("{\"ok\":true}");
}

static void test_wake_ends_the_waits_for_its_topic(void **state)
{
    struct script_node *node = *state;
    script_node_run(node, "local engine = require 'relay.engine'\n"
                          "relay.command('wait', function(c)\n"
                          "  return { woken = engine.wait(c.data.topic, 5) or false } end)\n"
                          "relay.command('wake', function() engine.wake 'a' end)");
    script_node_command(node, "wait", "{\"topic\":\"a\"}");
    script_node_command(node, "wait", "{\"topic\":\"b\"}");
    script_node_command(node, "wait", "{\"topic\":\"a\"}");
    assert_int_equal(FAKE.response_count, 0);
    script_node_command(node, "wake", "{}");
    assert_int_equal(FAKE.response_count, 3);
    assert_response("{\"ok\":true,\"woken\":true}");
    script_node_advance(node, 4999);
    assert_int_equal(FAKE.response_count, 3);
    script_node_advance(node, 1);
    assert_int_equal(FAKE.response_count, 4);
    assert_response("{\"ok\":true,\"woken\":false}");
}

static void test_every_and_after_begin_with_the_node(void **state)
{
    struct script_node *node = *state;
    script_node_run(node, "relay.every(1, function() relay.log.info 'tick' end)\n"
                          "relay.after(2.5, function() relay.log.info 'late' end)");
    script_node_advance(node, 2400);
    assert_false(script_node_logged(node, "late"));
    script_node_advance(node, 1000);
    assert_true(script_node_logged(node, "late"));
    buf_clear(&node->fixture.lines);
    script_node_advance(node, 10000);
    assert_false(script_node_logged(node, "late"));
    assert_true(script_node_logged(node, "tick"));
}

static void test_every_waits_for_its_last_run(void **state)
{
    struct script_node *node = *state;
    script_node_run(node, "relay.every(1, function() relay.request('n', {}) end)");
    script_node_advance(node, 5000);
    assert_int_equal(FAKE.request_count, 1);
    script_node_answer("{}", NULL);
    script_node_advance(node, 1000);
    assert_int_equal(FAKE.request_count, 2);
}

static void test_hash_comes_from_the_worker(void **state)
{
    struct script_node *node = *state;
    script_node_run(node,
                    "relay.command('x', function() return { h = relay.hash('pw', 'c') } end)");
    script_node_command(node, "x", "{}");
    assert_int_equal(FAKE.response_count, 0);
    hash_job_run(node->job);
    hash_job_finish(node->job);
    assert_int_equal(strlen(FAKE.responses[0]), strlen("{\"ok\":true,\"h\":\"\"}") + 64);
}

static void test_dial_ends_well_or_says_why(void **state)
{
    static const char DIALS[] = "relay.command('x', function(r)\n"
                                "  return relay.dial { name = r.data.n, url = 'u', token = 't' }\n"
                                "end)";
    script_node_run(*state, DIALS);
    script_node_command(*state, "x", "{\"n\":\"full\"}");
    assert_response("{\"ok\":false,\"reason\":\"pool exhausted\"}");
    script_node_command(*state, "x", "{\"n\":\"b\"}");
    assert_string_equal(FAKE.dialled, "b u t");
    FAKE.dial_done(FAKE.dial_context, "refused");
    assert_response("{\"ok\":false,\"reason\":\"refused\"}");
    script_node_command(*state, "x", "{\"n\":\"b\"}");
    FAKE.dial_done(FAKE.dial_context, NULL);
    assert_response("{\"ok\":true}");
}

static struct script_node *dropping;

static void tell_of_the_drop(void)
{
    const struct mesh_peer peer = {.name = fake_text("gone"), .latency_ms = -1};
    script_event(dropping->fixture.script, MESH_PEER_DOWN, &peer);
}

static void test_event_during_a_handler_is_served_behind_it(void **state)
{
    dropping = *state;
    script_node_run(dropping, "relay.on('peer_down', function(peer) relay.log.info(peer.name, "
                              "peer.latency_ms) end)\n"
                              "relay.command('x', function() relay.drop_peer('gone')\n"
                              "  relay.log.info 'after' end)");
    FAKE.on_drop = tell_of_the_drop;
    script_node_command(dropping, "x", "{}");
    assert_true(script_node_logged(dropping, "gone nil"));
    char *lines = dropping->fixture.lines.bytes;
    assert_true(strstr(lines, "after") < strstr(lines, "gone nil"));
}

static void test_free_cancels_whoever_waits(void **state)
{
    struct script_node *node = *state;
    script_node_run(
        node, "relay.command('r', function() relay.request('n', {}) end)\n"
              "relay.command('s', function() relay.sleep(9) end)\n"
              "relay.command('h', function() relay.hash('p', 'c') end)\n"
              "relay.command('d', function() relay.dial { name='b', url='u', token='t' } end)");
    script_node_command(node, "r", "{}");
    script_node_command(node, "s", "{}");
    script_node_command(node, "h", "{}");
    script_node_command(node, "d", "{}");
    script_free(node->fixture.script);
    node->fixture.script = NULL;
    assert_true(FAKE.requests[0].is_cancelled);
    FAKE.dial_done(FAKE.dial_context, "cancelled");
    hash_job_run(node->job);
    hash_job_finish(node->job);
    assert_int_equal(FAKE.response_count, 0);
}

static void assert_load_refused(struct script_node *node, const char *line, const char *message)
{
    char text[512];
    snprintf(text, sizeof text, "local relay = require 'relay'\nrelay.node {}\n%s\n", line);
    script_fixture_write(&node->fixture, "main.lua", text);
    assert_int_equal(script_fixture_load(&node->fixture, "main.lua", NULL, 0), RELAY_ESCRIPT);
    if (!strstr(node->fixture.error.bytes, message))
        fail_msg("%s", node->fixture.error.bytes);
}

static void test_command_floods_are_answered_busy(void **state)
{
    struct script_node *node = *state;
    script_node_run(node, "relay.command('x', function() relay.sleep(1) end)");
    for (int i = 0; i < 10000; i++)
        script_node_command(node, "x", "{}");
    assert_int_equal(FAKE.response_count, 0);
    script_node_command(node, "x", "{}");
    assert_response("{\"ok\":false,\"reason\":\"busy\"}");
}

static void test_reload_is_told_to_the_second_generation(void **state)
{
    struct script_node *node = *state;
    script_node_run(node, "relay.on('reload', function() relay.log.info 'again' end)");
    assert_false(script_node_logged(node, "again"));
    node->fixture.generation = 2;
    script_node_run(node, "relay.on('reload', function() relay.log.info 'again' end)");
    assert_true(script_node_logged(node, "again"));
}

static void test_load_refuses_what_needs_a_running_node(void **state)
{
    assert_load_refused(*state, "relay.request('b', {})",
                        "main.lua:3: relay.request can be used once the node runs");
    assert_load_refused(*state, "relay.nodes()", "relay.nodes can be used once the node runs");
    assert_load_refused(*state, "relay.sleep(1)", "relay.sleep can be used once the node runs");
    assert_load_refused(*state, "relay.stats()", "relay.stats can be used once the node runs");
}

static void test_load_checks_arguments(void **state)
{
    assert_load_refused(*state, "relay.command('x')", "main.lua:3: bad argument #2 to 'command'");
    assert_load_refused(*state, "relay.on('peerup', print)", "invalid option 'peerup'");
    assert_load_refused(*state, "relay.every(0, print)", "must be a millisecond at least");
    assert_load_refused(*state, "relay.after(-1, print)", "must be a number of seconds");
}

static void test_load_without_a_start_is_freed(void **state)
{
    struct script_node *node = *state;
    script_fixture_write(&node->fixture, "main.lua",
                         "local relay = require 'relay'\nrelay.node {}\n"
                         "relay.every(1, print) relay.on('reload', print)");
    assert_int_equal(script_fixture_load(&node->fixture, "main.lua", NULL, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRIPT_TEST(test_command_a_table_is_the_response),
        SCRIPT_TEST(test_command_a_response_without_ok_gets_it),
        SCRIPT_TEST(test_command_nothing_is_ok),
        SCRIPT_TEST(test_command_nil_and_a_reason_is_a_denial),
        SCRIPT_TEST(test_command_false_alone_is_silence),
        SCRIPT_TEST(test_command_request_has_its_facts),
        SCRIPT_TEST(test_command_unknown_is_denied),
        SCRIPT_TEST(test_command_data_that_is_no_object_is_invalid),
        SCRIPT_TEST(test_command_that_raises_is_an_internal_error_logged_once),
        SCRIPT_TEST(test_command_with_a_response_that_is_no_json_is_an_internal_error),
        SCRIPT_TEST(test_command_endless_loop_is_ended_and_the_next_one_served),
        SCRIPT_TEST(test_handler_of_any_kind_is_ended_wherever_it_loops),
        SCRIPT_TEST(test_xpcall_handles_errors_and_lets_handlers_wait),
        SCRIPT_TEST(test_json_says_what_lua_cannot),
        SCRIPT_TEST(test_json_comes_back_as_it_went),
        SCRIPT_TEST(test_json_half_a_surrogate_is_invalid_data),
        SCRIPT_TEST(test_request_waits_for_its_answer),
        SCRIPT_TEST(test_request_without_an_answer_gives_the_reason),
        SCRIPT_TEST(test_request_error_after_a_wait_has_a_traceback_of_the_handler),
        SCRIPT_TEST(test_request_two_handlers_wait_side_by_side),
        SCRIPT_TEST(test_request_waits_inside_of_pcall),
        SCRIPT_TEST(test_request_in_a_coroutine_of_its_own_says_why_not),
        SCRIPT_TEST(test_broadcast_collects_the_answers_by_node),
        SCRIPT_TEST(test_sleep_lasts_as_long_as_it_should),
        SCRIPT_TEST(test_wake_ends_the_waits_for_its_topic),
        SCRIPT_TEST(test_every_and_after_begin_with_the_node),
        SCRIPT_TEST(test_every_waits_for_its_last_run),
        SCRIPT_TEST(test_hash_comes_from_the_worker),
        SCRIPT_TEST(test_dial_ends_well_or_says_why),
        SCRIPT_TEST(test_event_during_a_handler_is_served_behind_it),
        SCRIPT_TEST(test_free_cancels_whoever_waits),
        SCRIPT_TEST(test_command_floods_are_answered_busy),
        SCRIPT_TEST(test_reload_is_told_to_the_second_generation),
        SCRIPT_TEST(test_load_refuses_what_needs_a_running_node),
        SCRIPT_TEST(test_load_checks_arguments),
        SCRIPT_TEST(test_load_without_a_start_is_freed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

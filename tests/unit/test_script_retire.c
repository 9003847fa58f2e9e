/* test_script_retire.c — two generations of the scripts: what the old one still does, and what the
 * new one takes over from it. */
#include "hearing.h"

static struct script *old;

static int setup(void **state)
{
    old = NULL;
    return hearing_setup(state);
}

static int teardown(void **state)
{
    script_free(old);
    return hearing_teardown(state);
}

/* What serves becomes the old one; nothing is asked of it yet. */
static void set_aside(void)
{
    old = hearing.fixture.script;
    hearing.fixture.script = NULL;
    hearing.fixture.generation++;
}

/* It retires, and one with these lines serves. */
static void replace(const char *lines)
{
    set_aside();
    script_retire(old);
    hearing_run(lines);
}

static void command(struct script *script, const char *name)
{
    const struct mesh_command command = {.source = fake_text("node-b"),
                                         .nonce = fake_text("n"),
                                         .command = fake_text(name),
                                         .data = fake_text("{}")};
    script_command(script, &command);
}

static void assert_answer(size_t index, const char *response)
{
    assert_true(FAKE.response_count > index);
    assert_string_equal(FAKE.responses[index], response);
}

static void test_retire_ends_timers(void **state)
{
    (void)state;
    hearing_run("relay.every(1, function() relay.log.info 'tick' end)\n"
                "relay.after(1, function() relay.log.info 'late' end)");
    replace("");
    node_pass_ms(hearing.node, 5000);
    script_tick(old);
    assert_false(hearing_logged("tick"));
    assert_false(hearing_logged("late"));
    assert_true(script_is_idle(old));
}

static void test_retire_ends_listeners(void **state)
{
    (void)state;
    hearing_run("relay.on('client_open', function() relay.log.info 'old' end)\n"
                "relay.on('peer_up', function() relay.log.info 'old' end)");
    set_aside();
    script_retire(old);
    const struct mesh_peer peer = {.name = fake_text("node-b"), .latency_ms = -1};
    node_connect(hearing.node); /* before another one listens */
    script_event(old, MESH_PEER_UP, &peer);
    script_tick(old);
    hearing_run("relay.on('client_open', function(client) say(client.id) end)");
    node_connect(hearing.node);
    assert_says("2");
    assert_false(hearing_logged("old"));
}

static void test_retire_lets_who_waits_go_on_to_the_end(void **state)
{
    (void)state;
    hearing_run("relay.command('x', function() relay.sleep(1)\n"
                "  return relay.request('node-c', {}) end)");
    command(hearing.fixture.script, "x");
    replace("");
    assert_false(script_is_idle(old));
    node_pass_ms(hearing.node, 1000);
    script_tick(old);
    assert_int_equal(FAKE.request_count, 1);
    assert_false(script_is_idle(old));
    const struct mesh_response response = {fake_text("node-c"), fake_text("{\"n\":3}")};
    FAKE.requests[0].done(FAKE.requests[0].context, &response, NULL);
    assert_answer(0, "{\"ok\":true,\"n\":3}");
    assert_true(script_is_idle(old));
}

static void test_retire_lets_what_was_heard_be_handled(void **state)
{
    (void)state;
    hearing_run("relay.on('client_open', function() relay.log.info 'handled' end)");
    node_connect(hearing.node);
    replace("");
    assert_false(script_is_idle(old));
    script_tick(old);
    assert_true(hearing_logged("handled"));
    assert_true(script_is_idle(old));
}

static void test_retire_lets_a_timer_s_handler_end_and_begins_no_other(void **state)
{
    (void)state;
    hearing_run("relay.every(1, function() relay.log.info 'begins' relay.sleep(1)\n"
                "  relay.log.info 'ends' end)\n"
                "relay.after(1, function() relay.sleep(1) relay.log.info 'once' end)");
    node_pass_ms(hearing.node, 1000);
    hearing_turn();
    replace("");
    hearing.fixture.lines.len = 0;
    for (int i = 0; i < 4; i++) {
        node_pass_ms(hearing.node, 1000);
        script_tick(old);
    }
    assert_true(hearing_logged("ends"));
    assert_true(hearing_logged("once"));
    assert_false(hearing_logged("begins"));
    assert_true(script_is_idle(old));
}

static void test_retire_refuses_what_would_begin_handlers(void **state)
{
    (void)state;
    static const char *const CALLS[] = {"relay.on('message', print)", "relay.every(1, print)",
                                        "relay.after(1, print)", "relay.command('y', print)"};
    for (size_t i = 0; i < sizeof CALLS / sizeof CALLS[0]; i++) {
        char lines[256];
        snprintf(lines, sizeof lines, "relay.command('x', function() relay.sleep(1) %s end)",
                 CALLS[i]);
        hearing_run(lines);
        command(hearing.fixture.script, "x");
        replace("");
        node_pass_ms(hearing.node, 1000);
        hearing.fixture.lines.len = 0;
        script_tick(old);
        assert_true(hearing_logged("a newer generation of the scripts serves by now"));
        assert_true(script_is_idle(old));
        script_free(old);
        old = NULL;
    }
}

static void test_retire_and_free_cancels_who_still_waits(void **state)
{
    (void)state;
    hearing_run("relay.command('x', function() relay.request('node-c', {}) end)");
    command(hearing.fixture.script, "x");
    replace("relay.on('message', print)");
    script_free(old);
    old = NULL;
    assert_true(FAKE.requests[0].is_cancelled);
    assert_int_equal(FAKE.response_count, 0);
    assert_non_null(hearing.node->relay.events.message); /* the new one hears on */
}

/* A node that ends does not compute what nobody waits for. */
static void test_end_cancels_who_waits_and_begins_nothing(void **state)
{
    (void)state;
    hearing_run("relay.command('h', function(r) relay.hash(r.nonce, 'c') end)\n"
                "relay.command('q', function() relay.request('node-c', {}) end)\n"
                "relay.on('client_open', function() say 'open' end)");
    for (int i = 0; i < 3; i++) {
        char nonce[2] = {(char)('a' + i), '\0'};
        const struct mesh_command hash = {
            .command = fake_text("h"), .nonce = fake_text(nonce), .data = fake_text("{}")};
        script_command(hearing.fixture.script, &hash);
    }
    command(hearing.fixture.script, "q");
    script_end(hearing.fixture.script);
    assert_true(FAKE.requests[0].is_cancelled);
    assert_true(script_is_idle(hearing.fixture.script));
    node_hash(hearing.node);
    assert_int_equal(hearing.node->held_count, 0);
    command(hearing.fixture.script, "q");
    node_connect(hearing.node);
    assert_true(script_is_idle(hearing.fixture.script));
    assert_int_equal(FAKE.response_count, 0);
}

static void test_retire_the_new_one_is_told(void **state)
{
    (void)state;
    hearing_run("relay.on('reload', function() say 'first' end)");
    hearing.fixture.generation = 1;
    replace("relay.on('reload', function() say 'second' end)");
    assert_says("second");
}

/* relay.state. */

/* A script that does not serve yet; `lines` are its command x, and begin with an end of it where
 * they are more. */
static struct script *load_next(const char *lines)
{
    char text[4096];
    set_aside();
    snprintf(text, sizeof text,
             "local relay = require 'relay' relay.node { name = 'node-a' }\n"
             "relay.command('x', function() %s end)",
             lines);
    script_fixture_write(&hearing.fixture, "main.lua", text);
    if (script_fixture_load(&hearing.fixture, "main.lua", NULL, 0) != 0)
        fail_msg("did not load: %s", hearing.fixture.error.bytes);
    return hearing.fixture.script;
}

/* The next one starts, and its command x answers. */
static void assert_next_answers(struct script *next, const char *response)
{
    struct relay *relay = &hearing.node->relay;
    const struct script_world world = {.relay = relay,
                                       .mesh = &FAKE.mesh,
                                       .clock = relay->clock,
                                       .context = &hearing,
                                       .wake_at = hearing_wake_at};
    assert_int_equal(script_start(next, &world), 0);
    FAKE.response_count = 0;
    command(next, "x");
    assert_answer(0, response);
}

static void carry(struct script *next)
{
    struct buf error = {0};
    if (script_carry_state(next, old, &error) != 0)
        fail_msg("%.*s", (int)error.len, error.bytes);
    assert_int_equal(error.len, 0);
    buf_deinit(&error);
}

static void test_carry_old_keys_win_and_new_ones_stay(void **state)
{
    (void)state;
    hearing_run("relay.state.n = 7 relay.state.deep = { { 'a' } }");
    struct script *next = load_next("end) relay.state.n = 1 relay.state.new = 2\n"
                                    "relay.command('x', function()\n"
                                    "  local s = relay.state\n"
                                    "  return { all = { s.n, s.new, s.deep[1][1] } }");
    carry(next);
    assert_next_answers(next, "{\"ok\":true,\"all\":[7,2,\"a\"]}");
}

static void test_carry_leaves_the_old_one_as_it_is(void **state)
{
    (void)state;
    hearing_run("relay.state.t = { n = 1 }\n"
                "relay.command('x', function() return { n = relay.state.t.n } end)");
    struct script *next = load_next("relay.state.t.n = 2 return { n = relay.state.t.n }");
    carry(next);
    assert_next_answers(next, "{\"ok\":true,\"n\":2}");
    command(old, "x");
    assert_answer(1, "{\"ok\":true,\"n\":1}");
}

static void test_carry_says_what_it_leaves_out(void **state)
{
    (void)state;
    hearing_run("relay.state.f = print relay.state.t = { file = io.stdout, n = 1 }");
    struct script *next = load_next("return { n = { relay.state.t.n, relay.state.f == nil } }");
    carry(next);
    assert_true(hearing_logged("warn  not carried over"));
    assert_true(hearing_logged("relay.state.f (a function)"));
    assert_true(hearing_logged("relay.state.t.file (a userdata)"));
    assert_next_answers(next, "{\"ok\":true,\"n\":[1,true]}");
}

static void test_carry_takes_the_values_of_counters_and_gauges(void **state)
{
    (void)state;
    hearing_run("relay.counter('c'):add(40) relay.gauge('g'):set(7) relay.counter('k'):add(9)");
    struct script *next = load_next("end) local c, g = relay.counter 'c', relay.gauge 'g'\n"
                                    "local k = relay.gauge 'k' c:add(2)\n"
                                    "relay.command('x', function()\n"
                                    "  return { n = { c:value(), g:value(), k:value() } }");
    carry(next);
    assert_next_answers(next, "{\"ok\":true,\"n\":[42,7,0]}");
}

static void test_carry_that_fails_says_why_and_leaves_both(void **state)
{
    (void)state;
    struct buf error = {0};
    hearing_run("local t = relay.state for i = 1, 101 do t.t = {} t = t.t end\n"
                "relay.command('x', function() return { ok = relay.state.t ~= nil } end)");
    struct script *next = load_next("return { ok = relay.state.t == nil }");
    assert_int_equal(script_carry_state(next, old, &error), RELAY_ESCRIPT);
    buf_add_byte(&error, '\0');
    assert_memory_equal(error.bytes, "relay.state: relay.state.t.t", 28);
    assert_non_null(strstr(error.bytes, "is deeper than 100 tables"));
    buf_deinit(&error);
    command(old, "x");
    assert_answer(0, "{\"ok\":true}");
    assert_next_answers(next, "{\"ok\":true}");
}

static void test_carry_of_a_state_that_is_no_table_carries_nothing(void **state)
{
    (void)state;
    hearing_run("relay.state = 'mine'");
    struct script *next = load_next("end) relay.state.n = 1\n"
                                    "relay.command('x', function() return { n = relay.state.n }");
    carry(next);
    assert_next_answers(next, "{\"ok\":true,\"n\":1}");
}

static void test_carry_to_a_state_that_is_no_table_carries_nothing(void **state)
{
    (void)state;
    hearing_run("relay.state.n = 1");
    struct script *next = load_next("end) relay.state = 'mine'\n"
                                    "relay.command('x', function() return { s = relay.state }");
    carry(next);
    assert_next_answers(next, "{\"ok\":true,\"s\":\"mine\"}");
}

static void test_carry_calls_nothing_of_the_scripts(void **state)
{
    (void)state;
    hearing_run("setmetatable(relay.state, { __index = error, __pairs = error })\n"
                "rawset(relay.state, 'n', 1)");
    struct script *next = load_next("end) setmetatable(relay.state, { __newindex = error })\n"
                                    "relay.command('x', function() return { n = relay.state.n }");
    carry(next);
    assert_next_answers(next, "{\"ok\":true,\"n\":1}");
}

#define RETIRE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RETIRE_TEST(test_retire_ends_timers),
        RETIRE_TEST(test_retire_ends_listeners),
        RETIRE_TEST(test_retire_lets_who_waits_go_on_to_the_end),
        RETIRE_TEST(test_retire_lets_what_was_heard_be_handled),
        RETIRE_TEST(test_retire_lets_a_timer_s_handler_end_and_begins_no_other),
        RETIRE_TEST(test_retire_refuses_what_would_begin_handlers),
        RETIRE_TEST(test_retire_and_free_cancels_who_still_waits),
        RETIRE_TEST(test_end_cancels_who_waits_and_begins_nothing),
        RETIRE_TEST(test_retire_the_new_one_is_told),
        RETIRE_TEST(test_carry_old_keys_win_and_new_ones_stay),
        RETIRE_TEST(test_carry_leaves_the_old_one_as_it_is),
        RETIRE_TEST(test_carry_says_what_it_leaves_out),
        RETIRE_TEST(test_carry_takes_the_values_of_counters_and_gauges),
        RETIRE_TEST(test_carry_that_fails_says_why_and_leaves_both),
        RETIRE_TEST(test_carry_of_a_state_that_is_no_table_carries_nothing),
        RETIRE_TEST(test_carry_to_a_state_that_is_no_table_carries_nothing),
        RETIRE_TEST(test_carry_calls_nothing_of_the_scripts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

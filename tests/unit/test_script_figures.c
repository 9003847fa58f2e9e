/* test_script_figures.c — what the node counts and measures, as the scripts get it. */
#include "hearing.h"

#define FIGURES                                                                                    \
    "local engine = require 'relay.engine'\nlocal f = engine.figures()\nlocal choose\n"            \
    "for _, each in ipairs(f.policies) do\n"                                                       \
    "  if each.policy .. each.question == 'peer_selectionchoose' then choose = each end\nend\n"

/* Says what these expressions are, in a command of a generation that runs already. */
static void run(const char *expressions)
{
    char lines[2048];
    snprintf(lines, sizeof lines,
             "relay.command('figures', function() " FIGURES "say(%s) return {} end)", expressions);
    hearing_run(lines);
}

static void ask(struct script *script)
{
    const struct mesh_command command = {.source = fake_text("node-b"),
                                         .nonce = fake_text("n"),
                                         .command = fake_text("figures"),
                                         .data = fake_text("{}")};
    script_command(script, &command);
}

#define assert_figures(words)                                                                      \
    do {                                                                                           \
        ask(hearing.fixture.script);                                                               \
        assert_said(words);                                                                        \
    } while (0)

static void test_figures_count_what_clients_do_and_what_waits_for_them(void **state)
{
    (void)state;
    run("f.clients, f.channels, f.messages, f.deliveries, f.client_queued_bytes");
    struct wire *romeo = node_connect(hearing.node), *juliet = node_connect(hearing.node);
    wire_join(romeo, "verona");
    wire_join(juliet, "verona");
    assert_figures("2 1 0 0 0");
    wire_send(romeo, "verona", "'hi'");
    size_t waits = client_outbox(romeo->client)->bytes + client_outbox(juliet->client)->bytes;
    char words[64];
    snprintf(words, sizeof words, "2 1 1 1 %zu", waits);
    assert_figures(words);
    wire_hear_all(romeo);
    wire_hear_all(juliet);
    assert_figures("2 1 1 1 0");
}

static void test_figures_count_the_frames_that_a_slow_client_does_not_get(void **state)
{
    (void)state;
    hearing.node->relay.limits.send_queue_bytes = 1;
    run("f.clients_too_slow, f.frames_dropped_slow, f.frames_dropped_gone, f.client_queued_bytes");
    struct wire *romeo = node_connect(hearing.node), *juliet = node_connect(hearing.node);
    wire_join(romeo, "verona");
    wire_join(juliet, "verona");
    wire_send(romeo, "verona", "1"); /* the one that may be larger */
    wire_hear_all(romeo);
    wire_send(romeo, "verona", "2"); /* refused, and the first one goes with it */
    wire_hear_all(romeo);
    assert_closed(juliet, 1013, "too slow");
    assert_figures("1 2 0 0");
    wire_send(romeo, "verona", "3"); /* its answer waits */
    wire_gone(romeo);
    assert_figures("1 2 1 0");
}

static void test_figures_of_peers_are_a_list_in_seconds(void **state)
{
    (void)state;
    FAKE.peers[0] =
        (struct mesh_peer){.name = fake_text("node-b"), .latency_ms = 2.5, .queued_bytes = 70};
    FAKE.peers[1] = (struct mesh_peer){.name = fake_text("node-c"), .latency_ms = -1};
    FAKE.peer_count = 2;
    FAKE.figures.tree.duplicates = 3;
    FAKE.figures.claims_held = 4;
    FAKE.figures.counters.links_opened = 5;
    run("f.peers[1].name, f.peers[1].latency_seconds, f.peers[1].queued_bytes, f.peers[2].name,\n"
        "f.peers[2].latency_seconds, f.tree_duplicates, f.claims_held, f.links_opened");
    assert_figures("node-b 0.0025 70 node-c nil 3 4 5");
}

static void test_figures_tell_one_state_of_health(void **state)
{
    (void)state;
    run("f.health_good, f.health_degraded, f.health_bad");
    assert_figures("1 0 0");
}

static void call_status(void *context, struct script_status *status)
{
    *status = *(const struct script_status *)context;
}

static void test_figures_of_turns_include_the_shorter_ones(void **state)
{
    (void)state;
    struct script_status status = {.started_at = 12.5, .connections = 3, .connections_max = 9};
    const struct script_calls calls = {.context = &status, .status = call_status};
    lag_add(&status.lag, 0);
    lag_add(&status.lag, 7);
    lag_add(&status.lag, 5000);
    hearing.calls = &calls;
    run("f.started_at, f.connections, f.connections_max, f.turn_count, f.turn_seconds, #f.turns,\n"
        "f.turns[1].up_to, f.turns[1].count, f.turns[3].up_to, f.turns[3].count,\n"
        "f.turns[7].count, f.turns[8].up_to, f.turns[8].count");
    assert_figures("12.5 3 9 3 5.007 8 0.001 1 0.01 2 2 inf 3");
}

static void test_figures_count_reloads(void **state)
{
    (void)state;
    struct script_status status = {.reloads = {.done = 3, .refused = 2}};
    const struct script_calls calls = {.context = &status, .status = call_status};
    hearing.calls = &calls;
    run("f.reloads_done, f.reloads_refused");
    assert_figures("3 2");
}

static void test_figures_of_policies_go_on_after_a_reload(void **state)
{
    (void)state;
    run("f.generation, choose.asked, choose.timed, choose.failed,\n"
        "engine.choose_peers({}, 8) and 'asked'");
    assert_figures("1 0 0 0 asked");
    assert_figures("1 1 1 0 asked");
    struct script *old = hearing.fixture.script;
    struct buf error = {0};
    hearing.fixture.script = NULL;
    hearing.fixture.generation = 2;
    run("f.generation, choose.asked, engine.choose_peers({}, 8) and 'asked'");
    assert_int_equal(script_carry_state(hearing.fixture.script, old, &error), 0);
    buf_deinit(&error);
    assert_figures("2 2 asked");
    assert_figures("2 3 asked");
    script_free(old);
}

static void test_busiest_channels_are_told_with_what_came_since_they_opened(void **state)
{
    (void)state;
    run("#engine.busiest_channels(0), #engine.busiest_channels(9),\n"
        "engine.busiest_channels(1)[1].name, engine.busiest_channels(1)[1].subscribers,\n"
        "engine.busiest_channels(1)[1].messages, engine.busiest_channels(1)[1].message_bytes");
    struct wire *romeo = node_connect(hearing.node);
    wire_join(romeo, "verona");
    wire_join(romeo, "mantua");
    wire_send(romeo, "mantua", "12345");
    wire_send(romeo, "mantua", "1");
    assert_figures("0 2 mantua 1 2 6");
}

static void test_busiest_channels_are_ten_thousand_at_most(void **state)
{
    (void)state;
    run("#engine.busiest_channels(10000), (pcall(engine.busiest_channels, 10001)),\n"
        "(pcall(engine.busiest_channels, -1))");
    assert_figures("0 false false");
}

static void test_figures_need_a_node_that_runs(void **state)
{
    (void)state;
    hearing_run("say((pcall(require('relay.engine').figures)))");
    assert_said("false");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HEARING_TEST(test_figures_count_what_clients_do_and_what_waits_for_them),
        HEARING_TEST(test_figures_count_the_frames_that_a_slow_client_does_not_get),
        HEARING_TEST(test_figures_of_peers_are_a_list_in_seconds),
        HEARING_TEST(test_figures_tell_one_state_of_health),
        HEARING_TEST(test_figures_of_turns_include_the_shorter_ones),
        HEARING_TEST(test_figures_count_reloads),
        HEARING_TEST(test_figures_of_policies_go_on_after_a_reload),
        HEARING_TEST(test_busiest_channels_are_told_with_what_came_since_they_opened),
        HEARING_TEST(test_busiest_channels_are_ten_thousand_at_most),
        HEARING_TEST(test_figures_need_a_node_that_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_script_ends.c — a handler that waits is ended when its client or its peer is gone. */
#include "hearing.h"

/* Says "in", waits for what `wait` says, and says "out" when it ends before that is over. */
static void run_waiting(const char *event, const char *wait)
{
    char lines[1024];
    snprintf(lines, sizeof lines,
             "local function closes(word)\n"
             "  return setmetatable({}, { __close = function() say(word) end }) end\n"
             "relay.on('%s', function()\n"
             "  local guard <close> = closes('out')\n"
             "  say 'in' %s say 'over' end)",
             event, wait);
    hearing_run(lines);
}

static struct wire *member(const char *channel)
{
    struct wire *wire = node_connect(hearing.node);
    wire_join(wire, channel);
    return wire;
}

static void test_ends_a_client_open_handler_with_its_client(void **state)
{
    (void)state;
    run_waiting("client_open", "relay.sleep(60)");
    struct wire *wire = node_connect(hearing.node);
    assert_says("in");
    wire_gone(wire);
    assert_says("out");
    assert_true(script_is_idle(hearing.fixture.script));
    node_pass_ms(hearing.node, 60000);
    assert_says("");
    assert_int_equal(script_handler_failures(hearing.fixture.script), 0);
}

static void test_ends_a_subscribe_handler_and_no_message_handler(void **state)
{
    (void)state;
    run_waiting("subscribe", "relay.sleep(60)");
    struct wire *wire = member("verona");
    assert_says("in");
    wire_gone(wire);
    assert_says("out");
    run_waiting("message", "relay.sleep(1)");
    wire = member("verona");
    wire_send(wire, "verona", "1");
    assert_says("in");
    wire_gone(wire);
    assert_says("");
    node_pass_ms(hearing.node, 1000);
    assert_says("over out");
}

static void test_ends_not_what_is_about_no_client(void **state)
{
    (void)state;
    static const char *const EVENTS[] = {"client_close", "unsubscribe", "channel_open",
                                         "channel_close"};
    for (size_t i = 0; i < sizeof EVENTS / sizeof EVENTS[0]; i++) {
        run_waiting(EVENTS[i], "relay.sleep(1)");
        wire_gone(member("verona"));
        assert_says("in");
        node_pass_ms(hearing.node, 1000);
        assert_says("over out");
    }
}

/* 1 and 257 stand in one bucket. */
static void test_ends_the_handlers_of_that_client_alone(void **state)
{
    (void)state;
    hearing_run("relay.on('client_open', function(client)\n"
                "  if client.id % 256 == 1 then relay.sleep(1) say(client.id) end end)");
    struct wire *first = node_connect(hearing.node);
    hearing.node->relay.last_client_id = 256;
    node_connect(hearing.node);
    hearing_turn_all();
    wire_gone(first);
    node_pass_ms(hearing.node, 1000);
    assert_says("257");
}

static void test_ends_a_wait_for_a_request_and_cancels_it(void **state)
{
    (void)state;
    run_waiting("client_open", "relay.request('node-b', {})");
    struct wire *wire = node_connect(hearing.node);
    assert_says("in");
    wire_gone(wire);
    assert_true(FAKE.requests[0].is_cancelled);
    assert_says("out");
}

static void test_ends_a_wait_for_a_reservation_and_cancels_it(void **state)
{
    (void)state;
    run_waiting("client_open", "relay.reserve('verona')");
    struct wire *wire = node_connect(hearing.node);
    assert_says("in");
    wire_gone(wire);
    assert_true(FAKE.is_reserve_cancelled);
    assert_says("out");
}

static void test_ends_a_wait_for_a_hash_and_a_dial(void **state)
{
    (void)state;
    run_waiting("client_open", "relay.hash('p', 'c')");
    struct wire *wire = node_connect(hearing.node);
    hearing_turn_all();
    wire_gone(wire);
    assert_says("in out");
    node_hash_all(hearing.node);
    run_waiting("client_open", "relay.dial { name = 'b', url = 'u', token = 't' }");
    wire = node_connect(hearing.node);
    hearing_turn_all();
    wire_gone(wire);
    FAKE.dial_done(FAKE.dial_context, NULL);
    assert_says("in out");
}

static void test_ends_one_whose_answer_has_come_already(void **state)
{
    (void)state;
    run_waiting("client_open", "relay.sleep(1)");
    struct wire *wire = node_connect(hearing.node);
    hearing_turn_all();
    node_pass_ms(hearing.node, 1000);
    wire_gone(wire);
    assert_says("in out");
}

static void test_ends_one_that_began_late_when_it_comes_to_wait(void **state)
{
    (void)state;
    run_waiting("client_open", "say 'before' relay.sleep(60)");
    wire_gone(node_connect(hearing.node));
    assert_says("in before out");
    assert_true(script_is_idle(hearing.fixture.script));
}

static void test_ends_nothing_of_one_that_began_late_and_does_not_wait(void **state)
{
    (void)state;
    run_waiting("client_open", "say 'all'");
    wire_gone(node_connect(hearing.node));
    assert_says("in all over out");
}

static void test_ends_one_whose_closing_does_not_end(void **state)
{
    (void)state;
    hearing_run("relay.on('client_open', function(client)\n"
                "  local one <close> = setmetatable({}, { __close = function() say 'one' end })\n"
                "  local two <close> = setmetatable({}, { __close = function()\n"
                "    while client.id == 1 do end end })\n"
                "  relay.sleep(60) end)");
    struct wire *wire = node_connect(hearing.node), *other = node_connect(hearing.node);
    hearing_turn_all();
    wire_gone(wire);
    hearing_turn_all();
    assert_true(hearing_logged("ran over its budget"));
    assert_int_equal(script_handler_failures(hearing.fixture.script), 1);
    assert_said("");
    wire_gone(other);
    assert_says("one");
    assert_true(script_is_idle(hearing.fixture.script));
}

static void test_ends_one_whose_closing_raises_and_says_so(void **state)
{
    (void)state;
    hearing_run("relay.on('client_open', function()\n"
                "  local one <close> = setmetatable({}, { __close = function() say 'one' end })\n"
                "  local two <close> = setmetatable({}, { __close = function() error 'broken' end "
                "})\n"
                "  relay.sleep(60) end)");
    struct wire *wire = node_connect(hearing.node);
    hearing_turn_all();
    wire_gone(wire);
    assert_says("one");
    assert_true(hearing_logged("broken"));
    assert_int_equal(script_handler_failures(hearing.fixture.script), 1);
}

static void test_ends_one_whose_closing_waits_with_an_error(void **state)
{
    (void)state;
    hearing_run("relay.on('client_open', function()\n"
                "  local one <close> = setmetatable({}, { __close = function()\n"
                "    relay.sleep(1) say 'never' end })\n"
                "  relay.sleep(60) end)");
    struct wire *wire = node_connect(hearing.node);
    hearing_turn_all();
    wire_gone(wire);
    hearing_turn_all();
    assert_true(hearing_logged("relay.sleep waits"));
    node_pass_ms(hearing.node, 2000);
    assert_says("");
    assert_true(script_is_idle(hearing.fixture.script));
}

/* Peers. */

static void tell(enum mesh_event event, const char *name)
{
    const struct mesh_peer peer = {.name = fake_text(name), .latency_ms = -1};
    script_event(hearing.fixture.script, event, &peer);
}

static void command(const char *name, const char *source, bool is_peer)
{
    const struct mesh_command command = {.source = fake_text(source),
                                         .nonce = fake_text("n"),
                                         .command = fake_text(name),
                                         .data = fake_text("{}"),
                                         .is_peer = is_peer};
    script_command(hearing.fixture.script, &command);
}

static void test_ends_a_peer_up_handler_with_its_peer(void **state)
{
    (void)state;
    run_waiting("peer_up", "relay.sleep(60)");
    tell(MESH_PEER_UP, "node-b");
    tell(MESH_PEER_UP, "node-bb");
    assert_says("in in");
    tell(MESH_PEER_DOWN, "node-b");
    assert_says("out");
    tell(MESH_PEER_DOWN, "node-b");
    assert_says("");
    tell(MESH_PEER_DOWN, "node-bb");
    assert_says("out");
}

static void test_ends_not_a_peer_down_handler(void **state)
{
    (void)state;
    run_waiting("peer_down", "relay.sleep(1)");
    tell(MESH_PEER_DOWN, "node-b");
    tell(MESH_PEER_DOWN, "node-b");
    assert_says("in in");
    node_pass_ms(hearing.node, 1000);
    assert_says("over out over out");
}

static const char WAITING_COMMAND[] =
    "relay.command('x', function(request)\n"
    "  local guard <close> = setmetatable({}, { __close = function() say(request.source) end })\n"
    "  relay.sleep(60) say 'over' end)";

static void test_ends_a_command_with_the_peer_that_sent_it(void **state)
{
    (void)state;
    hearing_run(WAITING_COMMAND);
    command("x", "node-b", true);
    command("x", "node-c", true);
    tell(MESH_PEER_DOWN, "node-b");
    assert_says("node-b");
    FAKE.response_count = 0;
    node_pass_ms(hearing.node, 60000);
    hearing_turn_all();
    assert_int_equal(FAKE.response_count, 1);
    assert_said("over node-c");
}

static void test_ends_not_a_command_that_came_from_afar(void **state)
{
    (void)state;
    hearing_run(WAITING_COMMAND);
    command("x", "node-b", false);
    tell(MESH_PEER_DOWN, "node-b");
    assert_says("");
    node_pass_ms(hearing.node, 60000);
    assert_says("over node-b");
}

static void drop(void)
{
    tell(MESH_PEER_DOWN, FAKE.dropped);
}

static void test_ends_not_the_handler_that_drops_its_own_peer(void **state)
{
    (void)state;
    FAKE.on_drop = drop;
    run_waiting("peer_up", "relay.drop_peer('node-b') say 'dropped' relay.sleep(1)");
    tell(MESH_PEER_UP, "node-b");
    assert_says("in dropped");
    node_pass_ms(hearing.node, 1000);
    assert_says("over out");
}

static void test_ends_another_handler_of_the_peer_that_one_drops(void **state)
{
    (void)state;
    FAKE.on_drop = drop;
    run_waiting("peer_up", "relay.sleep(60)\n"
                           "end)\n"
                           "relay.command('drop', function() relay.drop_peer('node-b') say 'drop'");
    tell(MESH_PEER_UP, "node-b");
    assert_says("in");
    command("drop", "node-c", true);
    assert_says("drop over out");
}

static void test_ends_peer_events_beyond_10000_are_dropped_with_a_warning(void **state)
{
    (void)state;
    hearing_run("relay.on('peer_down', function() relay.sleep(1) end)");
    for (int i = 0; i < 10001; i++)
        tell(MESH_PEER_DOWN, "node-b");
    assert_true(hearing_logged("warn  event dropped event=\"peer_down\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HEARING_TEST(test_ends_a_client_open_handler_with_its_client),
        HEARING_TEST(test_ends_a_subscribe_handler_and_no_message_handler),
        HEARING_TEST(test_ends_not_what_is_about_no_client),
        HEARING_TEST(test_ends_the_handlers_of_that_client_alone),
        HEARING_TEST(test_ends_a_wait_for_a_request_and_cancels_it),
        HEARING_TEST(test_ends_a_wait_for_a_reservation_and_cancels_it),
        HEARING_TEST(test_ends_a_wait_for_a_hash_and_a_dial),
        HEARING_TEST(test_ends_one_whose_answer_has_come_already),
        HEARING_TEST(test_ends_one_that_began_late_when_it_comes_to_wait),
        HEARING_TEST(test_ends_nothing_of_one_that_began_late_and_does_not_wait),
        HEARING_TEST(test_ends_one_whose_closing_does_not_end),
        HEARING_TEST(test_ends_one_whose_closing_raises_and_says_so),
        HEARING_TEST(test_ends_one_whose_closing_waits_with_an_error),
        HEARING_TEST(test_ends_a_peer_up_handler_with_its_peer),
        HEARING_TEST(test_ends_not_a_peer_down_handler),
        HEARING_TEST(test_ends_a_command_with_the_peer_that_sent_it),
        HEARING_TEST(test_ends_not_a_command_that_came_from_afar),
        HEARING_TEST(test_ends_not_the_handler_that_drops_its_own_peer),
        HEARING_TEST(test_ends_another_handler_of_the_peer_that_one_drops),
        HEARING_TEST(test_ends_peer_events_beyond_10000_are_dropped_with_a_warning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

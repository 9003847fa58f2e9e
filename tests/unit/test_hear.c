/* test_hear.c — what relay.on hears of clients, channels and messages, and when. */
#include "hearing.h"

#include "relay/uplink.h"

static const char HEARS_ALL[] =
    "for _, event in ipairs { 'client_open', 'client_close', 'channel_open', 'channel_close',\n"
    "  'subscribe', 'unsubscribe', 'message' } do\n"
    "  relay.on(event, function() say(event) end)\n"
    "end";

static void test_hear_a_client_from_its_beginning_to_its_end_in_order(void **state)
{
    (void)state;
    hearing_run(HEARS_ALL);
    struct wire *wire = node_connect(hearing.node);
    wire_join(wire, "verona");
    wire_send(wire, "verona", "'hi'");
    wire_unsubscribe(wire, "verona");
    wire_gone(wire);
    assert_says("client_open channel_open subscribe message unsubscribe channel_close "
                "client_close");
}

static void test_hear_a_client_that_leaves_with_its_channels_open(void **state)
{
    (void)state;
    hearing_run(HEARS_ALL);
    struct wire *wire = node_connect(hearing.node), *other = node_connect(hearing.node);
    wire_join(wire, "one");
    wire_join(wire, "two");
    wire_join(other, "two");
    hearing_turn_all();
    assert_said("client_open client_open channel_open subscribe channel_open subscribe subscribe");
    wire_gone(wire);
    assert_says("unsubscribe unsubscribe channel_close client_close");
}

static void test_hear_a_client_that_is_kicked_leaves_first(void **state)
{
    (void)state;
    hearing_run(HEARS_ALL);
    struct wire *wire = node_connect(hearing.node);
    wire_join(wire, "verona");
    assert_says("client_open channel_open subscribe");
    client_close(wire->client, CLOSE_POLICY, "kicked");
    assert_says("unsubscribe channel_close");
    wire_gone(wire);
    assert_says("client_close");
}

static void test_hear_handlers_in_the_order_in_which_they_came(void **state)
{
    (void)state;
    hearing_run("for i = 1, 3 do relay.on('client_open', function(client)\n"
                "  say(i .. '/' .. client.id) end) end");
    node_connect(hearing.node);
    node_connect(hearing.node);
    assert_says("1/1 2/1 3/1 1/2 2/2 3/2");
}

static void test_hear_a_client_has_its_facts(void **state)
{
    (void)state;
    hearing_run("local function tell(client)\n"
                "  say(math.type(client.id), client.id, client.address, client.channels)\n"
                "  say(client.user, next(client.identity)) end\n"
                "relay.on('client_open', tell) relay.on('client_close', tell)");
    struct wire *wire = node_connect(hearing.node);
    wire_join(wire, "verona");
    wire_gone(wire);
    assert_says("integer 1 192.0.2.1 0 nil nil integer 1 192.0.2.1 0 nil nil");
}

static void test_hear_a_client_has_its_identity_and_user(void **state)
{
    (void)state;
    hearing_run("relay.on('client_open', function(client)\n"
                "  say(client.user, client.identity.user, client.identity.roles[2]) end)\n"
                "relay.on('subscribe', function(client) say(client.user, client.channels) end)");
    struct wire *wire =
        node_connect_as(hearing.node, "{\"user\":\"j\\u00fcrg\",\"roles\":[\"a\",\"b\"]}");
    wire_join(wire, "verona");
    assert_says("j\xc3\xbcrg j\xc3\xbcrg b j\xc3\xbcrg 1");
}

static void test_hear_a_user_is_whatever_the_policy_said(void **state)
{
    (void)state;
    hearing_run("relay.on('client_open', function(client) say(client.user.n) end)");
    node_connect_as(hearing.node, "{\"user\":{\"n\":7}}");
    assert_says("7");
}

static void test_hear_a_channel_has_its_name_and_whether_it_has_a_password(void **state)
{
    (void)state;
    hearing_run("local function tell(channel) say(channel.name, channel.protected) end\n"
                "relay.on('channel_open', tell) relay.on('channel_close', tell)");
    struct wire *wire = node_connect(hearing.node);
    wire_join(wire, "o/\xc3\xa9");
    wire_subscribe(wire, "verona", "capulet");
    node_hash_all(hearing.node);
    wire_gone(wire);
    assert_says("o/\xc3\xa9 false verona true verona true o/\xc3\xa9 false");
}

static void test_hear_a_subscription_has_its_client_and_channel(void **state)
{
    (void)state;
    hearing_run("local function tell(client, channel, ...)\n"
                "  assert(select('#', ...) == 0) say(client.id, client.channels, channel) end\n"
                "relay.on('subscribe', tell) relay.on('unsubscribe', tell)");
    struct wire *wire = node_connect(hearing.node), *other = node_connect(hearing.node);
    wire_join(wire, "a\\u0022b");
    wire_join(other, "c");
    wire_join(other, "d");
    wire_unsubscribe(other, "c");
    assert_says("1 1 a\\\"b 2 1 c 2 2 d 2 1 c");
}

static void test_hear_one_that_is_subscribed_already_does_not_subscribe_again(void **state)
{
    (void)state;
    hearing_run(HEARS_ALL);
    struct wire *wire = node_connect(hearing.node);
    wire_join(wire, "verona");
    wire_join(wire, "verona");
    wire_unsubscribe(wire, "elsewhere");
    assert_says("client_open channel_open subscribe");
}

static void test_hear_who_loses_a_channel_to_another_node_unsubscribes(void **state)
{
    (void)state;
    hearing_run(HEARS_ALL);
    wire_join(node_connect(hearing.node), "verona");
    wire_join(node_connect(hearing.node), "verona");
    assert_says("client_open channel_open subscribe client_open subscribe");
    relay_lost(&hearing.node->relay, (struct text){"verona", 6});
    assert_says("unsubscribe unsubscribe channel_close");
}

static const char TELLS[] = "relay.on('message', function(m)\n"
                            "  say(m.channel, m.text, m.json, m.client, m.nonce or '-') end)";

static struct wire *teller(void)
{
    hearing_run(TELLS);
    struct wire *wire = node_connect(hearing.node);
    wire_join(wire, "verona");
    return wire;
}

static void test_hear_a_message_that_is_a_string_is_its_text(void **state)
{
    (void)state;
    struct wire *wire = teller();
    wire_send(wire, "verona", "'O Romeo'");
    wire_send(wire, "verona", "''");
    assert_says("verona O Romeo false 1 - verona  false 1 -");
}

static void test_hear_a_message_that_is_no_string_is_its_json(void **state)
{
    (void)state;
    static const char *const VALUES[] = {"{'a':[1,2]}", "[ ]", "1.50", "null", "true"};
    static const char *const WORDS[] = {"verona {\\\"a\\\":[1,2]} true 1 -", "verona [ ] true 1 -",
                                        "verona 1.50 true 1 -", "verona null true 1 -",
                                        "verona true true 1 -"};
    struct wire *wire = teller();
    for (size_t i = 0; i < sizeof VALUES / sizeof VALUES[0]; i++) {
        wire_send(wire, "verona", VALUES[i]);
        assert_says(WORDS[i]);
    }
}

static void test_hear_a_message_is_unescaped(void **state)
{
    (void)state;
    struct wire *wire = teller();
    wire_send(wire, "verona", "'\\u00e9\\n\\u0022\\\\ \\ud83d\\ude00'");
    assert_says("verona \xc3\xa9\\n\\\"\\\\ \xf0\x9f\x98\x80 false 1 -");
}

static void test_hear_a_message_has_a_nonce_that_is_a_string(void **state)
{
    (void)state;
    struct wire *wire = teller();
    wire_say(wire, "{'command':'send','nonce':'n-\\u00e9','data':"
                   "{'channel':'verona','message':'a'}}");
    assert_says("verona a false 1 n-\xc3\xa9");
    wire_say(wire, "{'command':'send','nonce':7,'data':{'channel':'verona','message':'a'}}");
    assert_says("verona a false 1 -");
}

static void test_hear_a_message_with_half_a_surrogate_is_told_as_its_json(void **state)
{
    (void)state;
    struct wire *wire = teller();
    wire_send(wire, "verona", "'\\ud83d'");
    wire_say(wire, "{'command':'send','nonce':'\\ud83d','data':"
                   "{'channel':'verona','message':'after'}}");
    assert_says("verona \\\"\\\\ud83d\\\" true 1 - verona after false 1 -");
    assert_int_equal(script_handler_failures(hearing.fixture.script), 0);
}

static void test_hear_what_a_script_publishes_has_no_sender(void **state)
{
    (void)state;
    hearing_run("relay.on('message', function(m) say(m.text, m.client == nil) end)\n"
                "relay.on('subscribe', function(_, channel) relay.publish(channel, 'hello') end)");
    struct wire *wire = node_connect(hearing.node);
    wire_join(wire, "verona");
    assert_silent(wire); /* not in the middle of the subscribing: in a later turn */
    assert_says("hello true");
    assert_hears(wire, MESSAGE("'hello'", "verona"));
}

static void test_hear_a_message_that_was_refused_is_none(void **state)
{
    (void)state;
    struct wire *wire = teller();
    wire_send(wire, "elsewhere", "'a'");
    assert_says("");
}

static void test_hear_nobody_who_listens_costs_nothing(void **state)
{
    (void)state;
    hearing_run("relay.on('peer_up', print)");
    const struct relay_events *events = &hearing.node->relay.events;
    assert_true(!events->client_opened && !events->client_closed && !events->channel_opened);
    assert_true(!events->channel_closed && !events->subscribed && !events->unsubscribed);
    assert_true(!events->message);
}

static void test_hear_only_what_is_listened_to(void **state)
{
    (void)state;
    hearing_run("relay.on('channel_close', print) relay.on('unsubscribe', print)");
    const struct relay_events *events = &hearing.node->relay.events;
    assert_true(events->channel_closed && events->unsubscribed);
    assert_true(!events->client_opened && !events->client_closed && !events->channel_opened);
    assert_true(!events->subscribed && !events->message);
}

/* A handler that is about a client ends with it, so the end is heard. */
static void test_hear_the_end_of_clients_whose_handlers_may_wait(void **state)
{
    (void)state;
    static const char *const EVENTS[] = {"client_open", "client_close", "subscribe"};
    for (size_t i = 0; i < sizeof EVENTS / sizeof EVENTS[0]; i++) {
        char line[64];
        snprintf(line, sizeof line, "relay.on('%s', print)", EVENTS[i]);
        hearing_run(line);
        assert_non_null(hearing.node->relay.events.client_closed);
    }
}

static void test_hear_a_listener_that_a_handler_adds_hears_what_follows(void **state)
{
    (void)state;
    hearing_run("relay.on('client_open', function(client) say('open')\n"
                "  if client.id == 1 then relay.on('subscribe', function() say('sub') end) end "
                "end)");
    struct wire *wire = node_connect(hearing.node);
    wire_join(wire, "before");
    assert_says("open");
    assert_non_null(hearing.node->relay.events.subscribed);
    wire_join(wire, "after");
    assert_says("sub");
}

/* The shipped scripts have some of them. */
static void test_hear_handlers_are_1000_at_most(void **state)
{
    (void)state;
    hearing_run("local n, ok, why = 0, true, nil\n"
                "repeat ok, why = pcall(relay.on, 'message', print) n = n + 1 until not ok\n"
                "say(n > 900 and n <= 1001, why)");
    assert_said("true relay.on: more than 1000 handlers");
}

static void test_hear_a_handler_that_answers_itself_lets_others_have_their_turn(void **state)
{
    (void)state;
    hearing_run("local n = 0 relay.command('n', function() say(n) end)\n"
                "relay.on('message', function(m) n = n + 1 relay.publish(m.channel, 'again') end)");
    struct wire *wire = node_connect(hearing.node);
    wire_join(wire, "verona");
    wire_send(wire, "verona", "'begin'");
    hearing_turn();
    assert_int_equal(hearing.node->relay.counters.messages, 257);
    assert_true(hearing.wake_ms <= hearing.node->now_ms);
    hearing_turn();
    assert_int_equal(hearing.node->relay.counters.messages, 256 + 257);
    wire_hear_all(wire);
}

static void test_hear_beyond_10000_that_wait_is_dropped_with_a_warning(void **state)
{
    (void)state;
    hearing_run("relay.on('message', function(m) say(m.text) end)");
    struct wire *wire = node_connect(hearing.node);
    wire_join(wire, "verona");
    for (int i = 0; i < 10000; i++)
        wire_send(wire, "verona", "'1'");
    assert_false(hearing_logged("event dropped"));
    wire_hear_all(wire);
    wire_send(wire, "verona", "'2'");
    assert_true(hearing_logged("warn  event dropped event=\"message\" reason=\"too many"));
    hearing_turn_all();
    wire_send(wire, "verona", "'3'");
    hearing_turn_all();
    wire_hear_all(wire);
}

static void test_hear_nothing_once_the_script_is_gone(void **state)
{
    (void)state;
    hearing_run(HEARS_ALL);
    struct wire *wire = node_connect(hearing.node);
    wire_join(wire, "verona");
    script_free(hearing.fixture.script);
    hearing.fixture.script = NULL;
    assert_null(hearing.node->relay.events.context);
    assert_null(hearing.node->relay.events.message);
    wire_send(wire, "verona", "'a'");
    wire_gone(wire);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HEARING_TEST(test_hear_a_client_from_its_beginning_to_its_end_in_order),
        HEARING_TEST(test_hear_a_client_that_leaves_with_its_channels_open),
        HEARING_TEST(test_hear_a_client_that_is_kicked_leaves_first),
        HEARING_TEST(test_hear_handlers_in_the_order_in_which_they_came),
        HEARING_TEST(test_hear_a_client_has_its_facts),
        HEARING_TEST(test_hear_a_client_has_its_identity_and_user),
        HEARING_TEST(test_hear_a_user_is_whatever_the_policy_said),
        HEARING_TEST(test_hear_a_channel_has_its_name_and_whether_it_has_a_password),
        HEARING_TEST(test_hear_a_subscription_has_its_client_and_channel),
        HEARING_TEST(test_hear_one_that_is_subscribed_already_does_not_subscribe_again),
        HEARING_TEST(test_hear_who_loses_a_channel_to_another_node_unsubscribes),
        HEARING_TEST(test_hear_a_message_that_is_a_string_is_its_text),
        HEARING_TEST(test_hear_a_message_that_is_no_string_is_its_json),
        HEARING_TEST(test_hear_a_message_is_unescaped),
        HEARING_TEST(test_hear_a_message_has_a_nonce_that_is_a_string),
        HEARING_TEST(test_hear_a_message_with_half_a_surrogate_is_told_as_its_json),
        HEARING_TEST(test_hear_what_a_script_publishes_has_no_sender),
        HEARING_TEST(test_hear_a_message_that_was_refused_is_none),
        HEARING_TEST(test_hear_nobody_who_listens_costs_nothing),
        HEARING_TEST(test_hear_only_what_is_listened_to),
        HEARING_TEST(test_hear_the_end_of_clients_whose_handlers_may_wait),
        HEARING_TEST(test_hear_a_listener_that_a_handler_adds_hears_what_follows),
        HEARING_TEST(test_hear_handlers_are_1000_at_most),
        HEARING_TEST(test_hear_a_handler_that_answers_itself_lets_others_have_their_turn),
        HEARING_TEST(test_hear_beyond_10000_that_wait_is_dropped_with_a_warning),
        HEARING_TEST(test_hear_nothing_once_the_script_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

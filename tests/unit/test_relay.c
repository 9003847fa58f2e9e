/* test_relay.c — the books of a node: its health, and its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node.h"

static struct health health_of(enum health_state health_state, const char *reason)
{
    struct health health = {.state = health_state};
    for (size_t i = 0; reason[i]; i++)
        health.reason[i] = reason[i];
    return health;
}

static void test_relay_health_without_rules_is_good(void **state)
{
    (void)state;
    struct node *node = node_new();
    const struct health *health = relay_health(&node->relay, 0);
    assert_int_equal(health->state, HEALTH_GOOD);
    assert_string_equal(health->reason, "healthy");
    node_free(node);
}

static void test_relay_health_is_what_the_rules_say(void **state)
{
    (void)state;
    struct node *node = node_new();
    fake_policy_install(&node->policy, &node->relay.hooks, ASK_HEALTH);
    node->policy.health = health_of(HEALTH_BAD, "channels no clients");
    const struct health *health = relay_health(&node->relay, 0);
    assert_int_equal(health->state, HEALTH_BAD);
    assert_string_equal(health->reason, "channels no clients");
    node_free(node);
}

static void test_relay_health_rules_are_asked_at_most_once_a_second(void **state)
{
    (void)state;
    struct node *node = node_new();
    fake_policy_install(&node->policy, &node->relay.hooks, ASK_HEALTH);
    node->policy.health = health_of(HEALTH_DEGRADED, "no peers");
    relay_health(&node->relay, 0);
    node->policy.health = health_of(HEALTH_GOOD, "healthy");
    for (int i = 0; i < 3; i++) {
        node_pass_ms(node, 333);
        assert_int_equal(relay_health(&node->relay, 0)->state, HEALTH_DEGRADED);
    }
    assert_int_equal(node->policy.healths, 1); /* 999 ms later */
    node_pass_ms(node, 1);
    assert_int_equal(relay_health(&node->relay, 0)->state, HEALTH_GOOD);
    assert_int_equal(node->policy.healths, 2);
    node_pass_ms(node, 999);
    relay_health(&node->relay, 0);
    assert_int_equal(node->policy.healths, 2);
    node_free(node);
}

static void test_relay_health_rules_are_asked_once_also_at_the_clocks_zero(void **state)
{
    (void)state;
    struct node *node = node_new();
    node->now_ms = 0;
    fake_policy_install(&node->policy, &node->relay.hooks, ASK_HEALTH);
    relay_health(&node->relay, 0);
    relay_health(&node->relay, 0);
    assert_int_equal(node->policy.healths, 1);
    node_free(node);
}

static void test_relay_health_rules_see_the_books(void **state)
{
    (void)state;
    struct node *node = node_new();
    fake_policy_install(&node->policy, &node->relay.hooks, ASK_HEALTH);
    node->relay.health_latency_ms = 25;
    struct wire *wire = node_connect(node);
    node_connect(node);
    wire_join(wire, "a");
    wire_join(wire, "b");
    wire_join(wire, "c");
    relay_health(&node->relay, 7);
    const struct health_facts *facts = &node->policy.health_facts;
    assert_int_equal(facts->clients, 2);
    assert_int_equal(facts->channels, 3);
    assert_int_equal(facts->connections, 7);
    assert_int_equal(facts->peers, 0);
    assert_int_equal(facts->peers_configured, 0);
    assert_true(facts->latency_limit_ms == 25);
    assert_true(facts->latency_ms == 0);
    assert_false(facts->draining);
    relay_drain(&node->relay, 0);
    node_pass_ms(node, 1000);
    relay_health(&node->relay, 7);
    assert_true(facts->draining);
    node_free(node);
}

static void test_relay_health_rules_are_shown_their_last_answer(void **state)
{
    (void)state;
    struct node *node = node_new();
    fake_policy_install(&node->policy, &node->relay.hooks, ASK_HEALTH);
    node->policy.health = health_of(HEALTH_BAD, "channels no clients");
    relay_health(&node->relay, 0);
    assert_string_equal(node->policy.health_before.reason, "healthy");
    node_pass_ms(node, 1000);
    relay_health(&node->relay, 0);
    assert_int_equal(node->policy.health_before.state, HEALTH_BAD);
    assert_string_equal(node->policy.health_before.reason, "channels no clients");
    node_free(node);
}

static void test_relay_drain_closes_the_oldest_first_with_1012_and_counts(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *wires[7];
    for (size_t i = 0; i < 7; i++)
        wires[i] = node_connect(node);
    assert_false(node->relay.draining);
    assert_int_equal(relay_drain(&node->relay, 3), 3);
    assert_true(node->relay.draining);
    assert_int_equal(node->closed_count, 3);
    assert_int_equal(relay_drain(&node->relay, 3), 3);
    assert_int_equal(relay_drain(&node->relay, 3), 1);
    assert_int_equal(relay_drain(&node->relay, 3), 0);
    assert_int_equal(node->closed_count, 7);
    for (size_t i = 0; i < 7; i++) {
        assert_ptr_equal(node->closed[i], wires[i]);
        assert_closed(wires[i], 1012, "node restarting");
    }
    assert_int_equal(node->relay.client_count, 7);
    node_free(node);
}

static void test_relay_drain_does_not_count_those_who_are_closing_already(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *first = node_connect(node), *second = node_connect(node);
    struct wire *third = node_connect(node);
    client_close(first->client, 1008, "test");
    wire_gone(second);
    assert_int_equal(relay_drain(&node->relay, 1), 1);
    assert_closed(first, 1008, "test");
    assert_closed(third, 1012, "node restarting");
    assert_int_equal(relay_drain(&node->relay, 1), 0);
    node_free(node);
}

static void test_relay_drain_of_none_closes_nobody(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *wire = node_connect(node);
    assert_int_equal(relay_drain(&node->relay, 0), 0);
    assert_true(node->relay.draining);
    assert_open(wire);
    assert_int_equal(relay_drain(&node->relay, SIZE_MAX), 1);
    node_free(node);
}

static void test_relay_drain_closes_the_channels_and_forgets_what_waits(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *romeo = node_connect(node), *juliet = node_connect(node);
    wire_join(romeo, "verona");
    wire_subscribe(juliet, "vault", "secret");
    assert_int_equal(relay_drain(&node->relay, 10), 2);
    assert_null(node_channel(node, "verona"));
    node_hash(node);
    assert_null(node_channel(node, "vault"));
    assert_silent(juliet);
    node_free(node);
}

static void test_relay_clients_that_are_not_drained_yet_go_on(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *first = node_connect(node), *second = node_connect(node);
    wire_join(first, "verona");
    assert_int_equal(relay_drain(&node->relay, 1), 1);
    wire_join(second, "verona");
    wire_send(second, "verona", "1");
    assert_hears(second, OK);
    assert_silent(first);
    node_free(node);
}

static void test_relay_finds_a_client_by_its_id_as_long_as_it_is_there(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *wires[3];
    for (size_t i = 0; i < 3; i++)
        wires[i] = node_connect(node);
    for (uint64_t id = 1; id <= 3; id++)
        assert_ptr_equal(relay_find_client(&node->relay, id), wires[id - 1]->client);
    assert_null(relay_find_client(&node->relay, 0));
    assert_null(relay_find_client(&node->relay, 4));
    wire_gone(wires[1]);
    assert_null(relay_find_client(&node->relay, 2));
    assert_ptr_equal(relay_find_client(&node->relay, 3), wires[2]->client);
    node_free(node);
}

static int send_to(struct node *node, uint64_t id, const char *channel)
{
    const struct json_span message = {"\"hi\"", 4, JSON_STRING};
    return relay_send(&node->relay, id, (struct text){channel, strlen(channel)}, &message);
}

static void test_relay_send_reaches_one_subscriber_alone(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *first = node_connect(node), *second = node_connect(node);
    wire_join(first, "verona");
    wire_join(second, "verona");
    assert_int_equal(send_to(node, 2, "verona"), 0);
    assert_hears(second, MESSAGE("'hi'", "verona"));
    assert_silent(second);
    assert_silent(first);
    assert_int_equal(node->relay.counters.deliveries, 1);
    node_free(node);
}

static void test_relay_send_to_who_is_not_subscribed_is_refused(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *first = node_connect(node), *second = node_connect(node);
    wire_join(first, "verona");
    assert_int_equal(send_to(node, 2, "verona"), RELAY_EINVAL);
    assert_int_equal(send_to(node, 1, "mantua"), RELAY_EINVAL);
    assert_int_equal(send_to(node, 9, "verona"), RELAY_EINVAL);
    client_close(first->client, CLOSE_POLICY, "kicked");
    assert_int_equal(send_to(node, 1, "verona"), RELAY_EINVAL);
    assert_silent(second);
    node_free(node);
}

static void test_relay_send_to_a_slow_reader_closes_it(void **state)
{
    (void)state;
    struct node *node = node_new();
    node->relay.limits.send_queue_bytes = 100;
    struct wire *wire = node_connect(node);
    wire_join(wire, "verona");
    for (int i = 0; i < 100 && !wire->is_closed; i++)
        assert_int_equal(send_to(node, 1, "verona"), 0);
    assert_closed(wire, CLOSE_TRY_LATER, "too slow");
    node_free(node);
}

static void count_event(void *context, const struct client *client)
{
    assert_int_equal(client->subscriptions.count, 0);
    ++*(unsigned *)context;
}

static void test_relay_tells_of_a_client_s_end_once_and_of_it_without_channels(void **state)
{
    (void)state;
    unsigned ends = 0;
    struct node *node = node_new();
    node->relay.events = (struct relay_events){.context = &ends, .client_closed = count_event};
    struct wire *wire = node_connect(node);
    wire_join(wire, "verona");
    client_close(wire->client, CLOSE_POLICY, "kicked");
    assert_int_equal(ends, 0);
    wire_gone(wire);
    assert_int_equal(ends, 1);
    node_free(node);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_relay_health_without_rules_is_good),
        cmocka_unit_test(test_relay_health_is_what_the_rules_say),
        cmocka_unit_test(test_relay_health_rules_are_asked_at_most_once_a_second),
        cmocka_unit_test(test_relay_health_rules_are_asked_once_also_at_the_clocks_zero),
        cmocka_unit_test(test_relay_health_rules_see_the_books),
        cmocka_unit_test(test_relay_health_rules_are_shown_their_last_answer),
        cmocka_unit_test(test_relay_drain_closes_the_oldest_first_with_1012_and_counts),
        cmocka_unit_test(test_relay_drain_does_not_count_those_who_are_closing_already),
        cmocka_unit_test(test_relay_drain_of_none_closes_nobody),
        cmocka_unit_test(test_relay_drain_closes_the_channels_and_forgets_what_waits),
        cmocka_unit_test(test_relay_clients_that_are_not_drained_yet_go_on),
        cmocka_unit_test(test_relay_finds_a_client_by_its_id_as_long_as_it_is_there),
        cmocka_unit_test(test_relay_send_reaches_one_subscriber_alone),
        cmocka_unit_test(test_relay_send_to_who_is_not_subscribed_is_refused),
        cmocka_unit_test(test_relay_send_to_a_slow_reader_closes_it),
        cmocka_unit_test(test_relay_tells_of_a_client_s_end_once_and_of_it_without_channels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

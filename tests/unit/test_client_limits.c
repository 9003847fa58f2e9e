/* test_client_limits.c — what a client may send: its rate, how often it may be refused, its
 * nonsense, and limits that change while it lives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node.h"

#define LIST "{'command':'list'}"
#define LIMITED REFUSED("rate limited")
#define MALFORMED REFUSED("malformed json")

static struct node *node_with_rate(double per_second, double burst)
{
    struct node *node = node_new();
    node->relay.limits.messages_per_second = per_second;
    node->relay.limits.burst = burst;
    return node;
}

static void say_and_hear(struct wire *wire, unsigned times, const char *text, const char *answer)
{
    for (unsigned i = 0; i < times; i++) {
        wire_say(wire, "%s", text);
        assert_hears(wire, answer);
    }
}

static void test_client_rate_2000_at_once_pass_and_the_next_is_refused(void **state)
{
    (void)state;
    struct node *node = node_with_rate(1000, 2000);
    struct wire *wire = node_connect(node);
    say_and_hear(wire, 2000, LIST, CHANNELS(""));
    say_and_hear(wire, 1, LIST, LIMITED);
    assert_open(wire);
    assert_int_equal(node->relay.counters.commands, 2001);
    assert_int_equal(node->relay.counters.commands_limited, 1);
    assert_int_equal(node->relay.counters.commands_failed, 1);
    node_free(node);
}

static void test_client_rate_fills_again_with_time(void **state)
{
    (void)state;
    struct node *node = node_with_rate(1000, 2000);
    struct wire *wire = node_connect(node);
    say_and_hear(wire, 2000, LIST, CHANNELS(""));
    node_pass_ms(node, 3);
    say_and_hear(wire, 3, LIST, CHANNELS(""));
    say_and_hear(wire, 1, LIST, LIMITED);
    node_pass_ms(node, 60 * 1000);
    say_and_hear(wire, 2000, LIST, CHANNELS(""));
    say_and_hear(wire, 1, LIST, LIMITED);
    node_free(node);
}

static void test_client_rate_of_one_is_not_spent_by_another(void **state)
{
    (void)state;
    struct node *node = node_with_rate(1, 1);
    struct wire *romeo = node_connect(node), *juliet = node_connect(node);
    say_and_hear(romeo, 1, LIST, CHANNELS(""));
    say_and_hear(romeo, 1, LIST, LIMITED);
    say_and_hear(juliet, 1, LIST, CHANNELS(""));
    node_free(node);
}

static void test_client_rate_of_zero_is_no_limit(void **state)
{
    (void)state;
    struct node *node = node_with_rate(0, 1);
    say_and_hear(node_connect(node), 5000, LIST, CHANNELS(""));
    node_free(node);
}

static void test_client_refused_command_is_not_carried_out_and_keeps_its_nonce(void **state)
{
    (void)state;
    struct node *node = node_with_rate(1, 1);
    struct wire *wire = node_connect(node);
    say_and_hear(wire, 1, LIST, CHANNELS(""));
    wire_say(wire, "{'command':'subscribe','data':{'topic':'a'},'nonce':7}");
    assert_hears(wire, "{'type':'response','data':{'ok':false,'reason':'rate limited'},'nonce':7}");
    assert_null(node_channel(node, "a"));
    node_free(node);
}

static void test_client_refused_as_often_as_its_burst_stays_and_once_more_is_1008(void **state)
{
    (void)state;
    struct node *node = node_with_rate(1000, 50);
    struct wire *wire = node_connect(node);
    wire_join(wire, "a");
    say_and_hear(wire, 49, LIST, CHANNELS("'a'"));
    say_and_hear(wire, 50, LIST, LIMITED);
    assert_open(wire);
    assert_int_equal(node->relay.counters.clients_flooding, 0);
    say_and_hear(wire, 1, LIST, LIMITED);
    assert_closed(wire, 1008, "rate limited");
    assert_int_equal(node->relay.counters.clients_flooding, 1);
    assert_int_equal(node->warnings, 1);
    assert_null(node_channel(node, "a"));
    node_free(node);
}

/* Twice the rate for ever is too much; a little over it now and then is not. */
static void test_client_refusals_are_forgiven_with_time(void **state)
{
    (void)state;
    struct node *node = node_with_rate(10, 10);
    struct wire *wire = node_connect(node);
    for (int second = 0; second < 60; second++) {
        say_and_hear(wire, 10, LIST, CHANNELS(""));
        say_and_hear(wire, 10, LIST, LIMITED);
        node_pass_ms(node, 1000);
    }
    assert_open(wire);
    say_and_hear(wire, 10, LIST, CHANNELS(""));
    say_and_hear(wire, 11, LIST, LIMITED);
    assert_closed(wire, 1008, "rate limited");
    node_free(node);
}

static void test_client_malformed_text_costs_rate_too(void **state)
{
    (void)state;
    struct node *node = node_with_rate(1, 2);
    struct wire *wire = node_connect(node);
    say_and_hear(wire, 2, "{", MALFORMED);
    say_and_hear(wire, 1, "{", LIMITED);
    assert_int_equal(node->relay.counters.commands_malformed, 2);
    node_free(node);
}

static void test_client_20_malformed_in_a_row_is_1008(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *wire = node_connect(node);
    wire_join(wire, "a");
    say_and_hear(wire, 19, "{", MALFORMED);
    assert_open(wire);
    say_and_hear(wire, 1, "{", MALFORMED);
    assert_closed(wire, 1008, "malformed json");
    assert_int_equal(node->relay.counters.commands_malformed, 20);
    assert_int_equal(node->relay.counters.clients_flooding, 1);
    assert_int_equal(node->warnings, 1);
    assert_null(node_channel(node, "a"));
    node_free(node);
}

static void test_client_19_malformed_and_then_a_good_one_starts_anew(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *wire = node_connect(node);
    for (int round = 0; round < 3; round++) {
        say_and_hear(wire, 19, "}", MALFORMED);
        say_and_hear(wire, 1, LIST, CHANNELS(""));
    }
    say_and_hear(wire, 19, "}", MALFORMED);
    assert_open(wire);
    node_free(node);
}

static void test_client_json_that_is_no_command_is_not_malformed(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *wire = node_connect(node);
    say_and_hear(wire, 30, "{'command':'dance'}", REFUSED("invalid command"));
    assert_open(wire);
    say_and_hear(wire, 19, "{", MALFORMED);
    say_and_hear(wire, 1, "{'command':'dance'}", REFUSED("invalid command"));
    say_and_hear(wire, 19, "{", MALFORMED);
    assert_open(wire);
    node_free(node);
}

static void test_client_takes_new_limits_over_at_its_next_command(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *wire = node_connect(node);
    wire_join(wire, "a");
    node->relay.limits.channels_per_client = 1;
    node->relay.limits.message_bytes = 77;
    wire_join(wire, "b"); /* no new version: not looked at */
    node_limits_changed(node);
    assert_int_equal(client_message_max(wire->client), 65536);
    wire_subscribe(wire, "c", NULL);
    assert_hears(wire, REFUSED("too many channels"));
    assert_int_equal(client_message_max(wire->client), 77);
    node_free(node);
}

static void test_client_new_rate_holds_for_the_very_command_that_takes_it_over(void **state)
{
    (void)state;
    struct node *node = node_with_rate(0, 0);
    struct wire *wire = node_connect(node);
    say_and_hear(wire, 10, LIST, CHANNELS(""));
    node->relay.limits.messages_per_second = 1;
    node->relay.limits.burst = 3;
    node_limits_changed(node);
    node_pass_ms(node, 10 * 1000);
    say_and_hear(wire, 3, LIST, CHANNELS(""));
    say_and_hear(wire, 1, LIST, LIMITED);
    node->relay.limits.messages_per_second = 0;
    node_limits_changed(node);
    say_and_hear(wire, 10, LIST, CHANNELS(""));
    node_free(node);
}

static void test_client_larger_burst_is_filled_by_time_alone(void **state)
{
    (void)state;
    struct node *node = node_with_rate(1, 2);
    struct wire *wire = node_connect(node);
    node->relay.limits.burst = 5;
    node_limits_changed(node);
    say_and_hear(wire, 2, LIST, CHANNELS(""));
    say_and_hear(wire, 1, LIST, LIMITED);
    node_pass_ms(node, 5000);
    say_and_hear(wire, 5, LIST, CHANNELS(""));
    say_and_hear(wire, 1, LIST, LIMITED);
    node_free(node);
}

static void test_client_limits_are_asked_at_its_opening_and_for_each_version(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct fake_policy *policy = &node->policy;
    policy->limits = node->relay.limits;
    policy->limits.channels_per_client = 1;
    fake_policy_install(policy, &node->relay.hooks, ASK_LIMITS);
    struct wire *wire = node_connect_as(node, "{\"plan\":\"small\"}");
    assert_int_equal(policy->limits_asked, 1);
    assert_int_equal(policy->asked.client, 1);
    assert_string_equal(policy->asked.address, "192.0.2.1");
    assert_string_equal(policy->asked.identity, "{\"plan\":\"small\"}");
    wire_join(wire, "a");
    wire_subscribe(wire, "b", NULL);
    assert_hears(wire, REFUSED("too many channels"));
    assert_int_equal(policy->limits_asked, 1);
    policy->limits.channels_per_client = 2;
    node_limits_changed(node);
    wire_join(wire, "b");
    assert_int_equal(policy->limits_asked, 2);
    wire_say(wire, LIST);
    assert_int_equal(policy->limits_asked, 2);
    node_free(node);
}

static void test_client_policy_burst_fills_the_first_bucket(void **state)
{
    (void)state;
    struct node *node = node_with_rate(1000, 2000);
    node->policy.limits = node->relay.limits;
    node->policy.limits.messages_per_second = 1;
    node->policy.limits.burst = 2;
    fake_policy_install(&node->policy, &node->relay.hooks, ASK_LIMITS);
    struct wire *wire = node_connect(node);
    say_and_hear(wire, 2, LIST, CHANNELS(""));
    say_and_hear(wire, 3, LIST, LIMITED);
    assert_closed(wire, 1008, "rate limited");
    node_free(node);
}

static void test_client_policy_removed_gives_the_nodes_limits_back(void **state)
{
    (void)state;
    struct node *node = node_new();
    node->policy.limits = node->relay.limits;
    node->policy.limits.channels_per_client = 0;
    fake_policy_install(&node->policy, &node->relay.hooks, ASK_LIMITS);
    struct wire *wire = node_connect(node);
    wire_subscribe(wire, "a", NULL);
    assert_hears(wire, REFUSED("too many channels"));
    fake_policy_install(&node->policy, &node->relay.hooks, 0);
    node_limits_changed(node);
    wire_join(wire, "a");
    node_free(node);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_client_rate_2000_at_once_pass_and_the_next_is_refused),
        cmocka_unit_test(test_client_rate_fills_again_with_time),
        cmocka_unit_test(test_client_rate_of_one_is_not_spent_by_another),
        cmocka_unit_test(test_client_rate_of_zero_is_no_limit),
        cmocka_unit_test(test_client_refused_command_is_not_carried_out_and_keeps_its_nonce),
        cmocka_unit_test(test_client_refused_as_often_as_its_burst_stays_and_once_more_is_1008),
        cmocka_unit_test(test_client_refusals_are_forgiven_with_time),
        cmocka_unit_test(test_client_malformed_text_costs_rate_too),
        cmocka_unit_test(test_client_20_malformed_in_a_row_is_1008),
        cmocka_unit_test(test_client_19_malformed_and_then_a_good_one_starts_anew),
        cmocka_unit_test(test_client_json_that_is_no_command_is_not_malformed),
        cmocka_unit_test(test_client_takes_new_limits_over_at_its_next_command),
        cmocka_unit_test(test_client_new_rate_holds_for_the_very_command_that_takes_it_over),
        cmocka_unit_test(test_client_limits_are_asked_at_its_opening_and_for_each_version),
        cmocka_unit_test(test_client_policy_burst_fills_the_first_bucket),
        cmocka_unit_test(test_client_policy_removed_gives_the_nodes_limits_back),
        cmocka_unit_test(test_client_larger_burst_is_filled_by_time_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

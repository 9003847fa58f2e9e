/* test_handle_subscribe.c — subscribe without a password, and the policies about it; with one:
 * test_handle_subscribe_password.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "node.h"

static void test_subscribe_opens_a_channel_that_is_not_there(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *wire = node_connect(node);
    wire_subscribe(wire, "verona", NULL);
    assert_hears(wire, OK);
    assert_silent(wire);
    struct channel *channel = node_channel(node, "verona");
    assert_non_null(channel);
    assert_false(channel->password.is_set);
    assert_int_equal(channel->count, 1);
    assert_int_equal(node->relay.counters.channels_opened, 1);
    assert_int_equal(wire->pauses, 0);
    node_free(node);
}

static void test_subscribe_joins_a_channel_that_is_there(void **state)
{
    (void)state;
    struct node *node = node_new();
    wire_join(node_connect(node), "verona");
    wire_join(node_connect(node), "verona");
    assert_int_equal(node_channel(node, "verona")->count, 2);
    assert_int_equal(node->relay.counters.channels_opened, 1);
    node_free(node);
}

static void test_subscribe_twice_is_ok_and_changes_nothing(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *wire = node_connect(node);
    fake_policy_install(&node->policy, &node->relay.hooks, ASK_OPEN | ASK_JOIN);
    wire_join(wire, "verona");
    wire_join(wire, "verona");
    wire_subscribe(wire, "verona", "any password");
    assert_hears(wire, OK);
    assert_int_equal(node_channel(node, "verona")->count, 1);
    assert_int_equal(node->policy.opens, 1);
    assert_int_equal(node->policy.joins, 0);
    assert_int_equal(node->held_count, 0);
    node_free(node);
}

static void test_subscribe_takes_the_channel_by_either_name(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *wire = node_connect(node);
    wire_say(wire, "{'command':'subscribe','data':{'channel':'verona'}}");
    assert_hears(wire, OK);
    assert_non_null(node_channel(node, "verona"));
    node_free(node);
}

static void subscribe_to(struct wire *wire, unsigned first, unsigned count)
{
    for (unsigned i = first; i < first + count; i++) {
        wire_say(wire, "{'command':'subscribe','data':{'topic':'room %u'}}", i);
        assert_hears(wire, OK);
    }
}

static void test_subscribe_100_channels_pass_and_101_fail(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *wire = node_connect(node), *other = node_connect(node);
    subscribe_to(wire, 0, 100);
    wire_subscribe(wire, "room 100", NULL);
    assert_hears(wire, REFUSED("too many channels"));
    assert_null(node_channel(node, "room 100"));
    wire_subscribe(wire, "room 100", "password");
    assert_hears(wire, REFUSED("too many channels"));
    assert_int_equal(node->held_count, 0);
    wire_join(wire, "room 99"); /* has it already */
    wire_join(other, "room 100");
    wire_unsubscribe(wire, "room 0");
    assert_hears(wire, OK);
    wire_join(wire, "room 100");
    assert_int_equal(wire->client->subscriptions.count, 100);
    node_free(node);
}

static void test_subscribe_without_a_password_where_one_is_needed_is_refused(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *romeo = node_connect(node), *juliet = node_connect(node);
    wire_subscribe(romeo, "vault", "secret");
    node_hash(node);
    assert_hears(romeo, OK);
    wire_subscribe(juliet, "vault", NULL);
    assert_hears(juliet, REFUSED("invalid password"));
    wire_subscribe(juliet, "vault", "");
    assert_hears(juliet, REFUSED("invalid password"));
    assert_int_equal(node_channel(node, "vault")->count, 1);
    assert_int_equal(node->relay.counters.passwords_refused, 2);
    node_free(node);
}

static void test_subscribe_open_policy_is_asked_for_a_new_channel_alone(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct fake_policy *policy = &node->policy;
    fake_policy_install(policy, &node->relay.hooks, ASK_OPEN | ASK_JOIN);
    wire_join(node_connect(node), "verona");
    assert_int_equal(policy->opens, 1);
    assert_int_equal(policy->joins, 0);
    struct wire *juliet = node_connect_as(node, "{\"name\":\"juliet\"}");
    wire_join(juliet, "mantua");
    wire_join(juliet, "verona");
    assert_int_equal(policy->opens, 2);
    assert_int_equal(policy->joins, 1);
    assert_int_equal(policy->asked.client, 2);
    assert_int_equal(policy->asked.channels, 1);
    assert_string_equal(policy->asked.address, "192.0.2.2");
    assert_string_equal(policy->asked.identity, "{\"name\":\"juliet\"}");
    assert_string_equal(policy->asked.channel, "verona");
    assert_false(policy->asked.is_protected);
    assert_true(policy->asked.password_matches);
    node_free(node);
}

static void test_subscribe_open_policy_says_no_in_its_own_words_or_in_ours(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *wire = node_connect(node);
    fake_policy_install(&node->policy, &node->relay.hooks, ASK_OPEN);
    node->policy.open = verdict_no("not before noon");
    wire_subscribe(wire, "verona", NULL);
    assert_hears(wire, REFUSED("not before noon"));
    node->policy.open = verdict_no("");
    wire_subscribe(wire, "verona", NULL);
    assert_hears(wire, REFUSED("not allowed"));
    assert_null(node_channel(node, "verona"));
    assert_int_equal(node->relay.counters.channels_opened, 0);
    assert_int_equal(node->relay.counters.commands_failed, 2);
    assert_open(wire);
    node_free(node);
}

static void test_subscribe_policy_reason_is_escaped_in_the_answer(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *wire = node_connect(node);
    fake_policy_install(&node->policy, &node->relay.hooks, ASK_OPEN);
    node->policy.open = verdict_no("say \"please\"");
    wire_subscribe(wire, "verona", NULL);
    assert_hears(wire, REFUSED("say \\'please\\'"));
    node_free(node);
}

static void test_subscribe_join_policy_says_no_in_its_own_words_or_in_ours(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *romeo = node_connect(node), *juliet = node_connect(node);
    wire_join(romeo, "verona");
    fake_policy_install(&node->policy, &node->relay.hooks, ASK_JOIN);
    node->policy.join = verdict_no("banished");
    wire_subscribe(juliet, "verona", NULL);
    assert_hears(juliet, REFUSED("banished"));
    node->policy.join = verdict_no("");
    wire_subscribe(juliet, "verona", NULL);
    assert_hears(juliet, REFUSED("not allowed"));
    assert_int_equal(node_channel(node, "verona")->count, 1);
    assert_int_equal(node->relay.counters.passwords_refused, 0);
    node_free(node);
}

static void test_subscribe_join_policy_may_let_in_who_has_no_password(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *romeo = node_connect(node), *juliet = node_connect(node);
    wire_subscribe(romeo, "vault", "secret");
    node_hash(node);
    fake_policy_install(&node->policy, &node->relay.hooks, ASK_JOIN);
    node->policy.join = verdict_no("");
    wire_subscribe(juliet, "vault", NULL);
    assert_hears(juliet, REFUSED("invalid password"));
    assert_true(node->policy.asked.is_protected);
    assert_false(node->policy.asked.password_matches);
    node->policy.join = verdict_yes();
    wire_join(juliet, "vault");
    assert_int_equal(node_channel(node, "vault")->count, 2);
    node_free(node);
}

static void test_subscribe_name_is_matched_unescaped(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *wire = node_connect(node);
    wire_join(wire, "\\u0076erona");
    wire_join(node_connect(node), "verona");
    assert_int_equal(node_channel(node, "verona")->count, 2);
    node_free(node);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_subscribe_opens_a_channel_that_is_not_there),
        cmocka_unit_test(test_subscribe_joins_a_channel_that_is_there),
        cmocka_unit_test(test_subscribe_twice_is_ok_and_changes_nothing),
        cmocka_unit_test(test_subscribe_takes_the_channel_by_either_name),
        cmocka_unit_test(test_subscribe_100_channels_pass_and_101_fail),
        cmocka_unit_test(test_subscribe_without_a_password_where_one_is_needed_is_refused),
        cmocka_unit_test(test_subscribe_open_policy_is_asked_for_a_new_channel_alone),
        cmocka_unit_test(test_subscribe_open_policy_says_no_in_its_own_words_or_in_ours),
        cmocka_unit_test(test_subscribe_policy_reason_is_escaped_in_the_answer),
        cmocka_unit_test(test_subscribe_join_policy_says_no_in_its_own_words_or_in_ours),
        cmocka_unit_test(test_subscribe_join_policy_may_let_in_who_has_no_password),
        cmocka_unit_test(test_subscribe_name_is_matched_unescaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

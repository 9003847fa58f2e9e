/* test_handle_list.c — list: the own channels for one command, those of the node for more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "node.h"

#define LIST_NODE "{'command':'list','data':{'scope':'node'}}"

static void test_list_is_an_array_also_when_empty(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *wire = node_connect(node);
    wire_say(wire, "{'command':'list'}");
    assert_hears(wire, CHANNELS(""));
    wire_say(wire, LIST_NODE);
    assert_hears(wire, CHANNELS(""));
    node_free(node);
}

static void test_list_names_the_own_channels_alone(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *romeo = node_connect(node), *juliet = node_connect(node);
    wire_join(romeo, "verona");
    wire_join(juliet, "padua");
    wire_join(romeo, "man\\\"tua");
    wire_say(romeo, "{'command':'list','nonce':'n'}");
    assert_hears(romeo,
                 "{'type':'response','data':{'channels':['verona','man\\'tua']},'nonce':'n'}");
    wire_unsubscribe(romeo, "verona");
    assert_hears(romeo, OK);
    wire_say(romeo, "{'command':'list','data':{'scope':'mine'}}");
    assert_hears(romeo, CHANNELS("'man\\'tua'"));
    node_free(node);
}

static void test_list_of_own_channels_asks_no_policy(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *wire = node_connect(node);
    fake_policy_install(&node->policy, &node->relay.hooks, ASK_LIST);
    node->policy.hidden = "verona";
    wire_join(wire, "verona");
    wire_say(wire, "{'command':'list'}");
    assert_hears(wire, CHANNELS("'verona'"));
    assert_int_equal(node->policy.lists, 0);
    node_free(node);
}

static void test_list_of_the_node_names_all_without_a_policy_oldest_first(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *romeo = node_connect(node), *juliet = node_connect(node);
    wire_join(romeo, "verona");
    wire_join(juliet, "padua");
    wire_join(romeo, "mantua");
    wire_say(juliet, LIST_NODE);
    assert_hears(juliet, CHANNELS("'verona','padua','mantua'"));
    node_free(node);
}

static void test_list_of_the_node_hides_what_the_policy_hides(void **state)
{
    (void)state;
    static const char *const answers[][2] = {
        {"verona", CHANNELS("'padua','mantua'")},
        {"padua", CHANNELS("'verona','mantua'")},
        {"mantua", CHANNELS("'verona','padua'")},
    };
    struct node *node = node_new();
    struct wire *wire = node_connect(node);
    wire_join(wire, "verona");
    wire_join(wire, "padua");
    wire_join(wire, "mantua");
    fake_policy_install(&node->policy, &node->relay.hooks, ASK_LIST);
    for (size_t i = 0; i < 3; i++) {
        node->policy.hidden = answers[i][0];
        wire_say(wire, LIST_NODE);
        assert_hears(wire, answers[i][1]);
    }
    assert_int_equal(node->policy.lists, 9);
    node_free(node);
}

static void test_list_of_the_node_tells_the_policy_who_asks_and_what_about(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *owner = node_connect(node);
    struct wire *wire = node_connect_as(node, "{\"name\":\"juliet\"}");
    wire_join(owner, "open");
    fake_policy_install(&node->policy, &node->relay.hooks, ASK_LIST);
    wire_say(wire, LIST_NODE);
    assert_int_equal(node->policy.asked.client, 2);
    assert_string_equal(node->policy.asked.identity, "{\"name\":\"juliet\"}");
    assert_string_equal(node->policy.asked.channel, "open");
    assert_false(node->policy.asked.is_protected);
    wire_subscribe(owner, "vault", "secret");
    node_hash(node);
    wire_say(wire, LIST_NODE);
    assert_string_equal(node->policy.asked.channel, "vault");
    assert_true(node->policy.asked.is_protected);
    node_free(node);
}

static void open_channels(struct node *node, unsigned count)
{
    struct wire *wire = node_connect(node);
    wire->client->limits.channels_per_client = count;
    for (unsigned i = 0; i < count; i++) {
        wire_say(wire, "{'command':'subscribe','data':{'topic':'%u'}}", i);
        assert_hears(wire, OK);
    }
}

static unsigned names_in(const char *text)
{
    unsigned commas = 0;
    for (const char *at = strchr(text, '['); *at && *at != ']'; at++)
        commas += *at == ',';
    return commas + 1;
}

static void test_list_of_the_node_stops_after_2000_channels(void **state)
{
    (void)state;
    for (unsigned channels = 2000; channels <= 2001; channels++) {
        struct node *node = node_new();
        open_channels(node, channels);
        fake_policy_install(&node->policy, &node->relay.hooks, ASK_LIST);
        struct wire *wire = node_connect(node);
        wire_say(wire, LIST_NODE);
        const char *text = wire_hear(wire);
        assert_int_equal(names_in(text), 2000);
        assert_non_null(strstr(text, "\"1999\""));
        assert_null(strstr(text, "\"2000\""));
        assert_int_equal(node->policy.lists, 2000);
        node_free(node);
    }
}

/* 40 channels cost two messages, and the command itself one. */
static void test_list_of_the_node_costs_one_for_20_channels(void **state)
{
    (void)state;
    struct node *node = node_new();
    open_channels(node, 40);
    node->relay.limits.messages_per_second = 1;
    node->relay.limits.burst = 9;
    struct wire *wire = node_connect(node);
    for (int i = 0; i < 3; i++) {
        wire_say(wire, LIST_NODE);
        assert_int_equal(names_in(wire_hear(wire)), 40);
    }
    wire_say(wire, LIST_NODE);
    assert_hears(wire, REFUSED("rate limited"));
    node_free(node);
}

static void
test_list_of_the_node_that_costs_more_than_is_left_is_refused_and_asks_nothing(void **state)
{
    (void)state;
    struct node *node = node_new();
    open_channels(node, 41);
    node->relay.limits.messages_per_second = 1;
    node->relay.limits.burst = 3;
    fake_policy_install(&node->policy, &node->relay.hooks, ASK_LIST);
    struct wire *wire = node_connect(node);
    wire_say(wire, "{'command':'list'}");
    assert_hears(wire, CHANNELS(""));
    wire_say(wire, "{'command':'list','data':{'scope':'node'},'nonce':1}");
    assert_hears(wire, "{'type':'response','data':{'ok':false,'reason':'rate limited'},'nonce':1}");
    assert_int_equal(node->policy.lists, 0);
    wire_say(wire, "{'command':'list'}"); /* the refusal cost the command alone */
    assert_hears(wire, CHANNELS(""));
    wire_say(wire, "{'command':'list'}");
    assert_hears(wire, REFUSED("rate limited"));
    node_free(node);
}

static void test_list_of_the_node_that_is_refused_is_counted_as_limited(void **state)
{
    (void)state;
    struct node *node = node_new();
    open_channels(node, 41);
    node->relay.limits.messages_per_second = 1;
    node->relay.limits.burst = 3;
    struct wire *wire = node_connect(node);
    wire_say(wire, "{'command':'list'}");
    assert_hears(wire, CHANNELS(""));
    wire_say(wire, LIST_NODE);
    assert_hears(wire, REFUSED("rate limited"));
    assert_int_equal(node->relay.counters.commands_limited, 1);
    node_free(node);
}

static void test_list_of_the_node_is_paid_by_a_full_burst_whatever_it_costs(void **state)
{
    (void)state;
    struct node *node = node_new();
    open_channels(node, 41);
    node->relay.limits.messages_per_second = 1;
    node->relay.limits.burst = 2;
    struct wire *wire = node_connect(node);
    wire_say(wire, LIST_NODE);
    assert_int_equal(names_in(wire_hear(wire)), 41);
    wire_say(wire, LIST_NODE);
    assert_hears(wire, REFUSED("rate limited"));
    node_free(node);
}

static void test_list_of_the_node_never_costs_more_than_2000_channels(void **state)
{
    (void)state;
    struct node *node = node_new();
    open_channels(node, 2100);
    node->relay.limits.messages_per_second = 1;
    node->relay.limits.burst = 101;
    struct wire *wire = node_connect(node);
    wire_say(wire, LIST_NODE);
    assert_int_equal(names_in(wire_hear(wire)), 2000);
    node_free(node);
}

static void test_list_of_own_channels_costs_a_command_alone(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *wire = node_connect(node);
    for (unsigned i = 0; i < 100; i++) {
        wire_say(wire, "{'command':'subscribe','data':{'topic':'%u'}}", i);
        assert_hears(wire, OK);
    }
    node->relay.limits.messages_per_second = 1;
    node->relay.limits.burst = 1;
    node_limits_changed(node);
    wire_say(wire, "{'command':'list'}");
    assert_int_equal(names_in(wire_hear(wire)), 100);
    node_free(node);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list_is_an_array_also_when_empty),
        cmocka_unit_test(test_list_names_the_own_channels_alone),
        cmocka_unit_test(test_list_of_own_channels_asks_no_policy),
        cmocka_unit_test(test_list_of_the_node_names_all_without_a_policy_oldest_first),
        cmocka_unit_test(test_list_of_the_node_hides_what_the_policy_hides),
        cmocka_unit_test(test_list_of_the_node_tells_the_policy_who_asks_and_what_about),
        cmocka_unit_test(test_list_of_the_node_stops_after_2000_channels),
        cmocka_unit_test(test_list_of_the_node_costs_one_for_20_channels),
        cmocka_unit_test(
            test_list_of_the_node_that_costs_more_than_is_left_is_refused_and_asks_nothing),
        cmocka_unit_test(test_list_of_the_node_is_paid_by_a_full_burst_whatever_it_costs),
        cmocka_unit_test(test_list_of_the_node_never_costs_more_than_2000_channels),
        cmocka_unit_test(test_list_of_own_channels_costs_a_command_alone),
        cmocka_unit_test(test_list_of_the_node_that_is_refused_is_counted_as_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_rescope.c — after a reload the routing policy is asked again about every open channel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "node.h"
#include "relay/rescope.h"
#include "relay/uplink.h"

#define LOST                                                                                       \
    "{'type':'unsubscribed','data':{'channel':'verona','reason':'channel already reserved'}}"

/* The network: counts, and answers what the test says. */
static struct network {
    struct uplink uplink;
    enum uplink_answer answer;
    unsigned opens, releases;
} network;

static struct node *node;
static struct wire *wire;

static bool is_reserved(void *context, const char *name, size_t len, struct password_hash *hash)
{
    (void)context, (void)name, (void)len, (void)hash;
    return false;
}

static enum uplink_answer on_open(void *context, const char *name, size_t len,
                                  struct password_hash *hash)
{
    (void)context, (void)name, (void)len, (void)hash;
    network.opens++;
    return network.answer;
}

static void on_release(void *context, const char *name, size_t len)
{
    (void)context, (void)name, (void)len;
    network.releases++;
}

static int on_publish(void *context, const struct channel *channel, const struct json_span *message,
                      const struct json_span *nonce)
{
    (void)context, (void)channel, (void)message, (void)nonce;
    return 0;
}

/* A node whose policy scopes channels so, with one that is open. */
static void open_with(enum scope_kind scope)
{
    node->policy.scope = scope;
    node->policy.scope_node = "mantua";
    wire = node_connect(node);
    wire_join(wire, "verona");
    network.opens = network.releases = 0;
}

static void ask_again(enum scope_kind scope)
{
    node->policy.scope = scope;
    rescope_begin(&node->relay);
    while (rescope_some(&node->relay, 1))
        ;
}

static int setup(void **state)
{
    (void)state;
    node = node_new();
    network = (struct network){.answer = UPLINK_OPENS};
    network.uplink = (struct uplink){&network, is_reserved, on_open, on_release, on_publish};
    relay_join(&node->relay, &network.uplink);
    fake_policy_install(&node->policy, &node->relay.hooks, ASK_SCOPE);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    node_free(node);
    return 0;
}

static void test_rescope_what_stays_the_same_asks_nobody_in_the_network(void **state)
{
    (void)state;
    open_with(SCOPE_NETWORK);
    ask_again(SCOPE_NETWORK);
    assert_int_equal(network.opens + network.releases, 0);
    assert_int_equal(node_channel(node, "verona")->scope.kind, SCOPE_NETWORK);
}

static void test_rescope_to_the_node_frees_the_name(void **state)
{
    (void)state;
    open_with(SCOPE_NETWORK);
    ask_again(SCOPE_NODE);
    assert_int_equal(network.releases, 1);
    assert_int_equal(node_channel(node, "verona")->scope.kind, SCOPE_NODE);
    assert_silent(wire);
}

static void test_rescope_to_a_list_takes_its_nodes(void **state)
{
    (void)state;
    open_with(SCOPE_NETWORK);
    ask_again(SCOPE_LIST);
    assert_string_equal(node_channel(node, "verona")->scope.nodes.bytes, "mantua");
    ask_again(SCOPE_NETWORK);
    assert_null(node_channel(node, "verona")->scope.nodes.bytes);
    assert_int_equal(network.opens + network.releases, 0);
}

static void test_rescope_to_the_network_claims_the_name(void **state)
{
    (void)state;
    open_with(SCOPE_NODE);
    ask_again(SCOPE_NETWORK);
    assert_int_equal(network.opens, 1);
    assert_int_equal(node_channel(node, "verona")->scope.kind, SCOPE_NETWORK);
    assert_silent(wire);
}

static void test_rescope_to_the_network_where_another_has_the_name_loses_it(void **state)
{
    (void)state;
    open_with(SCOPE_NODE);
    network.answer = UPLINK_REFUSES;
    ask_again(SCOPE_NETWORK);
    assert_null(node_channel(node, "verona"));
    assert_hears(wire, LOST);
}

static void test_rescope_goes_on_when_the_next_channel_closes_meanwhile(void **state)
{
    (void)state;
    char name[32];
    open_with(SCOPE_NODE);
    for (int i = 0; i < 5; i++) {
        snprintf(name, sizeof(name), "street-%d", i);
        wire_join(wire, name);
    }
    unsigned before = node->policy.scopes;
    rescope_begin(&node->relay);
    assert_true(rescope_some(&node->relay, 2));
    wire_unsubscribe(wire, "street-1"); /* the next one */
    wire_unsubscribe(wire, "verona");   /* one that was asked about */
    assert_false(rescope_some(&node->relay, 10));
    assert_int_equal(node->policy.scopes - before, 5);
}

static void test_rescope_without_a_network_asks_nobody(void **state)
{
    (void)state;
    open_with(SCOPE_NODE);
    node->relay.uplink = NULL;
    unsigned before = node->policy.scopes;
    rescope_begin(&node->relay);
    assert_false(rescope_some(&node->relay, 10));
    assert_int_equal(node->policy.scopes, before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(test_rescope_what_stays_the_same_asks_nobody_in_the_network),
        TEST(test_rescope_to_the_node_frees_the_name),
        TEST(test_rescope_to_a_list_takes_its_nodes),
        TEST(test_rescope_to_the_network_claims_the_name),
        TEST(test_rescope_to_the_network_where_another_has_the_name_loses_it),
        TEST(test_rescope_goes_on_when_the_next_channel_closes_meanwhile),
        TEST(test_rescope_without_a_network_asks_nobody),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_uplink.c — a channel that the network is asked about: who waits, who leaves meanwhile, and
 * what all of them hear. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "node.h"
#include "relay/fanout.h"
#include "relay/uplink.h"

#define UNSUBSCRIBED                                                                               \
    "{'type':'unsubscribed','data':{'channel':'verona','reason':'channel already reserved'}}"

/* The network, which answers what the test says. */
static struct network {
    struct uplink uplink;
    struct node *node;
    enum uplink_answer answer;
    bool is_reserved;
    struct password_hash reserved;
    unsigned opens, releases, published;
    char released[64], published_to[64];
    struct password_hash published_password;
    int publish_fails;
} network;

static bool is_reserved(void *context, const char *name, size_t name_len,
                        struct password_hash *hash)
{
    (void)context;
    (void)name;
    (void)name_len;
    *hash = network.reserved;
    return network.is_reserved;
}

static enum uplink_answer on_open(void *context, const char *name, size_t name_len,
                                  struct password_hash *hash)
{
    (void)context;
    (void)name;
    (void)name_len;
    (void)hash;
    network.opens++;
    return network.answer;
}

static void on_release(void *context, const char *name, size_t name_len)
{
    (void)context;
    network.releases++;
    memcpy(network.released, name, name_len);
    network.released[name_len] = '\0';
    assert_int_equal(relay_subscribers(&network.node->relay, (struct text){name, name_len}), 0);
}

static int on_publish(void *context, const struct channel *channel, const struct json_span *message,
                      const struct json_span *nonce)
{
    (void)context;
    (void)message;
    (void)nonce;
    network.published++;
    network.published_password = channel->password;
    memcpy(network.published_to, channel->name, channel->name_len);
    network.published_to[channel->name_len] = '\0';
    return network.publish_fails;
}

static int setup(void **state)
{
    (void)state;
    network = (struct network){
        .uplink = {.is_reserved = is_reserved,
                   .open = on_open,
                   .release = on_release,
                   .publish = on_publish},
        .node = node_new(),
        .answer = UPLINK_WAITS,
    };
    network.node->relay.uplink = &network.uplink;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    node_free(network.node);
    return 0;
}

static const struct text verona = {"verona", 6};
static const struct password_hash no_password;

static struct wire *asks(void)
{
    struct wire *wire = node_connect(network.node);
    wire_subscribe(wire, "verona", NULL);
    assert_silent(wire);
    assert_true(wire->is_paused);
    return wire;
}

static void test_uplink_a_channel_that_opens_at_once_is_open(void **state)
{
    (void)state;
    network.answer = UPLINK_OPENS;
    struct wire *wire = node_connect(network.node);
    wire_join(wire, "verona");
    assert_int_equal(wire->pauses, 0);
    wire_unsubscribe(wire, "verona");
    assert_int_equal(network.releases, 1);
    assert_string_equal(network.released, "verona");
}

static void test_uplink_all_who_wait_hear_that_it_opened(void **state)
{
    (void)state;
    struct wire *wires[] = {asks(), asks(), asks()};
    assert_int_equal(relay_subscribers(&network.node->relay, verona), 3);
    assert_null(node_channel(network.node, "verona"));
    relay_opened(&network.node->relay, verona, &no_password);
    for (unsigned i = 0; i < 3; i++) {
        assert_hears(wires[i], OK);
        assert_silent(wires[i]);
        assert_false(wires[i]->is_paused);
    }
    assert_int_equal(node_channel(network.node, "verona")->count, 3);
    assert_null(network.node->relay.openings.head);
    assert_int_equal(network.releases, 0);
}

static void test_uplink_all_who_wait_hear_that_it_did_not(void **state)
{
    (void)state;
    struct wire *one = asks(), *other = asks();
    relay_refused(&network.node->relay, verona, REASON_INVALID_PASSWORD);
    assert_hears(one, REFUSED("invalid password"));
    assert_hears(other, REFUSED("invalid password"));
    assert_false(one->is_paused);
    assert_null(network.node->relay.openings.head);
    assert_int_equal(network.releases, 0);
}

static void test_uplink_one_with_a_password_waits_twice(void **state)
{
    (void)state;
    struct wire *wire = node_connect(network.node);
    wire_subscribe(wire, "verona", "capulet");
    assert_true(wire->is_paused);
    node_hash_all(network.node);
    assert_silent(wire);
    assert_true(wire->is_paused);
    struct password_hash hash;
    assert_int_equal(password_hash_compute(&hash, "capulet", 7, "verona", 6), 0);
    relay_opened(&network.node->relay, verona, &hash);
    assert_hears(wire, OK);
    assert_false(wire->is_paused);
    assert_true(node_channel(network.node, "verona")->password.is_set);
}

static void test_uplink_the_last_one_who_leaves_gives_the_name_back(void **state)
{
    (void)state;
    struct wire *one = asks(), *other = asks();
    wire_gone(one);
    assert_int_equal(network.releases, 0);
    client_close(other->client, 1008, "test");
    assert_int_equal(network.releases, 1);
    wire_gone(other);
    assert_int_equal(network.releases, 1);
    relay_opened(&network.node->relay, verona, &no_password); /* too late: nobody is there */
    assert_null(node_channel(network.node, "verona"));
}

static void test_uplink_one_who_leaves_does_not_hold_up_the_others(void **state)
{
    (void)state;
    struct wire *first = asks(), *middle = asks(), *last = asks();
    wire_gone(middle);
    relay_opened(&network.node->relay, verona, &no_password);
    assert_hears(first, OK);
    assert_hears(last, OK);
    assert_int_equal(node_channel(network.node, "verona")->count, 2);
}

static void test_uplink_a_refusal_by_the_network_is_heard(void **state)
{
    (void)state;
    struct wire *wire = node_connect(network.node);
    network.answer = UPLINK_REFUSES;
    wire_subscribe(wire, "verona", NULL);
    assert_hears(wire, REFUSED("invalid password"));
    network.answer = UPLINK_BUSY;
    wire_subscribe(wire, "verona", NULL);
    assert_hears(wire, REFUSED("busy"));
    assert_int_equal(network.releases, 0);
}

static void test_uplink_a_reserved_name_with_another_password_is_not_asked_about(void **state)
{
    (void)state;
    network.is_reserved = true;
    network.reserved.is_set = true;
    struct wire *wire = node_connect(network.node);
    wire_subscribe(wire, "verona", NULL);
    assert_hears(wire, REFUSED("invalid password"));
    assert_int_equal(network.opens, 0);
    assert_int_equal(network.node->relay.counters.passwords_refused, 1);
}

static void test_uplink_the_policy_is_asked_before_the_network(void **state)
{
    (void)state;
    struct fake_policy *policy = &network.node->policy;
    fake_policy_install(policy, &network.node->relay.hooks, ASK_OPEN);
    policy->open = verdict_no("closed on mondays");
    struct wire *wire = node_connect(network.node);
    wire_subscribe(wire, "verona", NULL);
    assert_hears(wire, REFUSED("closed on mondays"));
    assert_int_equal(network.opens, 0);
}

static void test_uplink_a_lost_channel_is_closed_for_all(void **state)
{
    (void)state;
    network.answer = UPLINK_OPENS;
    struct wire *one = node_connect(network.node), *other = node_connect(network.node);
    wire_join(one, "verona");
    wire_join(other, "verona");
    wire_join(one, "mantua");
    relay_lost(&network.node->relay, verona);
    assert_hears(one, UNSUBSCRIBED);
    assert_hears(other, UNSUBSCRIBED);
    assert_null(node_channel(network.node, "verona"));
    assert_non_null(node_channel(network.node, "mantua"));
    assert_int_equal(network.releases, 0);
    relay_lost(&network.node->relay, verona);
    assert_silent(one);
}

static void test_uplink_a_message_goes_out_and_comes_in(void **state)
{
    (void)state;
    network.answer = UPLINK_OPENS;
    struct wire *one = node_connect(network.node), *other = node_connect(network.node);
    wire_join(one, "verona");
    wire_join(other, "verona");
    wire_send(one, "verona", "1");
    assert_int_equal(network.published, 1);
    assert_hears(other, MESSAGE("1", "verona"));
    assert_hears(one, OK);
    struct json_span message = {"2", 1, JSON_NUMBER}, no_nonce = {.kind = JSON_ABSENT};
    assert_int_equal(relay_deliver(&network.node->relay, node_channel(network.node, "verona"),
                                   &message, &no_nonce),
                     0);
    assert_hears(one, MESSAGE("2", "verona"));
    assert_hears(other, MESSAGE("2", "verona"));
    assert_int_equal(network.published, 1);
}

/* A relay that was alone until now, with two channels. */
static void join_late(struct wire **one, struct wire **other)
{
    struct relay *relay = &network.node->relay;
    relay->uplink = NULL;
    *one = node_connect(network.node);
    *other = node_connect(network.node);
    wire_join(*one, "verona");
    wire_join(*other, "verona");
    wire_join(*other, "mantua");
    network.opens = 0;
    relay_join(relay, &network.uplink);
    assert_int_equal(network.opens, 2);
}

static void test_uplink_channels_from_before_are_claimed(void **state)
{
    (void)state;
    struct wire *one, *other;
    network.answer = UPLINK_OPENS;
    join_late(&one, &other);
    assert_silent(one);
    relay_join(&network.node->relay, &network.uplink);
    assert_int_equal(network.opens, 2);
    wire_unsubscribe(other, "mantua");
    assert_int_equal(network.releases, 1);
}

static void test_uplink_channels_from_before_whose_names_are_taken_are_lost(void **state)
{
    (void)state;
    struct wire *one, *other;
    network.answer = UPLINK_REFUSES;
    join_late(&one, &other);
    assert_hears(one, UNSUBSCRIBED);
    assert_hears(other, UNSUBSCRIBED);
    assert_int_equal(channel_table_count(&network.node->relay.channels), 0);
    assert_int_equal(network.releases, 0);
}

static void test_uplink_a_channel_from_before_that_is_voted_down_is_lost(void **state)
{
    (void)state;
    struct wire *one, *other;
    network.answer = UPLINK_WAITS;
    join_late(&one, &other);
    assert_silent(one);
    relay_opened(&network.node->relay, (struct text){"mantua", 6}, &no_password);
    relay_refused(&network.node->relay, verona, REASON_INVALID_PASSWORD);
    assert_hears(one, UNSUBSCRIBED);
    assert_non_null(node_channel(network.node, "mantua"));
}

static int publish_hi(void)
{
    const struct json_span message = {"\"hi\"", 4, JSON_STRING};
    return relay_publish(&network.node->relay, verona, &message);
}

static void test_uplink_a_message_to_a_channel_that_is_open_elsewhere_goes_out(void **state)
{
    (void)state;
    network.is_reserved = true;
    network.reserved.is_set = true;
    network.reserved.bytes[3] = 7;
    assert_int_equal(publish_hi(), 0);
    assert_int_equal(network.published, 1);
    assert_string_equal(network.published_to, "verona");
    assert_true(password_hash_equals(&network.published_password, &network.reserved));
    assert_int_equal(channel_table_count(&network.node->relay.channels), 0);
    assert_int_equal(network.opens + network.releases, 0);
}

static void test_uplink_a_message_to_a_channel_that_is_open_nowhere_is_refused(void **state)
{
    (void)state;
    assert_int_equal(publish_hi(), RELAY_EINVAL);
    assert_int_equal(network.published, 0);
    network.node->relay.uplink = NULL;
    assert_int_equal(publish_hi(), RELAY_EINVAL);
}

static void test_uplink_a_message_that_the_network_refuses_reaches_nobody(void **state)
{
    (void)state;
    network.is_reserved = true;
    network.publish_fails = RELAY_EFULL;
    assert_int_equal(publish_hi(), RELAY_EFULL);
    network.answer = UPLINK_OPENS;
    struct wire *wire = node_connect(network.node);
    wire_join(wire, "verona");
    assert_int_equal(publish_hi(), RELAY_EFULL);
    assert_silent(wire);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_uplink_##name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_channel_that_opens_at_once_is_open),
        TEST(all_who_wait_hear_that_it_opened),
        TEST(all_who_wait_hear_that_it_did_not),
        TEST(one_with_a_password_waits_twice),
        TEST(the_last_one_who_leaves_gives_the_name_back),
        TEST(one_who_leaves_does_not_hold_up_the_others),
        TEST(a_refusal_by_the_network_is_heard),
        TEST(a_reserved_name_with_another_password_is_not_asked_about),
        TEST(the_policy_is_asked_before_the_network),
        TEST(a_lost_channel_is_closed_for_all),
        TEST(a_message_goes_out_and_comes_in),
        TEST(channels_from_before_are_claimed),
        TEST(channels_from_before_whose_names_are_taken_are_lost),
        TEST(a_channel_from_before_that_is_voted_down_is_lost),
        TEST(a_message_to_a_channel_that_is_open_elsewhere_goes_out),
        TEST(a_message_to_a_channel_that_is_open_nowhere_is_refused),
        TEST(a_message_that_the_network_refuses_reaches_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

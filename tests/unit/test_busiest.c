/* test_busiest.c — the channels with the most messages in the last 60 s, out of all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "dice.h"
#include "node.h"
#include "relay/busiest.h"

#define MANY 60

static struct node *node;
static struct wire *wire;
static struct busy_channel found[MANY];

static int setup(void **state)
{
    (void)state;
    node = node_new();
    wire = node_connect(node);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    node_free(node);
    return 0;
}

static void open_channel(const char *name, unsigned messages)
{
    wire_subscribe(wire, name, NULL);
    while (messages-- > 0)
        wire_send(wire, name, "1");
    wire_hear_all(wire);
}

static size_t find(size_t most)
{
    return busiest_find(&node->relay.channels, node->now_ms, found, most);
}

static void test_busiest_come_in_their_order_and_no_more_than_asked_for(void **state)
{
    (void)state;
    open_channel("some", 2);
    open_channel("none", 0);
    open_channel("most", 3);
    open_channel("few", 1);
    assert_int_equal(find(2), 2);
    assert_string_equal(found[0].channel->name, "most");
    assert_int_equal(found[0].messages, 3);
    assert_string_equal(found[1].channel->name, "some");
    assert_int_equal(find(MANY), 4);
    assert_string_equal(found[3].channel->name, "none");
    assert_int_equal(find(0), 0);
}

static void test_busiest_of_equals_is_the_one_with_more_subscribers(void **state)
{
    (void)state;
    open_channel("one", 1);
    open_channel("two", 1);
    wire_join(node_connect(node), "two");
    assert_int_equal(find(1), 1);
    assert_string_equal(found[0].channel->name, "two");
}

static void test_busiest_forget_after_a_minute_what_the_channel_s_count_keeps(void **state)
{
    (void)state;
    open_channel("before", 5);
    node_pass_ms(node, 62000);
    open_channel("now", 1);
    assert_int_equal(find(2), 2);
    assert_string_equal(found[0].channel->name, "now");
    assert_int_equal(found[1].messages, 0);
    assert_int_equal(found[1].channel->messages, 5);
    assert_int_equal(found[1].channel->message_bytes, 5);
}

static void test_busiest_any_number_out_of_many_is_the_top_of_them(void **state)
{
    (void)state;
    struct dice dice = {7};
    unsigned counts[MANY];
    for (unsigned i = 0; i < MANY; i++) {
        char name[8];
        snprintf(name, sizeof name, "c%u", i);
        counts[i] = (unsigned)dice_roll(&dice, 20);
        open_channel(name, counts[i]);
    }
    for (size_t most = 1; most <= MANY; most++) {
        assert_int_equal(find(most), most);
        for (size_t i = 1; i < most; i++)
            assert_true(found[i - 1].messages >= found[i].messages);
        size_t busier = 0;
        for (unsigned i = 0; i < MANY; i++)
            busier += counts[i] > found[most - 1].messages;
        assert_true(busier < most);
    }
}

#define BUSIEST_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BUSIEST_TEST(test_busiest_come_in_their_order_and_no_more_than_asked_for),
        BUSIEST_TEST(test_busiest_of_equals_is_the_one_with_more_subscribers),
        BUSIEST_TEST(test_busiest_forget_after_a_minute_what_the_channel_s_count_keeps),
        BUSIEST_TEST(test_busiest_any_number_out_of_many_is_the_top_of_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

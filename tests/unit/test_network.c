/* test_network.c — simulated links: first in, first out, and cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "sim/network.h"

struct fixture {
    struct event_queue events;
    struct chance chance;
    struct network *network;
    unsigned ups, downs, arrivals;
    unsigned slot[8]; /* by node, of the link that came up last */
    unsigned last_node;
    char texts[256]; /* all that arrived */
};

static void up(void *context, unsigned node, unsigned slot, unsigned peer)
{
    struct fixture *fixture = context;
    (void)peer;
    fixture->ups++;
    fixture->slot[node] = slot;
}

static void down(void *context, unsigned node, unsigned slot)
{
    struct fixture *fixture = context;
    (void)slot;
    fixture->downs++;
    fixture->last_node = node;
}

static void arrive(void *context, unsigned node, unsigned slot, const char *text, size_t len)
{
    struct fixture *fixture = context;
    (void)slot;
    fixture->arrivals++;
    fixture->last_node = node;
    strncat(fixture->texts, text, len);
}

/* Four nodes, one in each of four regions. */
static int set_up(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){.chance = {42}};
    struct network_owner owner = {&fixture, up, down, arrive};
    fixture.network = network_new(&fixture.events, &fixture.chance, owner);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(network_add_node(fixture.network, i), i);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    network_free(fixture->network);
    event_queue_deinit(&fixture->events);
    return 0;
}

static void send_text(struct fixture *fixture, unsigned node, const char *text)
{
    network_send(fixture->network, node, fixture->slot[node], text, strlen(text));
}

static void run_ms(struct fixture *fixture, uint64_t ms)
{
    event_queue_run(&fixture->events, fixture->events.now_us + ms * 1000);
}

static void test_network_link_tells_both_ends(void **state)
{
    struct fixture *fixture = *state;
    network_link(fixture->network, 0, 1);
    network_link(fixture->network, 1, 0); /* stands already */
    network_link(fixture->network, 2, 2);
    assert_int_equal(fixture->ups, 2);
    assert_true(network_is_linked(fixture->network, 1, 0));
    assert_false(network_is_linked(fixture->network, 1, 2));
}

static void test_network_text_takes_the_delay_of_the_regions(void **state)
{
    struct fixture *fixture = *state;
    network_link(fixture->network, 0, 1);
    send_text(fixture, 0, "a");
    run_ms(fixture, network_delay_us(fixture->network, 0, 1) / 1000 - 1);
    assert_int_equal(fixture->arrivals, 0);
    run_ms(fixture, network_delay_us(fixture->network, 0, 1) / 10000 + 1);
    assert_int_equal(fixture->arrivals, 1);
    assert_int_equal(fixture->last_node, 1);
}

static void test_network_link_keeps_the_order(void **state)
{
    struct fixture *fixture = *state;
    char text[2] = "a", want[27] = {0};
    network_link(fixture->network, 0, 1);
    for (unsigned i = 0; i < 26; i++, text[0]++) {
        want[i] = text[0];
        send_text(fixture, 0, text);
        run_ms(fixture, 1);
    }
    run_ms(fixture, 1000);
    assert_string_equal(fixture->texts, want);
}

static void test_network_cut_loses_what_is_under_way_and_tells_later(void **state)
{
    struct fixture *fixture = *state;
    network_link(fixture->network, 0, 1);
    send_text(fixture, 0, "a");
    assert_true(network_cut(fixture->network, 0, 1, 500));
    assert_false(network_cut(fixture->network, 0, 1, 500));
    send_text(fixture, 1, "b"); /* into the void */
    run_ms(fixture, 499);
    assert_int_equal(fixture->downs, 0);
    run_ms(fixture, 1);
    assert_int_equal(fixture->downs, 2);
    assert_int_equal(fixture->arrivals, 0);
}

static void test_network_slot_is_used_again_after_the_end_was_told(void **state)
{
    struct fixture *fixture = *state;
    network_link(fixture->network, 0, 1);
    network_cut(fixture->network, 0, 1, 500);
    network_link(fixture->network, 0, 1);
    assert_int_equal(fixture->slot[0], 1);
    run_ms(fixture, 500);
    network_link(fixture->network, 0, 2);
    assert_int_equal(fixture->slot[0], 0);
}

static void test_network_crash_tells_the_neighbours_alone(void **state)
{
    struct fixture *fixture = *state;
    network_link(fixture->network, 0, 1);
    network_crash(fixture->network, 0, 100);
    run_ms(fixture, 100);
    assert_int_equal(fixture->downs, 1);
    assert_int_equal(fixture->last_node, 1);
}

static void test_network_rate_makes_texts_wait(void **state)
{
    struct fixture *fixture = *state;
    network_link(fixture->network, 0, 1);
    network_limit(fixture->network, 0, 1, 1);
    send_text(fixture, 0, "0123456789");
    assert_int_equal(network_queued(fixture->network, 0, fixture->slot[0]), 10);
    run_ms(fixture, 4);
    assert_int_equal(network_queued(fixture->network, 0, fixture->slot[0]), 6);
    assert_int_equal(network_queued(fixture->network, 1, fixture->slot[1]), 0);
    run_ms(fixture, 6);
    assert_int_equal(network_queued(fixture->network, 0, fixture->slot[0]), 0);
}

static void test_network_peers_are_those_of_links_that_stood_long_enough(void **state)
{
    struct fixture *fixture = *state;
    unsigned peers[4];
    network_link(fixture->network, 0, 1);
    run_ms(fixture, 50);
    network_link(fixture->network, 0, 2);
    assert_int_equal(network_peers(fixture->network, 0, 0, peers, 4), 2);
    assert_int_equal(network_peers(fixture->network, 0, 50, peers, 4), 1);
    assert_int_equal(peers[0], 1);
    assert_int_equal(network_peers(fixture->network, 0, 51, peers, 4), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_network_link_tells_both_ends),
        TEST(test_network_text_takes_the_delay_of_the_regions),
        TEST(test_network_link_keeps_the_order),
        TEST(test_network_cut_loses_what_is_under_way_and_tells_later),
        TEST(test_network_slot_is_used_again_after_the_end_was_told),
        TEST(test_network_crash_tells_the_neighbours_alone),
        TEST(test_network_rate_makes_texts_wait),
        TEST(test_network_peers_are_those_of_links_that_stood_long_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

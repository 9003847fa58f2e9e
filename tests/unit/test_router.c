/* test_router.c — the way of a packet to one node, and how the origin tries again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "spread/router.h"
#include "tree_fixture.h"

struct fixture {
    struct tree_fixture tree;
    struct router router;
    unsigned direct; /* the link to milan */
    unsigned chosen; /* the policy's link */
    uint32_t went;   /* a bit for each link that a packet went to */
};

static void forward(void *context, unsigned link, struct packet *packet)
{
    struct fixture *fixture = context;
    (void)packet;
    fixture->went |= 1u << link;
}

static unsigned direct(void *context, struct text node)
{
    const struct fixture *fixture = context;
    return node.len == 5 && memcmp(node.at, "milan", 5) == 0 ? fixture->direct : LINK_NONE;
}

static unsigned choose(void *context, struct text destination)
{
    (void)destination;
    return ((const struct fixture *)context)->chosen;
}

static uint64_t read_ms(void *context)
{
    return ((const struct fixture *)context)->tree.now_ms;
}

static int set_up(void **state)
{
    static struct fixture fixture;
    struct router_owner owner = {.context = &fixture, .forward = forward, .direct = direct};
    fixture = (struct fixture){.direct = LINK_NONE, .chosen = LINK_NONE};
    tree_fixture_init(&fixture.tree);
    router_init(&fixture.router, &owner, (struct clock){read_ms, &fixture}, fixture.tree.tree,
                TEXT("self"));
    links_up(&fixture.tree, 0, 4);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    tree_fixture_deinit(&((struct fixture *)*state)->tree);
    return 0;
}

static struct packet *make(const char *source, const char *destination, const char *nonce)
{
    struct packet_head head = {INM_COMMAND,
                               {source, strlen(source)},
                               {destination, strlen(destination)},
                               {nonce, strlen(nonce)}};
    struct packet *packet = packet_new(&head, "{}", 2);
    assert_non_null(packet);
    return packet;
}

static enum route_verdict receive(struct fixture *fixture, unsigned link, const char *source,
                                  const char *destination, const char *nonce)
{
    struct packet *packet = make(source, destination, nonce);
    fixture->went = 0;
    enum route_verdict verdict = router_receive(&fixture->router, link, packet);
    packet_unref(packet);
    return verdict;
}

/* Which links a packet of ours goes to, as bits. */
static uint32_t send_to(struct fixture *fixture, const char *destination,
                        enum route_attempt attempt)
{
    struct packet *packet = make("self", destination, "d1");
    fixture->went = 0;
    unsigned count = router_send(&fixture->router, packet, attempt);
    packet_unref(packet);
    assert_int_equal(count, __builtin_popcount(fixture->went));
    return fixture->went;
}

static void test_router_takes_the_direct_link_first(void **state)
{
    struct fixture *fixture = *state;
    hear_have(&fixture->tree, 1, "milan", BOOT, 0, 5, 1);
    fixture->direct = 2;
    assert_int_equal(send_to(fixture, "milan", ROUTE_BEST), 1 << 2);
}

static void test_router_goes_back_along_the_destinations_tree(void **state)
{
    struct fixture *fixture = *state;
    arrive(&fixture->tree, 3, "rome", BOOT, 1);
    hear_have(&fixture->tree, 1, "rome", BOOT, 1, 5, 1);
    assert_int_equal(send_to(fixture, "rome", ROUTE_BEST), 1 << 3);
}

static void test_router_without_a_parent_takes_the_nearest(void **state)
{
    struct fixture *fixture = *state;
    arrive(&fixture->tree, 3, "rome", BOOT, 1);
    hear_have(&fixture->tree, 1, "rome", BOOT, 1, 9, 1);
    hear_have(&fixture->tree, 2, "rome", BOOT, 1, 5, 1);
    tree_link_down(fixture->tree.tree, 3);
    assert_int_equal(send_to(fixture, "rome", ROUTE_BEST), 1 << 2);
}

static void test_router_floods_to_whom_nobody_knows(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(send_to(fixture, "rome", ROUTE_BEST), 0xf);
    assert_int_equal(fixture->router.counters.flooded, 1);
}

static void test_router_policy_chooses_before_the_tree_and_behind_the_direct_link(void **state)
{
    struct fixture *fixture = *state;
    fixture->router.owner.choose = choose;
    arrive(&fixture->tree, 3, "rome", BOOT, 1);
    assert_int_equal(send_to(fixture, "rome", ROUTE_BEST), 1 << 3);
    fixture->chosen = 1;
    assert_int_equal(send_to(fixture, "rome", ROUTE_BEST), 1 << 1);
    fixture->chosen = 9; /* no such link */
    assert_int_equal(send_to(fixture, "rome", ROUTE_BEST), 1 << 3);
    fixture->chosen = 1;
    fixture->direct = 2;
    assert_int_equal(send_to(fixture, "milan", ROUTE_BEST), 1 << 2);
}

static void test_router_second_attempt_goes_over_all_links(void **state)
{
    struct fixture *fixture = *state;
    arrive(&fixture->tree, 3, "rome", BOOT, 1);
    assert_int_equal(send_to(fixture, "rome", ROUTE_ALL), 0xf);
    assert_int_equal(send_to(fixture, "rome", ROUTE_FLOOD), 0xf);
}

static void test_router_passes_on_by_one_link_and_never_back(void **state)
{
    struct fixture *fixture = *state;
    arrive(&fixture->tree, 3, "rome", BOOT, 1);
    hear_have(&fixture->tree, 1, "rome", BOOT, 1, 5, 1);
    assert_int_equal(receive(fixture, 0, "oslo", "rome", "d1"), ROUTE_PASSED);
    assert_int_equal(fixture->went, 1 << 3);
    assert_int_equal(receive(fixture, 3, "oslo", "rome", "d2"), ROUTE_PASSED);
    assert_int_equal(fixture->went, 1 << 1);
}

static void test_router_drops_what_it_saw(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(receive(fixture, 0, "oslo", "rome", "d1"), ROUTE_PASSED);
    assert_int_equal(receive(fixture, 1, "oslo", "rome", "d1"), ROUTE_SEEN);
    assert_int_equal(fixture->went, 0);
    assert_int_equal(receive(fixture, 1, "self", "rome", "d9"), ROUTE_SEEN);
    assert_int_equal(fixture->router.counters.seen, 2);
}

static void test_router_keeps_what_is_for_this_node(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(receive(fixture, 0, "oslo", "self", "d1"), ROUTE_MINE);
    assert_int_equal(fixture->went, 0);
    assert_int_equal(receive(fixture, 1, "oslo", "self", "d1"), ROUTE_SEEN);
}

#define FLOOD_NONCE "f0123456789abcdef0123456789abcdef"

static void test_router_nonce_says_that_a_packet_floods(void **state)
{
    struct fixture *fixture = *state;
    fixture->direct = 2;
    assert_int_equal(receive(fixture, 0, "oslo", "milan", FLOOD_NONCE), ROUTE_PASSED);
    assert_int_equal(fixture->went, 0xe);
    receive(fixture, 0, "oslo", "milan",
            "d"
            "0123456789abcdef0123456789abcdef");
    assert_int_equal(fixture->went, 1 << 2);
    receive(fixture, 0, "oslo", "milan", "f0123456789abcdef0123456789abcde");
    assert_int_equal(fixture->went, 1 << 2);
    receive(fixture, 0, "oslo", "milan", "f0123456789abcdef0123456789abcdeg");
    assert_int_equal(fixture->went, 1 << 2);
}

static void test_router_writes_nonces_that_say_the_attempt(void **state)
{
    unsigned char random[ROUTE_RANDOM_LEN] = {0x01, 0xfe};
    char nonce[ROUTE_NONCE_LEN + 1];
    (void)state;
    route_nonce(nonce, ROUTE_BEST, random);
    assert_string_equal(nonce, "d01fe0000000000000000000000000000");
    route_nonce(nonce, ROUTE_ALL, random);
    assert_int_equal(nonce[0], 'd');
    route_nonce(nonce, ROUTE_FLOOD, random);
    assert_int_equal(nonce[0], 'f');
}

static void test_router_without_links_says_that_nothing_went(void **state)
{
    struct fixture *fixture = *state;
    for (unsigned link = 0; link < 4; link++)
        tree_link_down(fixture->tree.tree, link);
    assert_int_equal(send_to(fixture, "rome", ROUTE_BEST), 0);
    assert_int_equal(fixture->router.counters.stuck, 1);
}

static uint32_t patience(struct fixture *fixture, uint32_t dist_ms)
{
    hear_have(&fixture->tree, 0, "rome", BOOT, 1, dist_ms - LATENCY_MS, 0);
    return router_patience_ms(&fixture->router, TEXT("rome"));
}

static void test_router_patience_is_4_distances_and_200_ms_from_500_to_2000(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(router_patience_ms(&fixture->router, TEXT("rome")), 2000);
    assert_int_equal(patience(fixture, 74), 500);
    assert_int_equal(patience(fixture, 76), 504);
    assert_int_equal(patience(fixture, 450), 2000);
    assert_int_equal(patience(fixture, 449), 1996);
    assert_int_equal(patience(fixture, 5000), 2000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_router_takes_the_direct_link_first),
        TEST(test_router_goes_back_along_the_destinations_tree),
        TEST(test_router_without_a_parent_takes_the_nearest),
        TEST(test_router_floods_to_whom_nobody_knows),
        TEST(test_router_policy_chooses_before_the_tree_and_behind_the_direct_link),
        TEST(test_router_second_attempt_goes_over_all_links),
        TEST(test_router_passes_on_by_one_link_and_never_back),
        TEST(test_router_drops_what_it_saw),
        TEST(test_router_keeps_what_is_for_this_node),
        TEST(test_router_nonce_says_that_a_packet_floods),
        TEST(test_router_writes_nonces_that_say_the_attempt),
        TEST(test_router_without_links_says_that_nothing_went),
        TEST(test_router_patience_is_4_distances_and_200_ms_from_500_to_2000),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

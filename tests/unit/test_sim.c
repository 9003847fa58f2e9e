/* test_sim.c — a few nodes of both kinds on a simulated network, seen from above. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "sim/sim.h"

#define NODES_MAX 8

struct fixture {
    struct sim *sim;
    unsigned delivered[NODES_MAX];
    unsigned answers;
    char last[NODES_MAX][9]; /* by node: the message delivered last */
    uint64_t digest;         /* of all deliveries, with their times */
};

static void note(void *context, unsigned node, const struct inm_packet *packet)
{
    struct fixture *fixture = context;
    fixture->digest = (fixture->digest ^ sim_now_us(fixture->sim) ^ node) * UINT64_C(1099511628211);
    if (packet->type == INM_RESPONSE) {
        fixture->answers++;
        return;
    }
    fixture->delivered[node]++;
    memcpy(fixture->last[node], packet->message.at + 1, 8);
}

/* `kinds` is a letter a node: o of our own kind, p plain. They are linked in a line. */
static void make_line(struct fixture *fixture, uint64_t seed, const char *kinds)
{
    *fixture = (struct fixture){0};
    fixture->sim = sim_new(seed, (struct sim_observer){fixture, note});
    for (unsigned i = 0; kinds[i]; i++) {
        sim_add_node(fixture->sim, i, kinds[i] == 'p');
        if (i > 0)
            sim_link(fixture->sim, i - 1, i);
    }
}

static void run_ms(struct fixture *fixture, uint64_t ms)
{
    sim_run_until(fixture->sim, sim_now_ms(fixture->sim) + ms);
}

static void test_sim_message_reaches_every_other_node_once(void **state)
{
    struct fixture fixture;
    (void)state;
    make_line(&fixture, 1, "oooo");
    run_ms(&fixture, 3000);
    sim_publish(fixture.sim, 1, "00000007");
    run_ms(&fixture, 3000);
    assert_int_equal(fixture.delivered[1], 0);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(fixture.delivered[i], i != 1);
    assert_string_equal(fixture.last[3], "00000007");
    assert_int_equal(sim_copies(fixture.sim), 3);
    sim_free(fixture.sim);
}

static void test_sim_plain_peers_carry_numbers_that_they_do_not_know(void **state)
{
    struct fixture fixture;
    (void)state;
    make_line(&fixture, 2, "oppop");
    run_ms(&fixture, 3000);
    for (unsigned i = 0; i < 5; i++)
        sim_publish(fixture.sim, i, "00000001");
    run_ms(&fixture, 3000);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(fixture.delivered[i], 4);
    assert_int_equal(sim_surprises(fixture.sim), 0);
    sim_free(fixture.sim);
}

static void test_sim_the_same_seed_is_the_same_run(void **state)
{
    uint64_t digests[3];
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct fixture fixture;
        make_line(&fixture, i < 2 ? 3 : 4, "oopoo");
        for (unsigned j = 0; j < 20; j++) {
            sim_publish(fixture.sim, j % 5, "00000001");
            run_ms(&fixture, 100);
        }
        digests[i] = fixture.digest;
        sim_free(fixture.sim);
    }
    assert_true(digests[0] == digests[1]);
    assert_true(digests[0] != digests[2]);
}

static bool is_right(void *context, unsigned node)
{
    (void)context;
    return node >= 2;
}

static void test_sim_partition_heals_and_the_last_seconds_are_made_up_for(void **state)
{
    struct fixture fixture;
    (void)state;
    make_line(&fixture, 5, "oooo");
    run_ms(&fixture, 3000);
    sim_publish(fixture.sim, 0, "00000001");
    run_ms(&fixture, 1000);
    sim_partition(fixture.sim, is_right, NULL, 500);
    sim_publish(fixture.sim, 0, "00000002");
    run_ms(&fixture, 5000);
    assert_string_equal(fixture.last[3], "00000001");
    sim_heal(fixture.sim);
    run_ms(&fixture, 3000);
    assert_string_equal(fixture.last[3], "00000002");
    sim_free(fixture.sim);
}

static void test_sim_node_that_restarts_is_heard_again(void **state)
{
    struct fixture fixture;
    (void)state;
    make_line(&fixture, 6, "ooo");
    run_ms(&fixture, 3000);
    sim_publish(fixture.sim, 0, "00000001");
    run_ms(&fixture, 1000);
    sim_crash(fixture.sim, 0, 5000);
    assert_false(sim_is_alive(fixture.sim, 0));
    run_ms(&fixture, 100);
    sim_restart(fixture.sim, 0);
    sim_link(fixture.sim, 0, 1);
    run_ms(&fixture, 1000);
    sim_publish(fixture.sim, 0, "00000002");
    run_ms(&fixture, 9000);
    assert_int_equal(fixture.delivered[2], 2);
    sim_free(fixture.sim);
}

static void test_sim_command_to_a_node_is_answered_through_both_kinds(void **state)
{
    struct fixture fixture;
    char nonce[ROUTE_NONCE_LEN + 1];
    (void)state;
    make_line(&fixture, 7, "ooop");
    run_ms(&fixture, 6000);
    sim_ask(fixture.sim, 0, 2, ROUTE_BEST, nonce);
    sim_ask(fixture.sim, 0, 3, ROUTE_BEST, nonce); /* nobody knows the way: flooded */
    sim_ask(fixture.sim, 0, 1, ROUTE_FLOOD, nonce);
    run_ms(&fixture, 2000);
    assert_int_equal(fixture.answers, 3);
    sim_free(fixture.sim);
}

static void test_sim_slow_link_drops_broadcasts_and_its_end_asks_another(void **state)
{
    struct fixture fixture;
    static char large[400001];
    (void)state;
    make_line(&fixture, 8, "ooo");
    sim_link(fixture.sim, 0, 2);
    sim_limit(fixture.sim, 0, 2, 1);
    run_ms(&fixture, 3000);
    memset(large, '0', sizeof(large) - 1);
    for (unsigned i = 1; i <= 40; i++) { /* 16 MB, of which the link takes 1 byte a ms */
        char number[9];
        snprintf(number, sizeof(number), "%08u", i);
        memcpy(large, number, 8);
        sim_publish(fixture.sim, 0, large);
        run_ms(&fixture, 500);
    }
    run_ms(&fixture, 5000);
    assert_string_equal(fixture.last[2], "00000040");
    assert_true(fixture.delivered[2] + sim_counters(fixture.sim, 2)->skipped == 40);
    sim_free(fixture.sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sim_message_reaches_every_other_node_once),
        cmocka_unit_test(test_sim_plain_peers_carry_numbers_that_they_do_not_know),
        cmocka_unit_test(test_sim_the_same_seed_is_the_same_run),
        cmocka_unit_test(test_sim_partition_heals_and_the_last_seconds_are_made_up_for),
        cmocka_unit_test(test_sim_node_that_restarts_is_heard_again),
        cmocka_unit_test(test_sim_command_to_a_node_is_answered_through_both_kinds),
        cmocka_unit_test(test_sim_slow_link_drops_broadcasts_and_its_end_asks_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

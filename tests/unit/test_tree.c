/* test_tree.c — a tree's life: links, own broadcasts, bounds, and what is forgotten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "spread/cache.h"
#include "spread/source_table.h"
#include "tree_fixture.h"

static int set_up(void **state)
{
    static struct tree_fixture fixture;
    tree_fixture_init(&fixture);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    tree_fixture_deinit(*state);
    return 0;
}

static void test_tree_needs_a_name_of_1_to_128_bytes_and_a_boot_that_can_be(void **state)
{
    struct tree_owner owner = {0};
    struct hash_key key = {1, 2};
    char name[NODE_NAME_MAX + 1];
    (void)state;
    memset(name, 'x', sizeof(name));
    assert_null(tree_new(&owner, &key, TEXT(""), BOOT));
    assert_null(tree_new(&owner, &key, (struct text){name, NODE_NAME_MAX + 1}, BOOT));
    assert_null(tree_new(&owner, &key, TEXT("self"), INM_BOOT_MIN - 1));
    assert_null(tree_new(&owner, &key, TEXT("self"), INM_BOOT_MAX + 1));
}

static void test_tree_numbers_its_broadcasts_from_1(void **state)
{
    struct tree_fixture *fixture = *state;
    char nonce[INM_NONCE_OURS_MAX + 1];
    nonce[tree_nonce(fixture->tree, nonce)] = '\0';
    assert_string_equal(nonce, "1a2059518b8.1");
    publish(fixture);
    nonce[tree_nonce(fixture->tree, nonce)] = '\0';
    assert_string_equal(nonce, "1a2059518b8.2");
}

static void test_tree_broadcast_goes_to_plain_links_and_to_those_who_grafted(void **state)
{
    links_up(*state, 0, 2);
    plain_up(*state, 2);
    hear_graft(*state, 1, "self", BOOT, 1);
    publish(*state);
    assert_said(*state, "forward 1 self 1;forward 2 self 1;");
}

static void test_tree_is_not_delivered_its_own_broadcast(void **state)
{
    publish(*state);
    assert_said(*state, "");
    assert_int_equal(tree_counters(((struct tree_fixture *)*state)->tree)->delivered, 0);
}

static void test_tree_broadcast_of_before_the_link_is_resent_to_who_grafts(void **state)
{
    publish(*state);
    links_up(*state, 0, 1);
    hear_graft(*state, 0, "self", BOOT, 1);
    assert_said(*state, "forward 0 self 1;");
}

static void test_tree_link_comes_up_once_and_only_below_4096(void **state)
{
    struct tree *tree = ((struct tree_fixture *)*state)->tree;
    assert_int_equal(tree_link_up(tree, TREE_LINKS_MAX, false, 1), RELAY_EINVAL);
    assert_int_equal(tree_link_up(tree, TREE_LINKS_MAX - 1, false, 1), 0);
    assert_int_equal(tree_link_up(tree, TREE_LINKS_MAX - 1, false, 1), RELAY_EINVAL);
    assert_int_equal(tree_link_count(tree), TREE_LINKS_MAX);
}

static void test_tree_link_that_is_used_again_knows_nothing_of_the_one_before(void **state)
{
    struct tree_fixture *fixture = *state;
    links_up(fixture, 0, 2);
    arrive(fixture, 0, "rome", BOOT, 1);
    hear_have(fixture, 1, "rome", BOOT, 1, 5, 0);
    tree_link_down(fixture->tree, 1);
    assert_false(tree_link_is_up(fixture->tree, 1));
    links_up(fixture, 1, 1);
    assert_int_equal(tree_nearest(fixture->tree, TEXT("rome"), LINK_NONE), LINK_NONE);
    arrive(fixture, 0, "rome", BOOT, 2); /* known sources start off */
    assert_said(fixture, "deliver rome 2;");
}

static void test_tree_queue_of_4_mebibytes_gets_a_broadcast_and_one_more_byte_none(void **state)
{
    struct tree_fixture *fixture = *state;
    links_up(fixture, 0, 2);
    fixture->queued[1] = TREE_QUEUE_BYTES_MAX;
    arrive(fixture, 0, "rome", BOOT, 1);
    assert_said(fixture, "forward 1 rome 1;deliver rome 1;");
    fixture->queued[1] = TREE_QUEUE_BYTES_MAX + 1;
    arrive(fixture, 0, "rome", BOOT, 2);
    assert_said(fixture, "deliver rome 2;");
    assert_int_equal(tree_counters(fixture->tree)->dropped, 1);
}

static void test_tree_source_is_forgotten_after_ten_silent_minutes(void **state)
{
    struct tree_fixture *fixture = *state;
    links_up(fixture, 0, 1);
    arrive(fixture, 0, "rome", BOOT, 1);
    pass_ms(fixture, 10 * 60 * 1000);
    assert_int_equal(tree_source_count(fixture->tree), 2);
    pass_ms(fixture, 500);
    assert_int_equal(tree_source_count(fixture->tree), 1);
    assert_int_equal(tree_counters(fixture->tree)->forgotten, 1);
    assert_int_equal(tree_heard_ms(fixture->tree, TEXT("rome")), 0);
}

static void test_tree_4096_sources_are_known_and_one_more_costs_the_silent_longest(void **state)
{
    struct tree_fixture *fixture = *state;
    char name[16];
    links_up(fixture, 0, 1);
    for (unsigned i = 1; i < SOURCE_TABLE_MAX; i++) { /* one place is our own */
        snprintf(name, sizeof(name), "node-%u", i);
        arrive(fixture, 0, name, BOOT, 1);
        fixture->now_ms++;
    }
    arrive(fixture, 0, "node-1", BOOT, 2);
    assert_int_equal(tree_source_count(fixture->tree), SOURCE_TABLE_MAX);
    assert_int_equal(tree_counters(fixture->tree)->forgotten, 0);
    arrive(fixture, 0, "node-4096", BOOT, 1);
    assert_int_equal(tree_source_count(fixture->tree), SOURCE_TABLE_MAX);
    assert_int_equal(tree_heard_ms(fixture->tree, TEXT("node-2")), 0);
    assert_int_not_equal(tree_heard_ms(fixture->tree, TEXT("node-1")), 0);
}

static void test_tree_resends_nothing_older_than_ten_seconds(void **state)
{
    struct tree_fixture *fixture = *state;
    publish(fixture);
    pass_ms(fixture, CACHE_AGE_MS + 600);
    links_up(fixture, 0, 1);
    hear_graft(fixture, 0, "self", BOOT, 1);
    assert_said(fixture, "gone 0 self 1;");
}

static void test_tree_nearest_leaves_one_link_out(void **state)
{
    struct tree_fixture *fixture = *state;
    links_up(fixture, 0, 3);
    hear_have(fixture, 0, "rome", BOOT, 1, 5, 0);
    hear_have(fixture, 1, "rome", BOOT, 1, 9, 0);
    assert_int_equal(tree_nearest(fixture->tree, TEXT("rome"), LINK_NONE), 0);
    assert_int_equal(tree_nearest(fixture->tree, TEXT("rome"), 0), 1);
    assert_int_equal(tree_nearest(fixture->tree, TEXT("milan"), LINK_NONE), LINK_NONE);
}

static void test_tree_own_beat_goes_out_every_five_seconds(void **state)
{
    struct tree_fixture *fixture = *state;
    links_up(fixture, 0, 1);
    pass_ms(fixture, 500);
    uint64_t rows = tree_counters(fixture->tree)->have_rows;
    pass_ms(fixture, 4000);
    assert_int_equal(tree_counters(fixture->tree)->have_rows, rows);
    pass_ms(fixture, 1000);
    assert_int_equal(tree_counters(fixture->tree)->have_rows, rows + 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_tree_needs_a_name_of_1_to_128_bytes_and_a_boot_that_can_be),
        TEST(test_tree_numbers_its_broadcasts_from_1),
        TEST(test_tree_broadcast_goes_to_plain_links_and_to_those_who_grafted),
        TEST(test_tree_is_not_delivered_its_own_broadcast),
        TEST(test_tree_broadcast_of_before_the_link_is_resent_to_who_grafts),
        TEST(test_tree_link_comes_up_once_and_only_below_4096),
        TEST(test_tree_link_that_is_used_again_knows_nothing_of_the_one_before),
        TEST(test_tree_queue_of_4_mebibytes_gets_a_broadcast_and_one_more_byte_none),
        TEST(test_tree_source_is_forgotten_after_ten_silent_minutes),
        TEST(test_tree_4096_sources_are_known_and_one_more_costs_the_silent_longest),
        TEST(test_tree_resends_nothing_older_than_ten_seconds),
        TEST(test_tree_nearest_leaves_one_link_out),
        TEST(test_tree_own_beat_goes_out_every_five_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_tree_have.c — the digests: who is told what, and what one hears in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "spread/source.h"
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

static uint32_t dist(struct tree_fixture *fixture)
{
    return tree_dist_ms(fixture->tree, TEXT("rome"));
}

static void test_tree_tells_what_it_has_every_half_second_and_never_the_parent(void **state)
{
    links_up(*state, 0, 3);
    arrive(*state, 1, "rome", BOOT, 1);
    forget_said(*state);
    pass_ms(*state, 499);
    assert_said(*state, "");
    pass_ms(*state, 1);
    assert_said(*state, "have 0 rome 1 ?;have 2 rome 1 ?;");
}

static void test_tree_half_second_is_jittered_by_a_tenth(void **state)
{
    struct tree_fixture *fixture = *state;
    pass_ms(fixture, 500);
    fixture->random = 0;
    pass_ms(fixture, 500);
    assert_int_equal(tree_due_ms(fixture->tree), fixture->now_ms + 450);
    fixture->random = 100;
    pass_ms(fixture, 450);
    assert_int_equal(tree_due_ms(fixture->tree), fixture->now_ms + 550);
    fixture->random = 101;
    pass_ms(fixture, 550);
    assert_int_equal(tree_due_ms(fixture->tree), fixture->now_ms + 450);
}

static void test_tree_tells_nothing_twice(void **state)
{
    links_up(*state, 0, 2);
    arrive(*state, 0, "rome", BOOT, 1);
    pass_ms(*state, 500);
    forget_said(*state);
    pass_ms(*state, 2000);
    assert_said(*state, "");
}

static void test_tree_tells_no_link_what_that_link_told(void **state)
{
    links_up(*state, 0, 3);
    arrive(*state, 0, "rome", BOOT, 1);
    pass_ms(*state, 500);
    arrive(*state, 0, "rome", BOOT, 2);
    hear_have(*state, 1, "rome", BOOT, 2, UNKNOWN, 0);
    forget_said(*state);
    pass_ms(*state, 500);
    assert_said(*state, "have 2 rome 2 ?;");
}

/* An unknown distance told as 0 looks like the source itself: everybody turns to it, and back. */
static void test_tree_unknown_distance_is_told_as_unknown_and_never_as_0(void **state)
{
    struct tree_fixture *fixture = *state;
    links_up(fixture, 0, 2);
    arrive(fixture, 0, "rome", BOOT, 1);
    assert_int_equal(dist(fixture), UNKNOWN);
    forget_said(fixture);
    pass_ms(fixture, 500);
    assert_said(fixture, "have 1 rome 1 ?;");
}

static void test_tree_unknown_distance_draws_nobody(void **state)
{
    struct tree_fixture *fixture = *state;
    links_up(fixture, 0, 2);
    arrive(fixture, 0, "rome", BOOT, 1);
    hear_have(fixture, 0, "rome", BOOT, 1, 100, 0);
    forget_said(fixture);
    hear_have(fixture, 1, "rome", BOOT, 1, UNKNOWN, 0);
    assert_said(fixture, "");
    assert_int_equal(tree_nearest(fixture->tree, TEXT("rome"), LINK_NONE), 0);
}

static void test_tree_orphan_tells_no_distance(void **state)
{
    struct tree_fixture *fixture = *state;
    links_up(fixture, 0, 2);
    arrive(fixture, 0, "rome", BOOT, 1);
    hear_have(fixture, 0, "rome", BOOT, 1, 100, 0);
    pass_ms(fixture, 500);
    assert_said(fixture, "forward 1 rome 1;deliver rome 1;have 1 rome 1 110;");
    tree_link_down(fixture->tree, 0);
    forget_said(fixture);
    pass_ms(fixture, 500);
    assert_said(fixture, "have 1 rome 1 ?;");
}

static void test_tree_distance_is_the_parents_and_the_link(void **state)
{
    struct tree_fixture *fixture = *state;
    links_up(fixture, 0, 1);
    arrive(fixture, 0, "rome", BOOT, 1);
    hear_have(fixture, 0, "rome", BOOT, 1, 30, 0);
    assert_int_equal(dist(fixture), 40);
    tree_link_latency(fixture->tree, 0, 0); /* counts as 1: a step is never free */
    hear_have(fixture, 0, "rome", BOOT, 1, 30, 0);
    assert_int_equal(dist(fixture), 31);
}

static void test_tree_unknown_source_is_met_where_it_stands_and_grafted(void **state)
{
    struct tree_fixture *fixture = *state;
    links_up(fixture, 0, 1);
    hear_have(fixture, 0, "rome", BOOT, 41, 30, 0);
    assert_said(fixture, "graft 0 rome 42;");
    assert_int_equal(dist(fixture), 40);
    arrive(fixture, 0, "rome", BOOT, 42);
    assert_said(fixture, "deliver rome 42;");
}

static void test_tree_newer_boot_in_a_have_begins_the_source_anew(void **state)
{
    struct tree_fixture *fixture = *state;
    links_up(fixture, 0, 1);
    arrive(fixture, 0, "rome", BOOT, 900);
    forget_said(fixture);
    hear_have(fixture, 0, "rome", BOOT + 1, 2, 30, 0);
    assert_said(fixture, "graft 0 rome 1;");
    arrive(fixture, 0, "rome", BOOT + 1, 1);
    arrive(fixture, 0, "rome", BOOT + 1, 2);
    forget_said(fixture);
    hear_have(fixture, 0, "rome", BOOT, 950, 30, 0); /* an old one says nothing any more */
    pass_ms(fixture, 400);
    assert_said(fixture, "");
}

/* sim_spread, plain-20-churn, 24 nodes with 4 links, seed 86: the digest of a new link outran the
 * copy that a plain peer sent. */
static void test_tree_digest_that_outruns_the_first_packet_of_a_new_boot_loses_nothing(void **state)
{
    struct tree_fixture *fixture = *state;
    links_up(fixture, 0, 1);
    plain_up(fixture, 1);
    arrive(fixture, 0, "rome", BOOT, 20);
    forget_said(fixture);
    hear_have(fixture, 0, "rome", BOOT + 1, 1, 30, 0);
    assert_said(fixture, "graft 0 rome 1;");
    arrive(fixture, 1, "rome", BOOT + 1, 1);
    assert_said(fixture, "deliver rome 1;");
    arrive(fixture, 0, "rome", BOOT + 1, 1);
    forget_said(fixture);
    assert_int_equal(tree_counters(fixture->tree)->duplicates, 1);
}

/* Who was away while the source started anew long ago asks once, and is told what is gone. */
static void test_tree_first_packets_of_a_new_boot_that_nobody_has_any_more_are_skipped(void **state)
{
    struct tree_fixture *fixture = *state;
    links_up(fixture, 0, 1);
    arrive(fixture, 0, "rome", BOOT, 20);
    hear_have(fixture, 0, "rome", BOOT + 1, 5000, 30, 0);
    forget_said(fixture);
    hear_gone(fixture, 0, "rome", BOOT + 1, 4999);
    arrive(fixture, 0, "rome", BOOT + 1, 5000);
    assert_said(fixture, "deliver rome 5000;");
    assert_int_equal(tree_counters(fixture->tree)->skipped, 4999);
}

/* 3 ms where the distance is short, else a tenth of it. */
static void test_tree_turns_to_a_link_only_when_it_is_clearly_nearer(void **state)
{
    struct tree_fixture *fixture = *state;
    links_up(fixture, 0, 2);
    arrive(fixture, 0, "rome", BOOT, 1);
    hear_have(fixture, 0, "rome", BOOT, 1, 90, 0); /* 100 ms from here */
    forget_said(fixture);
    hear_have(fixture, 1, "rome", BOOT, 1, 80, 0); /* 90: no */
    assert_said(fixture, "");
    hear_have(fixture, 1, "rome", BOOT, 1, 79, 0); /* 89: yes */
    assert_said(fixture, "graft 1 rome 2;");
    hear_have(fixture, 0, "rome", BOOT, 1, 10, 0); /* 20 ms */
    hear_have(fixture, 1, "rome", BOOT, 1, 7, 0);  /* 17: no */
    assert_said(fixture, "");
    hear_have(fixture, 1, "rome", BOOT, 1, 6, 0); /* 16: yes */
    assert_said(fixture, "graft 1 rome 2;");
}

static void test_tree_does_not_turn_to_a_nearer_link_that_is_behind(void **state)
{
    links_up(*state, 0, 2);
    arrive(*state, 0, "rome", BOOT, 5);
    hear_have(*state, 0, "rome", BOOT, 5, 90, 0);
    forget_said(*state);
    hear_have(*state, 1, "rome", BOOT, 4, 5, 0);
    assert_said(*state, "");
}

static void test_tree_new_link_hears_all_at_once_and_gets_no_packets_until_it_asks(void **state)
{
    struct tree_fixture *fixture = *state;
    links_up(fixture, 0, 1);
    arrive(fixture, 0, "rome", BOOT, 1);
    arrive(fixture, 0, "milan", BOOT, 4);
    forget_said(fixture);
    assert_int_equal(tree_link_up(fixture->tree, 1, false, LATENCY_MS), 0);
    assert_said(fixture, "have 1 rome 1 ?;have 1 milan 4 ?;");
    arrive(fixture, 0, "rome", BOOT, 2);
    assert_said(fixture, "deliver rome 2;");
}

/* All who hang from us got it by a plain link first, or from us; the parent above us starves. */
static void test_tree_parent_hears_of_what_came_by_a_plain_link(void **state)
{
    struct tree_fixture *fixture = *state;
    links_up(fixture, 0, 1);
    plain_up(fixture, 1);
    arrive(fixture, 0, "rome", BOOT, 1);
    pass_ms(fixture, 500);
    arrive(fixture, 1, "rome", BOOT, 2);
    forget_said(fixture);
    pass_ms(fixture, 500);
    assert_said(fixture, "have 0 rome 2 ?;");
}

static void test_tree_plain_link_hears_no_have(void **state)
{
    links_up(*state, 0, 1);
    arrive(*state, 0, "rome", BOOT, 1);
    forget_said(*state);
    plain_up(*state, 1);
    pass_ms(*state, 1000);
    assert_said(*state, "");
}

/* A source that is silent lives by its beat; the beat goes on from hop to hop. */
static void test_tree_beat_keeps_a_silent_source_and_is_told_on(void **state)
{
    struct tree_fixture *fixture = *state;
    links_up(fixture, 0, 2);
    hear_have(fixture, 0, "rome", BOOT, 0, 30, 1);
    pass_ms(fixture, 500);
    assert_said(fixture, "graft 0 rome 1;have 1 rome 0 40;");
    pass_ms(fixture, 9 * 60 * 1000);
    hear_have(fixture, 0, "rome", BOOT, 0, 30, 2);
    assert_int_equal(tree_heard_ms(fixture->tree, TEXT("rome")), fixture->now_ms);
    pass_ms(fixture, 500);
    assert_said(fixture, "have 1 rome 0 40;");
    pass_ms(fixture, 9 * 60 * 1000);
    assert_int_equal(tree_source_count(fixture->tree), 2);
}

/* Or whoever meets it late believes it alive. */
static void test_tree_tells_how_long_ago_a_source_was_heard(void **state)
{
    struct tree_fixture *fixture = *state;
    links_up(fixture, 0, 1);
    hear_have(fixture, 0, "rome", BOOT, 0, 30, 1);
    pass_ms(fixture, 25000);
    links_up(fixture, 1, 1);
    assert_int_equal(fixture->said_row.age_ms, 25000);
}

static void test_tree_source_that_is_met_late_is_as_old_as_it_is_told(void **state)
{
    struct tree_fixture *fixture = *state;
    struct link_row row = {TEXT("rome"), BOOT, 41, 30, 7, .age_ms = 25000};
    links_up(fixture, 0, 2);
    hear_row(fixture, 0, &row);
    assert_int_equal(tree_heard_ms(fixture->tree, TEXT("rome")), fixture->now_ms - 25000);
    row.beat = 8; /* what this neighbour knows is newer, and old all the same */
    row.age_ms = 20000;
    hear_row(fixture, 1, &row);
    assert_int_equal(tree_heard_ms(fixture->tree, TEXT("rome")), fixture->now_ms - 20000);
    row.seq = 42; /* this one lags behind with the source's life, not with its packets */
    row.age_ms = 22000;
    hear_row(fixture, 0, &row);
    assert_int_equal(tree_heard_ms(fixture->tree, TEXT("rome")), fixture->now_ms - 20000);
}

static void test_tree_source_older_than_the_clock_was_not_heard(void **state)
{
    struct tree_fixture *fixture = *state;
    struct link_row row = {TEXT("rome"), BOOT, 41, 30, 7, .age_ms = 3600001};
    links_up(fixture, 0, 1);
    hear_row(fixture, 0, &row);
    assert_int_equal(tree_heard_ms(fixture->tree, TEXT("rome")), 0);
}

/* Names s0 … s599: more than two packets hold. */
static void test_tree_more_than_256_rows_go_round(void **state)
{
    struct tree_fixture *fixture = *state;
    char name[8];
    links_up(fixture, 0, 2);
    for (unsigned i = 0; i < 600; i++) {
        snprintf(name, sizeof(name), "s%u", i);
        arrive(fixture, 0, name, BOOT, 1);
    }
    uint64_t rows = tree_counters(fixture->tree)->have_rows;
    pass_ms(fixture, 500); /* to link 1: 256; our own is told to both already */
    assert_int_equal(tree_counters(fixture->tree)->have_rows - rows, 256);
    pass_ms(fixture, 1000);
    assert_int_equal(tree_counters(fixture->tree)->have_rows - rows, 600);
}

static void test_tree_later_boot_of_its_own_name_makes_it_go_past_that(void **state)
{
    struct tree_fixture *fixture = *state;
    links_up(fixture, 0, 1);
    hear_have(fixture, 0, "self", BOOT + 5000, 77, 30, 9);
    assert_int_equal(tree_boot(fixture->tree), BOOT + 5001);
    publish(fixture);
    assert_said(fixture, "forward 0 self 1;");
    hear_have(fixture, 0, "self", BOOT, 77, 30, 9);
    assert_int_equal(tree_boot(fixture->tree), BOOT + 5001);
}

static void test_tree_that_is_said_to_have_sent_what_it_did_not_takes_a_new_boot(void **state)
{
    struct tree_fixture *fixture = *state;
    links_up(fixture, 0, 1);
    publish(fixture);
    hear_have(fixture, 0, "self", BOOT, 1, 30, 9);
    assert_int_equal(tree_boot(fixture->tree), BOOT);
    hear_have(fixture, 0, "self", BOOT, 2, 30, 9);
    assert_int_equal(tree_boot(fixture->tree), BOOT + 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_tree_tells_what_it_has_every_half_second_and_never_the_parent),
        TEST(test_tree_half_second_is_jittered_by_a_tenth),
        TEST(test_tree_tells_nothing_twice),
        TEST(test_tree_tells_no_link_what_that_link_told),
        TEST(test_tree_unknown_distance_is_told_as_unknown_and_never_as_0),
        TEST(test_tree_unknown_distance_draws_nobody),
        TEST(test_tree_orphan_tells_no_distance),
        TEST(test_tree_distance_is_the_parents_and_the_link),
        TEST(test_tree_unknown_source_is_met_where_it_stands_and_grafted),
        TEST(test_tree_newer_boot_in_a_have_begins_the_source_anew),
        TEST(test_tree_digest_that_outruns_the_first_packet_of_a_new_boot_loses_nothing),
        TEST(test_tree_first_packets_of_a_new_boot_that_nobody_has_any_more_are_skipped),
        TEST(test_tree_turns_to_a_link_only_when_it_is_clearly_nearer),
        TEST(test_tree_does_not_turn_to_a_nearer_link_that_is_behind),
        TEST(test_tree_new_link_hears_all_at_once_and_gets_no_packets_until_it_asks),
        TEST(test_tree_parent_hears_of_what_came_by_a_plain_link),
        TEST(test_tree_plain_link_hears_no_have),
        TEST(test_tree_beat_keeps_a_silent_source_and_is_told_on),
        TEST(test_tree_tells_how_long_ago_a_source_was_heard),
        TEST(test_tree_source_that_is_met_late_is_as_old_as_it_is_told),
        TEST(test_tree_source_older_than_the_clock_was_not_heard),
        TEST(test_tree_more_than_256_rows_go_round),
        TEST(test_tree_later_boot_of_its_own_name_makes_it_go_past_that),
        TEST(test_tree_that_is_said_to_have_sent_what_it_did_not_takes_a_new_boot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

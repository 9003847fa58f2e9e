/* test_tree_repair.c — a gap: asked for after 200 ms, again every 400 ms, six times, then given up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

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

static uint64_t skipped(struct tree_fixture *fixture)
{
    return tree_counters(fixture->tree)->skipped;
}

static uint64_t grafts(struct tree_fixture *fixture)
{
    return tree_counters(fixture->tree)->grafts;
}

/* Rome's packets come by link 0; all links know that we have the first. The next digest is far. */
static void hang_from_0(struct tree_fixture *fixture, unsigned links)
{
    links_up(fixture, 0, links);
    arrive(fixture, 0, "rome", BOOT, 1);
    for (unsigned link = 1; link < links; link++)
        hear_prune(fixture, link, "rome");
    pass_ms(fixture, 500);
    forget_said(fixture);
}

static void test_tree_asks_for_a_packet_that_another_has_after_200_ms(void **state)
{
    hang_from_0(*state, 2);
    hear_have(*state, 1, "rome", BOOT, 2, 50, 0);
    pass_ms(*state, 199);
    assert_said(*state, "");
    pass_ms(*state, 1);
    assert_said(*state, "graft 1 rome 2;");
}

static void test_tree_asks_for_nothing_that_came_within_200_ms(void **state)
{
    hang_from_0(*state, 2);
    hear_have(*state, 1, "rome", BOOT, 2, 50, 0);
    pass_ms(*state, 199);
    arrive(*state, 0, "rome", BOOT, 2);
    forget_said(*state);
    pass_ms(*state, 200);
    assert_said(*state, "");
}

static void test_tree_asks_for_a_gap_in_what_came(void **state)
{
    hang_from_0(*state, 2);
    hear_have(*state, 1, "rome", BOOT, 3, 50, 0);
    arrive(*state, 0, "rome", BOOT, 3);
    pass_ms(*state, 200);
    assert_said(*state, "graft 1 rome 2;");
}

static void test_tree_asks_the_nearest_holder_first_then_the_others_then_the_parent(void **state)
{
    hang_from_0(*state, 4);
    hear_have(*state, 0, "rome", BOOT, 1, 1, 0);
    pass_ms(*state, 600);
    forget_said(*state);
    hear_have(*state, 0, "rome", BOOT, 2, 1, 0); /* the parent: it should have sent it */
    hear_have(*state, 1, "rome", BOOT, 2, 70, 0);
    hear_have(*state, 2, "rome", BOOT, 2, 50, 0);
    hear_have(*state, 3, "rome", BOOT, 1, 5, 0); /* has it not */
    pass_ms(*state, 200);
    assert_said(*state, "graft 2 rome 2;");
    pass_ms(*state, 400);
    assert_said(*state, "graft 1 rome 2;");
    pass_ms(*state, 400);
    assert_said(*state, "graft 0 rome 2;");
    pass_ms(*state, 400);
    assert_said(*state, "graft 2 rome 2;"); /* and round again */
}

static void test_tree_asks_six_times_and_then_skips_and_counts(void **state)
{
    struct tree_fixture *fixture = *state;
    hang_from_0(fixture, 2);
    hear_have(fixture, 1, "rome", BOOT, 3, 50, 0);
    pass_ms(fixture, 200 + 6 * 400 - 1);
    assert_int_equal(grafts(fixture), 6);
    assert_int_equal(skipped(fixture), 0);
    pass_ms(fixture, 1);
    assert_int_equal(grafts(fixture), 6);
    assert_int_equal(skipped(fixture), 2);
}

static void test_tree_skip_delivers_what_was_held_back(void **state)
{
    struct tree_fixture *fixture = *state;
    hang_from_0(fixture, 1);
    arrive(fixture, 0, "rome", BOOT, 4);
    arrive(fixture, 0, "rome", BOOT, 5);
    assert_said(fixture, "");
    pass_ms(fixture, 200 + 6 * 400);
    assert_said(fixture, "deliver rome 4;deliver rome 5;");
    assert_int_equal(skipped(fixture), 2);
    arrive(fixture, 0, "rome", BOOT, 3);
    assert_said(fixture, "");
}

static void test_tree_packet_on_the_way_begins_the_wait_anew(void **state)
{
    struct tree_fixture *fixture = *state;
    hang_from_0(fixture, 2);
    hear_have(fixture, 1, "rome", BOOT, 3, 50, 0);
    pass_ms(fixture, 100);
    arrive(fixture, 0, "rome", BOOT, 2);
    forget_said(fixture);
    pass_ms(fixture, 299);
    assert_int_equal(grafts(fixture), 0);
    pass_ms(fixture, 1);
    assert_int_equal(grafts(fixture), 1);
}

static void test_tree_mended_gap_is_told_to_those_around_at_once(void **state)
{
    hang_from_0(*state, 3);
    hear_have(*state, 1, "rome", BOOT, 2, 50, 0);
    pass_ms(*state, 200);
    assert_said(*state, "graft 1 rome 2;");
    arrive(*state, 1, "rome", BOOT, 2);
    assert_said(*state, "deliver rome 2;have 0 rome 2 60;have 2 rome 2 60;");
}

static void test_tree_gone_packet_is_asked_of_the_next_holder_at_once(void **state)
{
    hang_from_0(*state, 3);
    hear_have(*state, 1, "rome", BOOT, 2, 50, 0);
    hear_have(*state, 2, "rome", BOOT, 2, 70, 0);
    pass_ms(*state, 200);
    assert_said(*state, "graft 1 rome 2;");
    hear_gone(*state, 1, "rome", BOOT, 2);
    pass_ms(*state, 0);
    assert_said(*state, "graft 2 rome 2;");
}

static void test_tree_packet_that_is_gone_everywhere_is_skipped_at_once_and_below_too(void **state)
{
    struct tree_fixture *fixture = *state;
    hang_from_0(fixture, 3);
    hear_graft(fixture, 2, "rome", BOOT, 2); /* it hangs from us */
    hear_have(fixture, 1, "rome", BOOT, 4, 50, 0);
    pass_ms(fixture, 200);
    assert_said(fixture, "graft 1 rome 2;");
    hear_gone(fixture, 1, "rome", BOOT, 3);
    assert_said(fixture, "gone 2 rome 3;");
    assert_int_equal(skipped(fixture), 2);
    arrive(fixture, 1, "rome", BOOT, 4);
    assert_said(fixture, "forward 2 rome 4;deliver rome 4;have 0 rome 4 60;");
}

static void test_tree_gone_from_a_link_that_was_not_asked_skips_nothing(void **state)
{
    struct tree_fixture *fixture = *state;
    hang_from_0(fixture, 2);
    hear_gone(fixture, 1, "rome", BOOT, 5);
    assert_int_equal(skipped(fixture), 0);
}

static void test_tree_gone_from_the_parent_is_believed(void **state)
{
    struct tree_fixture *fixture = *state;
    hang_from_0(fixture, 1);
    hear_gone(fixture, 0, "rome", BOOT, 5);
    assert_int_equal(skipped(fixture), 4);
}

static void test_tree_gone_of_another_boot_is_nothing(void **state)
{
    struct tree_fixture *fixture = *state;
    hang_from_0(fixture, 1);
    hear_gone(fixture, 0, "rome", BOOT + 1, 5);
    hear_gone(fixture, 0, "self", BOOT, 5);
    hear_gone(fixture, 0, "milan", BOOT, 5);
    assert_int_equal(skipped(fixture), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_tree_asks_for_a_packet_that_another_has_after_200_ms),
        TEST(test_tree_asks_for_nothing_that_came_within_200_ms),
        TEST(test_tree_asks_for_a_gap_in_what_came),
        TEST(test_tree_asks_the_nearest_holder_first_then_the_others_then_the_parent),
        TEST(test_tree_asks_six_times_and_then_skips_and_counts),
        TEST(test_tree_skip_delivers_what_was_held_back),
        TEST(test_tree_packet_on_the_way_begins_the_wait_anew),
        TEST(test_tree_mended_gap_is_told_to_those_around_at_once),
        TEST(test_tree_gone_packet_is_asked_of_the_next_holder_at_once),
        TEST(test_tree_packet_that_is_gone_everywhere_is_skipped_at_once_and_below_too),
        TEST(test_tree_gone_from_a_link_that_was_not_asked_skips_nothing),
        TEST(test_tree_gone_from_the_parent_is_believed),
        TEST(test_tree_gone_of_another_boot_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

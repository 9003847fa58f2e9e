/* test_tree_leave.c — a source that ends, and what is said of it before and after. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "spread/source.h"
#include "tree_fixture.h"

/* Two links, and rome, which lives at its seventh beat. */
static int set_up(void **state)
{
    static struct tree_fixture fixture;
    tree_fixture_init(&fixture);
    links_up(&fixture, 0, 2);
    hear_have(&fixture, 0, "rome", BOOT, 3, 30, 7);
    forget_said(&fixture);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    tree_fixture_deinit(*state);
    return 0;
}

static bool lives(const struct tree_fixture *fixture)
{
    return tree_heard_ms(fixture->tree, TEXT("rome")) > 0;
}

static void test_tree_leave_is_told_to_all_of_our_kind(void **state)
{
    struct tree_fixture *fixture = *state;
    plain_up(fixture, 2);
    tree_leave(fixture->tree);
    assert_said(fixture, "leave 0 self 1;leave 1 self 1;");
}

static void test_tree_leave_is_told_on_once(void **state)
{
    struct tree_fixture *fixture = *state;
    hear_leave(fixture, 0, "rome", BOOT, 7);
    assert_said(fixture, "leave 1 rome 7;left 0 rome;");
    assert_false(lives(fixture));
    hear_leave(fixture, 1, "rome", BOOT, 7);
    assert_said(fixture, "left 1 rome;");
}

static void test_tree_leave_of_an_unknown_source_is_no_matter(void **state)
{
    hear_leave(*state, 0, "milan", BOOT, 7);
    assert_said(*state, "");
}

/* Digests, packets and beats of before may come by slower ways. */
static void test_tree_leave_outlasts_what_is_older(void **state)
{
    struct tree_fixture *fixture = *state;
    hear_leave(fixture, 0, "rome", BOOT, 9);
    hear_have(fixture, 1, "rome", BOOT, 4, 30, 9);
    arrive(fixture, 1, "rome", BOOT, 4);
    assert_false(lives(fixture));
    hear_have(fixture, 1, "rome", BOOT, 4, 30, 10);
    assert_true(lives(fixture));
}

static void test_tree_leave_says_nothing_of_one_that_came_back(void **state)
{
    struct tree_fixture *fixture = *state;
    hear_leave(fixture, 0, "rome", BOOT, 7);
    hear_have(fixture, 1, "rome", BOOT + 1, 0, 30, 1);
    assert_true(lives(fixture));
    forget_said(fixture);
    hear_leave(fixture, 0, "rome", BOOT, 7);
    assert_said(fixture, "");
    assert_true(lives(fixture));
    hear_leave(fixture, 0, "rome", BOOT + 2, 1); /* it came and went unseen */
    assert_said(fixture, "leave 1 rome 1;left 0 rome;");
    assert_false(lives(fixture));
}

static void test_tree_leave_before_a_beat_that_is_known_was_none(void **state)
{
    struct tree_fixture *fixture = *state;
    hear_leave(fixture, 0, "rome", BOOT, 6);
    assert_said(fixture, "");
    assert_true(lives(fixture));
}

static void test_tree_leave_is_told_to_who_comes_later(void **state)
{
    struct tree_fixture *fixture = *state;
    hear_leave(fixture, 0, "rome", BOOT, 7);
    pass_ms(fixture, 5 * 60 * 1000);
    links_up(fixture, 2, 1);
    assert_true(fixture->said_row.has_ended);
    assert_int_equal(fixture->said_row.beat, 7);
}

static void test_tree_leave_is_heard_from_a_digest(void **state)
{
    struct tree_fixture *fixture = *state;
    struct link_row rome = {TEXT("rome"), BOOT, 3, 30, 6, .has_ended = true};
    struct link_row milan = {TEXT("milan"), BOOT, 3, 30, 5, .has_ended = true};
    hear_row(fixture, 1, &rome);
    assert_said(fixture, "");
    assert_true(lives(fixture));
    rome.beat = 8;
    hear_row(fixture, 1, &rome);
    assert_said(fixture, "leave 0 rome 8;left 1 rome;");
    assert_false(lives(fixture));
    hear_row(fixture, 1, &milan); /* never seen alive */
    assert_said(fixture, "leave 0 milan 5;left 1 milan;graft 1 milan 4;");
    assert_int_equal(tree_heard_ms(fixture->tree, TEXT("milan")), 0);
}

static void test_tree_leave_that_is_said_of_one_that_lives_makes_it_take_a_new_boot(void **state)
{
    struct tree_fixture *fixture = *state;
    hear_leave(fixture, 0, "self", BOOT - 1, 7);
    assert_int_equal(tree_boot(fixture->tree), BOOT);
    hear_leave(fixture, 0, "self", BOOT, 7);
    assert_int_equal(tree_boot(fixture->tree), BOOT + 1);
    tree_leave(fixture->tree);
    hear_leave(fixture, 1, "self", BOOT + 1, 1); /* now it is true */
    assert_int_equal(tree_boot(fixture->tree), BOOT + 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_tree_leave_is_told_to_all_of_our_kind),
        TEST(test_tree_leave_is_told_on_once),
        TEST(test_tree_leave_of_an_unknown_source_is_no_matter),
        TEST(test_tree_leave_outlasts_what_is_older),
        TEST(test_tree_leave_says_nothing_of_one_that_came_back),
        TEST(test_tree_leave_before_a_beat_that_is_known_was_none),
        TEST(test_tree_leave_is_told_to_who_comes_later),
        TEST(test_tree_leave_is_heard_from_a_digest),
        TEST(test_tree_leave_that_is_said_of_one_that_lives_makes_it_take_a_new_boot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

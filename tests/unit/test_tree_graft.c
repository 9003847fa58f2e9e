/* test_tree_graft.c — who is whose parent: prune, graft, adopt. */
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

static unsigned parent(struct tree_fixture *fixture)
{
    return tree_parent(fixture->tree, TEXT("rome"));
}

/* Rome's packets come by link 0; link 1 pruned us. */
static void hang_from_0(struct tree_fixture *fixture)
{
    links_up(fixture, 0, 3);
    arrive(fixture, 0, "rome", BOOT, 1);
    hear_prune(fixture, 1, "rome");
    hear_prune(fixture, 2, "rome");
    forget_said(fixture);
}

static void test_tree_pruned_link_gets_the_source_no_more(void **state)
{
    links_up(*state, 0, 3);
    arrive(*state, 0, "rome", BOOT, 1);
    hear_prune(*state, 1, "rome");
    forget_said(*state);
    arrive(*state, 0, "rome", BOOT, 2);
    assert_said(*state, "forward 2 rome 2;deliver rome 2;");
}

static void test_tree_prunes_a_link_once_a_second(void **state)
{
    struct tree_fixture *fixture = *state;
    hang_from_0(fixture);
    arrive(fixture, 1, "rome", BOOT, 1);
    assert_said(fixture, "prune 1 rome;");
    fixture->now_ms += 999;
    arrive(fixture, 1, "rome", BOOT, 1);
    assert_said(fixture, "");
    fixture->now_ms += 1;
    arrive(fixture, 1, "rome", BOOT, 1);
    assert_said(fixture, "prune 1 rome;");
}

static void test_tree_grafted_link_gets_what_is_cached_and_what_comes(void **state)
{
    hang_from_0(*state);
    arrive(*state, 0, "rome", BOOT, 2);
    arrive(*state, 0, "rome", BOOT, 3);
    forget_said(*state);
    hear_graft(*state, 1, "rome", BOOT, 2);
    assert_said(*state, "forward 1 rome 2;forward 1 rome 3;");
    arrive(*state, 0, "rome", BOOT, 4);
    assert_said(*state, "forward 1 rome 4;deliver rome 4;");
}

static void test_tree_graft_for_an_older_boot_gets_all_of_this_one(void **state)
{
    hang_from_0(*state);
    hear_graft(*state, 1, "rome", BOOT - 1, 7);
    assert_said(*state, "forward 1 rome 1;");
}

static void test_tree_graft_for_a_newer_boot_gets_nothing_of_this_one(void **state)
{
    hang_from_0(*state);
    hear_graft(*state, 1, "rome", BOOT + 1, 1);
    assert_said(*state, "");
}

static void test_tree_says_what_is_gone_from_its_cache(void **state)
{
    struct tree_fixture *fixture = *state;
    hang_from_0(fixture);
    arrive(fixture, 0, "rome", BOOT, 2);
    pass_ms(fixture, 11000);
    arrive(fixture, 0, "rome", BOOT, 3);
    forget_said(fixture);
    hear_graft(fixture, 1, "rome", BOOT, 2);
    assert_said(fixture, "gone 1 rome 2;forward 1 rome 3;");
}

static void test_tree_does_not_say_gone_of_what_was_never_here(void **state)
{
    links_up(*state, 0, 2);
    arrive(*state, 0, "rome", BOOT, 50);
    forget_said(*state);
    hear_graft(*state, 1, "rome", BOOT, 40);
    assert_said(*state, "forward 1 rome 50;");
}

static void test_tree_link_that_was_asked_for_may_become_parent_again(void **state)
{
    struct tree_fixture *fixture = *state;
    hang_from_0(fixture);
    arrive(fixture, 1, "rome", BOOT, 1); /* pruned */
    hear_have(fixture, 0, "rome", BOOT, 1, 100, 0);
    hear_have(fixture, 1, "rome", BOOT, 1, 5, 0); /* nearer: grafted */
    assert_said(fixture, "prune 1 rome;graft 1 rome 2;");
    arrive(fixture, 1, "rome", BOOT, 2);
    assert_int_equal(parent(fixture), 1);
}

static void test_tree_parent_that_grafts_is_the_parent_no_more(void **state)
{
    hang_from_0(*state);
    hear_have(*state, 0, "rome", BOOT, 1, 20, 0); /* so we are 30 ms away */
    hear_have(*state, 1, "rome", BOOT, 1, 25, 0);
    forget_said(*state);
    hear_graft(*state, 0, "rome", BOOT, 2);
    assert_said(*state, "graft 1 rome 2;");
    assert_int_equal(parent(*state), LINK_NONE);
}

/* Both lost their parent, and each was told once that the other has the source. */
static void test_tree_two_orphans_do_not_graft_from_each_other_for_ever(void **state)
{
    links_up(*state, 0, 2);
    arrive(*state, 0, "rome", BOOT, 1);
    hear_have(*state, 0, "rome", BOOT, 1, 20, 0); /* 30 ms */
    hear_have(*state, 1, "rome", BOOT, 1, 25, 0);
    tree_link_down(((struct tree_fixture *)*state)->tree, 0);
    assert_said(*state, "forward 1 rome 1;deliver rome 1;graft 1 rome 2;");
    hear_graft(*state, 1, "rome", BOOT, 2); /* the other one is an orphan too */
    hear_graft(*state, 1, "rome", BOOT, 2);
    assert_said(*state, "");
    assert_int_equal(tree_nearest(((struct tree_fixture *)*state)->tree, TEXT("rome"), LINK_NONE),
                     LINK_NONE);
}

static void test_tree_orphan_asks_the_nearest_of_those_nearer_than_itself(void **state)
{
    struct tree_fixture *fixture = *state;
    hang_from_0(fixture);
    hear_have(fixture, 0, "rome", BOOT, 1, 90, 0); /* 100 ms */
    hear_have(fixture, 1, "rome", BOOT, 1, 99, 0);
    hear_have(fixture, 2, "rome", BOOT, 1, 95, 0);
    forget_said(fixture);
    tree_link_down(fixture->tree, 0);
    assert_said(fixture, "graft 2 rome 2;");
}

static void
test_tree_orphan_that_knows_nobody_nearer_asks_all_that_do_not_hang_from_it(void **state)
{
    struct tree_fixture *fixture = *state;
    links_up(fixture, 0, 4);
    arrive(fixture, 0, "rome", BOOT, 1);
    hear_prune(fixture, 1, "rome");
    hear_prune(fixture, 2, "rome"); /* 3 hangs from here */
    hear_have(fixture, 0, "rome", BOOT, 1, 90, 0);
    hear_have(fixture, 1, "rome", BOOT, 1, 100, 0); /* no nearer */
    forget_said(fixture);
    tree_link_down(fixture->tree, 0);
    assert_said(fixture, "graft 1 rome 2;graft 2 rome 2;");
}

static void test_tree_orphan_takes_whoever_sends_next_a_duplicate_too(void **state)
{
    struct tree_fixture *fixture = *state;
    hang_from_0(fixture);
    tree_link_down(fixture->tree, 0);
    assert_int_equal(parent(fixture), LINK_NONE);
    arrive(fixture, 2, "rome", BOOT, 1);
    assert_int_equal(parent(fixture), 2);
}

static void test_tree_link_down_changes_nothing_where_it_was_no_parent(void **state)
{
    struct tree_fixture *fixture = *state;
    hang_from_0(fixture);
    tree_link_down(fixture->tree, 1);
    assert_said(fixture, "");
    assert_int_equal(parent(fixture), 0);
}

static void test_tree_prune_and_graft_of_an_unknown_source_are_nothing(void **state)
{
    links_up(*state, 0, 1);
    hear_prune(*state, 0, "rome");
    hear_graft(*state, 0, "rome", BOOT, 1);
    assert_said(*state, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_tree_pruned_link_gets_the_source_no_more),
        TEST(test_tree_prunes_a_link_once_a_second),
        TEST(test_tree_grafted_link_gets_what_is_cached_and_what_comes),
        TEST(test_tree_graft_for_an_older_boot_gets_all_of_this_one),
        TEST(test_tree_graft_for_a_newer_boot_gets_nothing_of_this_one),
        TEST(test_tree_says_what_is_gone_from_its_cache),
        TEST(test_tree_does_not_say_gone_of_what_was_never_here),
        TEST(test_tree_link_that_was_asked_for_may_become_parent_again),
        TEST(test_tree_parent_that_grafts_is_the_parent_no_more),
        TEST(test_tree_two_orphans_do_not_graft_from_each_other_for_ever),
        TEST(test_tree_orphan_asks_the_nearest_of_those_nearer_than_itself),
        TEST(test_tree_orphan_that_knows_nobody_nearer_asks_all_that_do_not_hang_from_it),
        TEST(test_tree_orphan_takes_whoever_sends_next_a_duplicate_too),
        TEST(test_tree_link_down_changes_nothing_where_it_was_no_parent),
        TEST(test_tree_prune_and_graft_of_an_unknown_source_are_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

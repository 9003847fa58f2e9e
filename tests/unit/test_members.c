/* test_members.c — who is believed alive, and who is told of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "mesh/members.h"

static struct members members;
static char told[256];

static struct text text(const char *string)
{
    return (struct text){string, strlen(string)};
}

static void on_change(void *context, const char *node, bool is_plain, bool is_alive)
{
    size_t len = strlen(told);
    (void)context;
    snprintf(told + len, sizeof(told) - len, "%s%s%s ", is_alive ? "+" : "-", node,
             is_plain ? "(plain)" : "");
}

static int setup(void **state)
{
    static const struct hash_key key = {1, 2};
    (void)state;
    told[0] = '\0';
    members_init(&members, &key, on_change, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    members_deinit(&members);
    return 0;
}

static void link_up(const char *node, bool is_plain, uint64_t now_ms)
{
    assert_int_equal(members_link_up(&members, text(node), is_plain, now_ms), 0);
}

static void test_members_a_plain_one_lives_while_linked(void **state)
{
    (void)state;
    link_up("n", true, 0);
    members_expire(&members, 1000000);
    assert_string_equal(told, "+n(plain) ");
    members_link_down(&members, text("n"), 1000000);
    assert_string_equal(told, "+n(plain) -n(plain) ");
}

static void test_members_ours_live_on_for_three_beats(void **state)
{
    (void)state;
    link_up("n", false, 0);
    members_link_down(&members, text("n"), 1000);
    members_expire(&members, 1000 + MEMBER_DEAD_MS - 1);
    assert_non_null(members_find(&members, text("n")));
    members_expire(&members, 1000 + MEMBER_DEAD_MS);
    assert_null(members_find(&members, text("n")));
    assert_string_equal(told, "+n -n ");
}

static void test_members_whoever_is_heard_of_lives(void **state)
{
    (void)state;
    members_heard(&members, text("n"), 900, 1000);
    members_heard(&members, text("old"), 1000, 1000 + MEMBER_DEAD_MS);
    assert_string_equal(told, "+n ");
    members_heard(&members, text("n"), 9000, 10000);
    members_heard(&members, text("n"), 1000, 10000); /* what is older changes nothing */
    members_expire(&members, 9000 + MEMBER_DEAD_MS - 1);
    assert_int_equal(members_count(&members), 1);
    members_expire(&members, 9000 + MEMBER_DEAD_MS);
    assert_int_equal(members_count(&members), 0);
}

static void test_members_two_links_need_two_ends(void **state)
{
    (void)state;
    link_up("n", true, 0);
    link_up("n", true, 0);
    members_link_down(&members, text("n"), 1);
    assert_non_null(members_find(&members, text("n")));
    members_link_down(&members, text("n"), 2);
    assert_null(members_find(&members, text("n")));
    members_link_down(&members, text("n"), 3);
}

static void test_members_one_that_changed_its_kind_is_another(void **state)
{
    (void)state;
    link_up("n", true, 0);
    link_up("n", false, 1);
    assert_string_equal(told, "+n(plain) -n(plain) +n ");
    assert_int_equal(members_find(&members, text("n"))->links, 2);
}

static void test_members_beats_are_slower_in_a_large_network(void **state)
{
    (void)state;
    char name[16];
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(name, sizeof(name), "n%u", i);
        members_heard(&members, text(name), 0, 0);
    }
    members_expire(&members, 59999); /* three times 1000 / 50 s */
    assert_int_equal(members_count(&members), 1000);
    members_expire(&members, 60000);
    assert_int_equal(members_count(&members), 0);
}

static void test_members_are_so_many_and_no_more(void **state)
{
    (void)state;
    char name[16];
    for (unsigned i = 0; i < MEMBERS_MAX; i++) {
        snprintf(name, sizeof(name), "n%u", i);
        members_heard(&members, text(name), 0, 0);
    }
    assert_int_equal(members_link_up(&members, text("more"), false, 0), RELAY_EFULL);
    members_heard(&members, text("more"), 0, 0);
    assert_int_equal(members_count(&members), MEMBERS_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_members_##name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_plain_one_lives_while_linked),
        TEST(ours_live_on_for_three_beats),
        TEST(whoever_is_heard_of_lives),
        TEST(two_links_need_two_ends),
        TEST(one_that_changed_its_kind_is_another),
        TEST(beats_are_slower_in_a_large_network),
        TEST(are_so_many_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

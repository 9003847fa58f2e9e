/* test_electorate.c — who is alive, and whose votes a ballot awaits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "reserve/electorate.h"

static void set_up(struct electorate *electorate)
{
    electorate_init(electorate, &(struct hash_key){1, 2});
    assert_int_equal(electorate_up(electorate, "node-b", false), 0);
    assert_int_equal(electorate_up(electorate, "node-c", false), 0);
    assert_int_equal(electorate_up(electorate, "plain-p", true), 0);
}

static void test_electorate_counts_the_alive(void **state)
{
    (void)state;
    struct electorate electorate;
    set_up(&electorate);
    assert_int_equal(electorate.alive, 3);
    assert_int_equal(electorate.alive_plain, 1);
    assert_int_equal(electorate_up(&electorate, "node-b", false), 0);
    assert_int_equal(electorate.alive, 3);
    struct member *down = electorate_down(&electorate, "plain-p", 77);
    assert_non_null(down);
    assert_int_equal(down->down_ms, 77);
    assert_null(electorate_down(&electorate, "plain-p", 78));
    assert_null(electorate_down(&electorate, "nobody", 78));
    assert_int_equal(electorate.alive_plain, 0);
    assert_false(electorate_has_alive(&electorate, "plain-p"));
    electorate_forget(&electorate, down);
    assert_null(electorate_find(&electorate, "plain-p"));
    assert_true(electorate_has_alive(&electorate, "node-b"));
    electorate_deinit(&electorate);
}

static void test_ballot_is_unanimous_when_all_who_were_alive_said_yes(void **state)
{
    (void)state;
    struct electorate electorate;
    struct ballot ballot;
    set_up(&electorate);
    electorate_down(&electorate, "plain-p", 0);
    assert_int_equal(ballot_init(&ballot, &electorate), 0);
    assert_int_equal(electorate_up(&electorate, "node-late", false), 0);
    assert_false(ballot_settle(&ballot, electorate_find(&electorate, "node-late")));
    assert_true(ballot_settle(&ballot, electorate_find(&electorate, "node-b")));
    assert_false(ballot_settle(&ballot, electorate_find(&electorate, "node-b")));
    assert_false(ballot_is_unanimous(&ballot));
    assert_true(ballot_settle(&ballot, electorate_find(&electorate, "node-c")));
    assert_true(ballot_is_unanimous(&ballot));
    ballot_deinit(&ballot);
    electorate_deinit(&electorate);
}

static void test_ballot_majority_is_more_than_half_with_the_asker(void **state)
{
    (void)state;
    struct electorate electorate;
    struct ballot ballot;
    set_up(&electorate); /* four with the asker */
    assert_int_equal(ballot_init(&ballot, &electorate), 0);
    assert_false(ballot_has_majority(&ballot));
    ballot_settle(&ballot, electorate_find(&electorate, "node-b"));
    assert_false(ballot_has_majority(&ballot)); /* two of four */
    ballot_settle(&ballot, electorate_find(&electorate, "node-c"));
    assert_true(ballot_has_majority(&ballot));
    ballot_deinit(&ballot);
    electorate_deinit(&electorate);
}

static void test_ballot_waits_for_those_who_oppose_once_all_others_voted(void **state)
{
    (void)state;
    struct electorate electorate;
    struct ballot ballot;
    set_up(&electorate);
    const struct member *plain = electorate_find(&electorate, "plain-p");
    assert_int_equal(ballot_init(&ballot, &electorate), 0);
    assert_true(ballot_oppose(&ballot, plain));
    assert_false(ballot_oppose(&ballot, plain));
    assert_false(ballot_waits_for_opposed(&ballot));
    ballot_settle(&ballot, electorate_find(&electorate, "node-b"));
    ballot_settle(&ballot, electorate_find(&electorate, "node-c"));
    assert_true(ballot_waits_for_opposed(&ballot));
    assert_true(ballot_is_opposed_by(&ballot, plain));
    assert_true(ballot_settle(&ballot, plain));
    assert_false(ballot_is_opposed_by(&ballot, plain));
    assert_true(ballot_is_unanimous(&ballot));
    ballot_deinit(&ballot);
    electorate_deinit(&electorate);
}

static void test_electorate_is_bounded_and_its_slots_are_used_again(void **state)
{
    (void)state;
    struct electorate electorate;
    char node[16];
    electorate_init(&electorate, &(struct hash_key){1, 2});
    for (unsigned i = 0; i < ELECTORATE_MAX; i++) {
        snprintf(node, sizeof(node), "node-%u", i);
        assert_int_equal(electorate_up(&electorate, node, false), 0);
    }
    assert_int_equal(electorate_up(&electorate, "one more", false), RELAY_EFULL);
    electorate_forget(&electorate, electorate_down(&electorate, "node-9", 0));
    assert_int_equal(electorate_up(&electorate, "one more", false), 0);
    struct ballot ballot;
    assert_int_equal(ballot_init(&ballot, &electorate), 0);
    assert_int_equal(ballot.awaited_count, ELECTORATE_MAX);
    ballot_deinit(&ballot);
    electorate_deinit(&electorate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_electorate_counts_the_alive),
        cmocka_unit_test(test_ballot_is_unanimous_when_all_who_were_alive_said_yes),
        cmocka_unit_test(test_ballot_majority_is_more_than_half_with_the_asker),
        cmocka_unit_test(test_ballot_waits_for_those_who_oppose_once_all_others_voted),
        cmocka_unit_test(test_electorate_is_bounded_and_its_slots_are_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_reservation.c — this node's claims: opened by votes, joined, lost, released. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "reserve_fixture.h"

static void test_reservation_alone_opens_at_once(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    reserve_fixture_init(&fixture, RESERVE_MAJORITY);
    assert_int_equal(reserve_open(&fixture, "garden", 1), RESERVE_GRANTED);
    assert_said(&fixture, "reserve garden 1 open 1000/node-a v1\n");
    assert_int_equal(reserve_open(&fixture, "garden", 2), RESERVE_REFUSED);
    reserve_release(&fixture, "garden");
    assert_said(&fixture, "unreserve garden v2\n");
    assert_int_equal(reservation_table(fixture.reservation)->count, 0);
    reserve_fixture_deinit(&fixture);
}

static void test_reservation_opens_when_all_said_yes(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    reserve_fixture_init(&fixture, RESERVE_AVAILABLE);
    reserve_up(&fixture, "node-b");
    reserve_up(&fixture, "node-c");
    assert_int_equal(reserve_open(&fixture, "garden", 1), RESERVE_WAITS);
    assert_int_equal(reserve_open(&fixture, "garden", 1), RESERVE_WAITS);
    assert_int_equal(reserve_open(&fixture, "garden", 2), RESERVE_REFUSED);
    assert_said(&fixture, "reserve garden 1 tentative 1000/node-a v1\n");
    reserve_gets_vote(&fixture, "node-b", "garden", 1, true);
    reserve_gets_vote(&fixture, "node-b", "garden", 1, true);
    assert_said(&fixture, "");
    reserve_gets_vote(&fixture, "node-c", "garden", 1, true);
    assert_said(&fixture, "reserve garden 1 open 1000/node-a v2\nopened garden 1\n");
    assert_int_equal(reservation_waiting(fixture.reservation), 0);
    reserve_fixture_deinit(&fixture);
}

static void test_reservation_one_no_drops_and_releases(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    reserve_fixture_init(&fixture, RESERVE_AVAILABLE);
    reserve_up(&fixture, "node-b");
    reserve_up(&fixture, "node-c");
    assert_int_equal(reserve_open(&fixture, "garden", 1), RESERVE_WAITS);
    assert_said(&fixture, "reserve garden 1 tentative 1000/node-a v1\n");
    reserve_gets_vote(&fixture, "node-c", "garden", 1, false);
    assert_said(&fixture, "unreserve garden v2\nrefused garden invalid password\n");
    reserve_gets_vote(&fixture, "node-b", "garden", 1, true);
    assert_said(&fixture, "");
    reserve_fixture_deinit(&fixture);
}

static void test_reservation_vote_on_an_older_claim_does_not_count(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    reserve_fixture_init(&fixture, RESERVE_AVAILABLE);
    reserve_up(&fixture, "node-b");
    assert_int_equal(reserve_open(&fixture, "garden", 1), RESERVE_WAITS);
    reserve_release(&fixture, "garden");
    assert_int_equal(reserve_open(&fixture, "garden", 1), RESERVE_WAITS);
    assert_said(&fixture, "reserve garden 1 tentative 1000/node-a v1\nunreserve garden v2\n"
                          "reserve garden 1 tentative 1000/node-a v3\n");
    reserve_gets_vote(&fixture, "node-b", "garden", 1, false);
    reserve_gets_vote(&fixture, "node-x", "garden", 3, false); /* nobody knows it */
    assert_said(&fixture, "");
    reserve_gets_vote(&fixture, "node-b", "garden", 3, true);
    assert_said(&fixture, "reserve garden 1 open 1000/node-a v4\nopened garden 1\n");
    reserve_fixture_deinit(&fixture);
}

static void test_reservation_available_opens_unconfirmed_after_three_seconds(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    reserve_fixture_init(&fixture, RESERVE_AVAILABLE);
    reserve_up(&fixture, "node-b");
    assert_int_equal(reserve_open(&fixture, "garden", 1), RESERVE_WAITS);
    reserve_pass_ms(&fixture, RESERVE_VOTE_MS - 1);
    assert_said(&fixture, "reserve garden 1 tentative 1000/node-a v1\n");
    reserve_pass_ms(&fixture, 1);
    assert_said(&fixture, "reserve garden 1 open 1000/node-a v2 unconfirmed\nopened garden 1\n");
    reserve_fixture_deinit(&fixture);
}

static void test_reservation_majority_is_busy_unless_more_than_half_voted(void **state)
{
    (void)state;
    for (unsigned voters = 1; voters <= 2; voters++) {
        struct reserve_fixture fixture;
        reserve_fixture_init(&fixture, RESERVE_MAJORITY);
        reserve_up(&fixture, "node-b");
        reserve_up(&fixture, "node-c");
        reserve_up(&fixture, "node-d");
        assert_int_equal(reserve_open(&fixture, "garden", 1), RESERVE_WAITS);
        assert_said(&fixture, "reserve garden 1 tentative 1000/node-a v1\n");
        reserve_gets_vote(&fixture, "node-b", "garden", 1, true);
        if (voters == 2)
            reserve_gets_vote(&fixture, "node-c", "garden", 1, true);
        reserve_pass_ms(&fixture, RESERVE_VOTE_MS);
        assert_said(&fixture, voters == 1 ? "unreserve garden v2\nrefused garden busy\n"
                                          : "reserve garden 1 open 1000/node-a v2 unconfirmed\n"
                                            "opened garden 1\n");
        reserve_fixture_deinit(&fixture);
    }
}

static void test_reservation_dead_nodes_are_not_waited_for(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    reserve_fixture_init(&fixture, RESERVE_AVAILABLE);
    reserve_up(&fixture, "node-b");
    reserve_up(&fixture, "node-c");
    assert_int_equal(reserve_open(&fixture, "garden", 1), RESERVE_WAITS);
    assert_int_equal(reserve_open(&fixture, "lobby", 2), RESERVE_WAITS);
    reserve_gets_vote(&fixture, "node-b", "garden", 1, true);
    assert_said(&fixture, "reserve garden 1 tentative 1000/node-a v1\n"
                          "reserve lobby 2 tentative 1000/node-a v2\n");
    reservation_node_down(fixture.reservation, "node-c");
    assert_said(&fixture, "reserve garden 1 open 1000/node-a v3\nopened garden 1\n");
    reservation_node_down(fixture.reservation, "node-b");
    assert_said(&fixture, "reserve lobby 2 open 1000/node-a v4\nopened lobby 2\n");
    reserve_fixture_deinit(&fixture);
}

static void test_reservation_joins_at_once_with_the_same_password_and_the_same_stamp(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    reserve_fixture_init(&fixture, RESERVE_AVAILABLE);
    reserve_up(&fixture, "node-b");
    assert_int_equal(reserve_hears(&fixture, "node-b", "garden", 1, CLAIM_OPEN, 900, 1),
                     CLAIM_NO_VOTE);
    assert_int_equal(reserve_open(&fixture, "garden", 2), RESERVE_REFUSED);
    assert_int_equal(reserve_open(&fixture, "garden", 0), RESERVE_REFUSED);
    assert_said(&fixture, "");
    assert_int_equal(reserve_open(&fixture, "garden", 1), RESERVE_GRANTED);
    assert_said(&fixture, "reserve garden 1 open 900/node-b v1\n");
    reserve_fixture_deinit(&fixture);
}

static void test_reservation_any_password_joins_a_channel_without_one(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    struct password_hash hash = test_hash(3);
    reserve_fixture_init(&fixture, RESERVE_AVAILABLE);
    reserve_up(&fixture, "node-b");
    reserve_hears(&fixture, "node-b", "garden", 0, CLAIM_OPEN, 900, 1);
    assert_int_equal(reservation_open(fixture.reservation, "garden", 6, &hash), RESERVE_GRANTED);
    assert_false(hash.is_set); /* the channel's */
    assert_said(&fixture, "reserve garden 0 open 900/node-b v1\n");
    reserve_fixture_deinit(&fixture);
}

static void
test_reservation_open_claim_is_never_beaten_by_a_new_one_with_an_older_clock(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    reserve_fixture_init(&fixture, RESERVE_AVAILABLE);
    reserve_up(&fixture, "node-b");
    reserve_hears(&fixture, "node-b", "garden", 1, CLAIM_OPEN, 999999, 1);
    reservation_node_down(fixture.reservation, "node-b"); /* its claims stand for the grace */
    assert_int_equal(reserve_open(&fixture, "garden", 2), RESERVE_REFUSED);
    assert_said(&fixture, "");
    reserve_fixture_deinit(&fixture);
}

static void test_reservation_tentative_claim_opens_with_an_open_one_of_its_password(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    reserve_fixture_init(&fixture, RESERVE_AVAILABLE);
    reserve_up(&fixture, "node-b");
    reserve_up(&fixture, "node-c");
    assert_int_equal(reserve_open(&fixture, "garden", 1), RESERVE_WAITS);
    assert_said(&fixture, "reserve garden 1 tentative 1000/node-a v1\n");
    reserve_hears(&fixture, "node-b", "garden", 1, CLAIM_OPEN, 990, 1);
    assert_said(&fixture, "reserve garden 1 open 990/node-b v2\nopened garden 1\n");
    reserve_fixture_deinit(&fixture);
}

static void test_reservation_better_tentative_claim_ends_ours_as_refused(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    reserve_fixture_init(&fixture, RESERVE_AVAILABLE);
    reserve_up(&fixture, "node-b");
    assert_int_equal(reserve_open(&fixture, "garden", 1), RESERVE_WAITS);
    assert_said(&fixture, "reserve garden 1 tentative 1000/node-a v1\n");
    assert_int_equal(reserve_hears(&fixture, "node-b", "garden", 2, CLAIM_TENTATIVE, 999, 1),
                     CLAIM_VOTES_YES);
    assert_said(&fixture, "reserve garden 2 released v2\nrefused garden invalid password\n");
    reserve_fixture_deinit(&fixture);
}

static void test_reservation_worse_claim_gets_a_no_and_ours_stands(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    reserve_fixture_init(&fixture, RESERVE_AVAILABLE);
    reserve_up(&fixture, "node-b");
    assert_int_equal(reserve_open(&fixture, "garden", 1), RESERVE_WAITS);
    assert_said(&fixture, "reserve garden 1 tentative 1000/node-a v1\n");
    assert_int_equal(reserve_hears(&fixture, "node-b", "garden", 2, CLAIM_TENTATIVE, 1001, 1),
                     CLAIM_VOTES_NO);
    assert_said(&fixture, "");
    reserve_gets_vote(&fixture, "node-b", "garden", 1, true);
    assert_said(&fixture, "reserve garden 1 open 1000/node-a v2\nopened garden 1\n");
    reserve_fixture_deinit(&fixture);
}

static void test_reservation_older_open_claim_makes_ours_lost(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    reserve_fixture_init(&fixture, RESERVE_AVAILABLE);
    assert_int_equal(reserve_open(&fixture, "garden", 1), RESERVE_GRANTED);
    assert_said(&fixture, "reserve garden 1 open 1000/node-a v1\n");
    reserve_up(&fixture, "node-b");
    reserve_hears(&fixture, "node-b", "garden", 2, CLAIM_OPEN, 1001, 1);
    assert_said(&fixture, ""); /* the younger one is the other's to drop */
    reserve_hears(&fixture, "node-b", "lobby", 2, CLAIM_OPEN, 1002, 2);
    reserve_hears(&fixture, "node-b", "garden", 2, CLAIM_OPEN, 999, 3);
    assert_said(&fixture, "reserve garden 2 released v2\nlost garden\n");
    reserve_release(&fixture, "garden"); /* what relay does then is nothing new */
    assert_said(&fixture, "");
    reserve_fixture_deinit(&fixture);
}

static void test_reservation_release_while_others_hold_the_name_keeps_it_reserved(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    reserve_fixture_init(&fixture, RESERVE_AVAILABLE);
    reserve_up(&fixture, "node-b");
    reserve_hears(&fixture, "node-b", "garden", 1, CLAIM_OPEN, 900, 1);
    assert_int_equal(reserve_open(&fixture, "garden", 1), RESERVE_GRANTED);
    reserve_release(&fixture, "garden");
    assert_said(&fixture, "reserve garden 1 open 900/node-b v1\nreserve garden 1 released v2\n");
    reserve_fixture_deinit(&fixture);
}

static void test_reservation_release_before_the_votes_ends_the_ballot(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    reserve_fixture_init(&fixture, RESERVE_AVAILABLE);
    reserve_up(&fixture, "node-b");
    assert_int_equal(reserve_open(&fixture, "garden", 1), RESERVE_WAITS);
    reserve_release(&fixture, "garden");
    assert_said(&fixture, "reserve garden 1 tentative 1000/node-a v1\nunreserve garden v2\n");
    assert_int_equal(reservation_waiting(fixture.reservation), 0);
    reserve_pass_ms(&fixture, RESERVE_VOTE_MS);
    assert_said(&fixture, "");
    reserve_fixture_deinit(&fixture);
}

static void test_reservation_channel_that_nobody_waits_for_any_more_is_released(void **state)
{
    (void)state;
    for (unsigned by_call = 0; by_call < 2; by_call++) {
        struct reserve_fixture fixture;
        reserve_fixture_init(&fixture, RESERVE_AVAILABLE);
        reserve_up(&fixture, "node-b");
        fixture.subscribers = 0;
        fixture.releases = by_call ? "garden" : NULL; /* or from inside `opened` */
        assert_int_equal(reserve_open(&fixture, "garden", 1), RESERVE_WAITS);
        reserve_gets_vote(&fixture, "node-b", "garden", 1, true);
        assert_said(&fixture, "reserve garden 1 tentative 1000/node-a v1\n"
                              "reserve garden 1 open 1000/node-a v2\nopened garden 1\n"
                              "unreserve garden v3\n");
        reserve_fixture_deinit(&fixture);
    }
}

static void test_reservation_full_table_is_busy(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    char name[8];
    reserve_fixture_init(&fixture, RESERVE_AVAILABLE);
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(name, sizeof(name), "%u", i);
        assert_int_equal(reserve_open(&fixture, name, 1), RESERVE_GRANTED);
        buf_clear(&fixture.said);
    }
    assert_int_equal(reserve_open(&fixture, "one more", 1), RESERVE_BUSY);
    assert_said(&fixture, "");
    reserve_release(&fixture, "7");
    assert_said(&fixture, "unreserve 7 v1001\n");
    assert_int_equal(reserve_open(&fixture, "one more", 1), RESERVE_GRANTED);
    assert_said(&fixture, "reserve one more 1 open 1000/node-a v1002\n");
    reserve_fixture_deinit(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reservation_alone_opens_at_once),
        cmocka_unit_test(test_reservation_opens_when_all_said_yes),
        cmocka_unit_test(test_reservation_one_no_drops_and_releases),
        cmocka_unit_test(test_reservation_vote_on_an_older_claim_does_not_count),
        cmocka_unit_test(test_reservation_available_opens_unconfirmed_after_three_seconds),
        cmocka_unit_test(test_reservation_majority_is_busy_unless_more_than_half_voted),
        cmocka_unit_test(test_reservation_dead_nodes_are_not_waited_for),
        cmocka_unit_test(test_reservation_joins_at_once_with_the_same_password_and_the_same_stamp),
        cmocka_unit_test(test_reservation_any_password_joins_a_channel_without_one),
        cmocka_unit_test(
            test_reservation_open_claim_is_never_beaten_by_a_new_one_with_an_older_clock),
        cmocka_unit_test(test_reservation_tentative_claim_opens_with_an_open_one_of_its_password),
        cmocka_unit_test(test_reservation_better_tentative_claim_ends_ours_as_refused),
        cmocka_unit_test(test_reservation_worse_claim_gets_a_no_and_ours_stands),
        cmocka_unit_test(test_reservation_older_open_claim_makes_ours_lost),
        cmocka_unit_test(test_reservation_release_while_others_hold_the_name_keeps_it_reserved),
        cmocka_unit_test(test_reservation_release_before_the_votes_ends_the_ballot),
        cmocka_unit_test(test_reservation_channel_that_nobody_waits_for_any_more_is_released),
        cmocka_unit_test(test_reservation_full_table_is_busy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

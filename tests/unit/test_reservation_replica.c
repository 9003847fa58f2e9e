/* test_reservation_replica.c — what others own, in order, with gaps, through death and new boots;
 * and which messages are for the clients here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "reserve_fixture.h"

static const struct claim_owner *owner(const struct reserve_fixture *fixture, const char *node)
{
    return claim_table_owner(reservation_table(fixture->reservation), node);
}

static size_t count(const struct reserve_fixture *fixture)
{
    return reservation_table(fixture->reservation)->count;
}

static void test_replica_claim_is_added_changed_and_dropped(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    reserve_fixture_init(&fixture, RESERVE_AVAILABLE);
    reserve_up(&fixture, "node-b");
    assert_int_equal(reserve_hears(&fixture, "node-b", "garden", 1, CLAIM_TENTATIVE, 900, 1),
                     CLAIM_VOTES_YES);
    assert_int_equal(reserve_hears(&fixture, "node-b", "garden", 1, CLAIM_OPEN, 900, 2),
                     CLAIM_NO_VOTE);
    assert_int_equal(count(&fixture), 1);
    reserve_hears_unreserve(&fixture, "node-b", "garden", 3);
    assert_int_equal(count(&fixture), 0);
    assert_int_equal(owner(&fixture, "node-b")->known, 3);
    reserve_fixture_deinit(&fixture);
}

static void test_replica_released_claim_goes_though_the_command_says_reserve(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    reserve_fixture_init(&fixture, RESERVE_AVAILABLE);
    reserve_up(&fixture, "node-b");
    reserve_hears(&fixture, "node-b", "garden", 1, CLAIM_OPEN, 900, 1);
    const struct claim_command command = {.kind = CLAIM_RESERVE,
                                          .name = "garden",
                                          .name_len = 6,
                                          .has_claim = true,
                                          .is_released = true,
                                          .boot = 1,
                                          .version = 2};
    assert_int_equal(reservation_command(fixture.reservation, "node-b", &command), CLAIM_NO_VOTE);
    assert_int_equal(count(&fixture), 0);
    reserve_fixture_deinit(&fixture);
}

static void test_replica_command_that_comes_late_brings_nothing_back(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    reserve_fixture_init(&fixture, RESERVE_AVAILABLE);
    reserve_up(&fixture, "node-b");
    reserve_hears(&fixture, "node-b", "garden", 1, CLAIM_OPEN, 900, 1);
    reserve_hears_unreserve(&fixture, "node-b", "garden", 2);
    reserve_hears(&fixture, "node-b", "garden", 1, CLAIM_OPEN, 900, 1);
    assert_int_equal(count(&fixture), 0);
    reserve_fixture_deinit(&fixture);
}

static void test_replica_gap_asks_a_link_at_once(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    reserve_fixture_init(&fixture, RESERVE_AVAILABLE);
    reserve_up(&fixture, "node-b");
    assert_int_equal(reservation_link_up(fixture.reservation, 7, "node-b", false), 0);
    reserve_pass_ms(&fixture, 0);
    reserve_answered(&fixture, 7, "{}");
    assert_said(&fixture, "request 7 {\"sum\":\"0000000000000000\"}\n");
    reserve_hears(&fixture, "node-b", "garden", 1, CLAIM_TENTATIVE, 900, 1);
    reserve_hears_unreserve(&fixture, "node-b", "garden", 3); /* 2 is missing */
    assert_true(owner(&fixture, "node-b")->is_behind);
    reserve_pass_ms(&fixture, 1);
    assert_said(&fixture, "request 7 {\"sum\":\"0000000000000000\",\"behind\":{\"node-b\":1}}\n");
    reserve_fixture_deinit(&fixture);
}

static void test_replica_of_a_dead_node_stands_for_the_grace(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    reserve_fixture_init(&fixture, RESERVE_AVAILABLE);
    reserve_up(&fixture, "node-b");
    reserve_hears(&fixture, "node-b", "garden", 1, CLAIM_OPEN, 900, 1);
    reservation_node_down(fixture.reservation, "node-b");
    reserve_pass_ms(&fixture, RESERVE_GRACE_MS - 1);
    assert_int_equal(reserve_open(&fixture, "garden", 2), RESERVE_REFUSED);
    reserve_pass_ms(&fixture, 1);
    assert_null(owner(&fixture, "node-b"));
    assert_int_equal(reserve_open(&fixture, "garden", 2), RESERVE_GRANTED);
    reserve_fixture_deinit(&fixture);
}

static void test_replica_of_a_node_that_is_back_in_time_is_kept(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    reserve_fixture_init(&fixture, RESERVE_AVAILABLE);
    reserve_up(&fixture, "node-b");
    reserve_hears(&fixture, "node-b", "garden", 1, CLAIM_OPEN, 900, 1);
    reservation_node_down(fixture.reservation, "node-b");
    reserve_pass_ms(&fixture, RESERVE_GRACE_MS - 1);
    reserve_up(&fixture, "node-b");
    reserve_pass_ms(&fixture, RESERVE_GRACE_MS);
    assert_int_equal(count(&fixture), 1);
    reserve_fixture_deinit(&fixture);
}

static void test_replica_of_an_older_boot_is_dropped_by_the_new_one(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    reserve_fixture_init(&fixture, RESERVE_AVAILABLE);
    reserve_up(&fixture, "node-b");
    reserve_hears(&fixture, "node-b", "garden", 1, CLAIM_OPEN, 900, 1);
    struct claim_command command = {.kind = CLAIM_RESERVE,
                                    .name = "lobby",
                                    .name_len = 5,
                                    .has_claim = true,
                                    .claim = test_claim("lobby", 1, CLAIM_OPEN, 950, "node-b"),
                                    .boot = 2,
                                    .version = 1};
    reservation_command(fixture.reservation, "node-b", &command);
    assert_int_equal(count(&fixture), 1);
    assert_null(claim_table_winner(reservation_table(fixture.reservation), "garden", 6));
    reserve_hears(&fixture, "node-b", "garden", 1, CLAIM_OPEN, 900, 2); /* boot 1 again */
    assert_int_equal(count(&fixture), 1);
    reserve_fixture_deinit(&fixture);
}

static void test_replica_of_a_node_that_is_not_alive_is_not_taken(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    reserve_fixture_init(&fixture, RESERVE_AVAILABLE);
    assert_int_equal(reserve_hears(&fixture, "node-b", "garden", 1, CLAIM_TENTATIVE, 900, 1),
                     CLAIM_NO_VOTE);
    assert_int_equal(count(&fixture), 0);
    reserve_fixture_deinit(&fixture);
}

static void test_replica_that_did_not_fit_is_not_told_to_be_gone(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    char name[8];
    reserve_fixture_init(&fixture, RESERVE_AVAILABLE);
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(name, sizeof(name), "%u", i);
        assert_int_equal(reserve_open(&fixture, name, 0), RESERVE_GRANTED);
    }
    reserve_up(&fixture, "node-b");
    reserve_hears(&fixture, "node-b", "garden", 0, CLAIM_OPEN, 900, 1);
    assert_int_equal(count(&fixture), 1000);
    assert_int_equal(owner(&fixture, "node-b")->known, 0);
    assert_true(owner(&fixture, "node-b")->is_behind);
    const char *answer = reserve_asked(
        &fixture, 7,
        "{\"claims\":{\"node-b\":{\"boot\":1,\"names\":{\"garden\":{\"password\":null,"
        "\"state\":\"open\",\"stamp\":900,\"version\":1}}}}}");
    assert_string_equal(answer, "{}");
    reserve_release(&fixture, "7");
    reserve_asked(&fixture, 7,
                  "{\"claims\":{\"node-b\":{\"boot\":1,\"names\":{\"garden\":{\"password\":null,"
                  "\"state\":\"open\",\"stamp\":900,\"version\":1}}}}}");
    assert_non_null(claim_table_winner(reservation_table(fixture.reservation), "garden", 6));
    reserve_fixture_deinit(&fixture);
}

static bool delivers(const struct reserve_fixture *fixture, bool is_plain, const char *tag)
{
    return reservation_delivers(fixture->reservation, is_plain ? "plain-p" : "node-b", is_plain,
                                "garden", 6, tag, strlen(tag));
}

static void test_message_is_delivered_on_a_matching_tag_alone(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    reserve_fixture_init(&fixture, RESERVE_AVAILABLE);
    assert_false(delivers(&fixture, false, "01010101")); /* nothing is open here */
    assert_int_equal(reserve_open(&fixture, "garden", 1), RESERVE_GRANTED);
    assert_true(delivers(&fixture, false, "01010101"));
    assert_false(delivers(&fixture, false, "02020202"));
    assert_false(delivers(&fixture, false, ""));
    assert_true(delivers(&fixture, true, "")); /* a plain peer knows no tags */
    reserve_fixture_deinit(&fixture);
}

static void test_message_to_an_open_channel_has_no_tag(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    reserve_fixture_init(&fixture, RESERVE_AVAILABLE);
    assert_int_equal(reserve_open(&fixture, "garden", 0), RESERVE_GRANTED);
    assert_true(delivers(&fixture, false, ""));
    assert_false(delivers(&fixture, false, "01010101"));
    reserve_fixture_deinit(&fixture);
}

static void test_message_waits_for_the_votes(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    reserve_fixture_init(&fixture, RESERVE_AVAILABLE);
    reserve_up(&fixture, "node-b");
    assert_int_equal(reserve_open(&fixture, "garden", 1), RESERVE_WAITS);
    assert_false(delivers(&fixture, false, "01010101"));
    reserve_fixture_deinit(&fixture);
}

static void
test_message_of_a_plain_peer_that_opened_the_name_otherwise_is_not_delivered(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    struct password_hash other = test_hash(2);
    reserve_fixture_init(&fixture, RESERVE_AVAILABLE);
    assert_int_equal(reserve_open(&fixture, "garden", 1), RESERVE_GRANTED);
    assert_false(
        reservation_plain_reserve(fixture.reservation, "plain-p", "garden", 6, &other, false));
    assert_false(delivers(&fixture, true, ""));
    assert_true(reservation_takes_from(fixture.reservation, "plain-p", "garden", 6));
    assert_false(reservation_gives_to(fixture.reservation, "plain-p", "node-z", false, "garden", 6,
                                      "01010101", 8));
    assert_true(reservation_gives_to(fixture.reservation, "plain-p", "node-z", false, "garden", 6,
                                     "02020202", 8));
    assert_true(reservation_plain_unreserve(fixture.reservation, "plain-p", "lobby", 5));
    assert_false(reservation_plain_unreserve(fixture.reservation, "plain-p", "garden", 6));
    assert_true(delivers(&fixture, true, ""));
    reserve_fixture_deinit(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replica_claim_is_added_changed_and_dropped),
        cmocka_unit_test(test_replica_released_claim_goes_though_the_command_says_reserve),
        cmocka_unit_test(test_replica_command_that_comes_late_brings_nothing_back),
        cmocka_unit_test(test_replica_gap_asks_a_link_at_once),
        cmocka_unit_test(test_replica_of_a_dead_node_stands_for_the_grace),
        cmocka_unit_test(test_replica_of_a_node_that_is_back_in_time_is_kept),
        cmocka_unit_test(test_replica_of_an_older_boot_is_dropped_by_the_new_one),
        cmocka_unit_test(test_replica_of_a_node_that_is_not_alive_is_not_taken),
        cmocka_unit_test(test_replica_that_did_not_fit_is_not_told_to_be_gone),
        cmocka_unit_test(test_message_is_delivered_on_a_matching_tag_alone),
        cmocka_unit_test(test_message_to_an_open_channel_has_no_tag),
        cmocka_unit_test(test_message_waits_for_the_votes),
        cmocka_unit_test(
            test_message_of_a_plain_peer_that_opened_the_name_otherwise_is_not_delivered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_reservation_level.c — rounds of digests: when they begin, what they bring, when they count.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "reserve_fixture.h"

#define EMPTY_SUM "{\"sum\":\"0000000000000000\"}"
#define GARDEN(state, version)                                                                     \
    "{\"claims\":{\"node-c\":{\"boot\":1,\"names\":{\"garden\":{\"password\":null,"                \
    "\"state\":\"" state "\",\"stamp\":900,\"stamp_node\":\"node-c\",\"version\":" version "}}}}}"

/* Links 7 to node-b, which is of our kind, and 8 to plain-p; the first round is over. */
static void set_up(struct reserve_fixture *fixture)
{
    reserve_fixture_init(fixture, RESERVE_AVAILABLE);
    reserve_up(fixture, "node-b");
    reserve_up(fixture, "node-c");
    reserve_plain_up(fixture, "plain-p");
    assert_int_equal(reservation_link_up(fixture->reservation, 7, "node-b", false), 0);
    assert_int_equal(reservation_link_up(fixture->reservation, 8, "plain-p", true), 0);
    reserve_pass_ms(fixture, 0);
    assert_said(fixture, "request 7 " EMPTY_SUM "\n");
    reserve_answered(fixture, 7, "{}");
    assert_said(fixture, "");
}

static const struct claim_owner *node_c(const struct reserve_fixture *fixture)
{
    return claim_table_owner(reservation_table(fixture->reservation), "node-c");
}

static size_t count(const struct reserve_fixture *fixture)
{
    return reservation_table(fixture->reservation)->count;
}

static void test_level_asks_a_link_of_our_kind_once_a_second(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    set_up(&fixture);
    reserve_pass_ms(&fixture, RESERVE_DIGEST_MS - 1);
    assert_said(&fixture, "");
    reserve_pass_ms(&fixture, 1);
    assert_said(&fixture, "request 7 " EMPTY_SUM "\n");
    reserve_fixture_deinit(&fixture);
}

static void test_level_waits_for_an_answer_and_asks_anew_when_none_comes(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    set_up(&fixture);
    reserve_pass_ms(&fixture, RESERVE_DIGEST_MS);
    assert_said(&fixture, "request 7 " EMPTY_SUM "\n");
    reserve_pass_ms(&fixture, RESERVE_DIGEST_MS);
    assert_said(&fixture, "");
    reserve_pass_ms(&fixture, RESERVE_DIGEST_MS);
    assert_said(&fixture, "request 7 " EMPTY_SUM "\n");
    reserve_fixture_deinit(&fixture);
}

static void test_level_answer_of_another_round_is_ignored(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    set_up(&fixture);
    reserve_answered(&fixture, 7, GARDEN("open", "4"));
    assert_int_equal(count(&fixture), 0);
    reserve_pass_ms(&fixture, RESERVE_DIGEST_MS);
    fixture.round--;
    reserve_answered(&fixture, 7, GARDEN("open", "4"));
    assert_int_equal(count(&fixture), 0);
    reserve_fixture_deinit(&fixture);
}

static void test_level_takes_what_a_neighbour_has(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    set_up(&fixture);
    reserve_pass_ms(&fixture, RESERVE_DIGEST_MS);
    reserve_answered(&fixture, 7, GARDEN("open", "4"));
    assert_int_equal(count(&fixture), 1);
    assert_int_equal(reserve_open(&fixture, "garden", 0), RESERVE_GRANTED);
    reserve_fixture_deinit(&fixture);
}

/* The trap: its broadcast may be lost, or come when it is known already. */
static void test_level_digest_that_outruns_a_claim_casts_the_vote(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    set_up(&fixture);
    reserve_asked(&fixture, 7, GARDEN("tentative", "1"));
    assert_said(&fixture, "vote node-c garden v1 yes\n");
    reserve_asked(&fixture, 7, GARDEN("tentative", "1"));
    assert_said(&fixture, "");
    assert_int_equal(reserve_hears(&fixture, "node-c", "garden", 0, CLAIM_TENTATIVE, 900, 1),
                     CLAIM_VOTES_YES);
    assert_int_equal(node_c(&fixture)->known, 1);
    reserve_fixture_deinit(&fixture);
}

static void test_level_digest_casts_a_no_on_a_claim_that_is_beaten(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    set_up(&fixture);
    reserve_hears(&fixture, "node-b", "garden", 1, CLAIM_OPEN, 950, 1);
    reserve_asked(&fixture, 7, GARDEN("tentative", "1"));
    assert_said(&fixture, "vote node-c garden v1 no\n");
    reserve_fixture_deinit(&fixture);
}

static void test_level_better_claim_by_a_digest_makes_ours_lost(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    reserve_fixture_init(&fixture, RESERVE_AVAILABLE);
    assert_int_equal(reserve_open(&fixture, "garden", 1), RESERVE_GRANTED);
    assert_said(&fixture, "reserve garden 1 open 1000/node-a v1\n");
    reserve_up(&fixture, "node-c");
    reserve_asked(&fixture, 7, GARDEN("open", "4"));
    assert_said(&fixture, "reserve garden 0 released v2\nlost garden\n");
    reserve_fixture_deinit(&fixture);
}

/* Else two nodes that have not forgotten it at the same moment would keep it alive for ever. */
static void test_level_claims_of_the_dead_are_not_taken(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    set_up(&fixture);
    reservation_node_down(fixture.reservation, "node-c");
    reserve_asked(&fixture, 7, GARDEN("open", "4"));
    assert_int_equal(count(&fixture), 0);
    reserve_fixture_deinit(&fixture);
}

static void test_level_own_claims_are_nobody_elses_to_change(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    set_up(&fixture);
    const char *answer = reserve_asked(
        &fixture, 7,
        "{\"claims\":{\"node-a\":{\"boot\":500,\"names\":{\"lobby\":{\"password\":null,"
        "\"state\":\"open\",\"stamp\":1,\"version\":0}}}},"
        "\"gone\":{\"node-a\":{\"boot\":500,\"known\":9,\"names\":{\"garden\":0}}}}");
    assert_string_equal(
        answer, "{\"gone\":{\"node-a\":{\"boot\":500,\"known\":0,\"names\":{\"lobby\":0}}}}");
    assert_int_equal(count(&fixture), 0);
    reserve_fixture_deinit(&fixture);
}

static void test_level_change_is_passed_on_to_the_other_links(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    set_up(&fixture);
    assert_int_equal(reservation_link_up(fixture.reservation, 9, "node-c", false), 0);
    reserve_pass_ms(&fixture, 0);
    reserve_answered(&fixture, 9, "{}");
    buf_clear(&fixture.said);
    reserve_asked(&fixture, 9, GARDEN("open", "4"));
    reserve_pass_ms(&fixture, 1);
    buf_add_byte(&fixture.said, '\0');
    assert_non_null(strstr(fixture.said.bytes, "tell ")); /* to the plain peers, too */
    assert_non_null(strstr(fixture.said.bytes, "request 7 {\"sum\":\""));
    assert_null(strstr(fixture.said.bytes, "request 9"));
    reserve_fixture_deinit(&fixture);
}

static void test_level_gap_is_closed_by_a_whole_round_with_one_who_knows(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    set_up(&fixture);
    reserve_hears(&fixture, "node-c", "garden", 0, CLAIM_OPEN, 900, 3); /* 1 and 2 are missing */
    assert_int_equal(node_c(&fixture)->known, 0);
    reserve_pass_ms(&fixture, 1);
    reserve_answered(&fixture, 7,
                     "{\"known\":{\"node-c\":{\"boot\":1,\"version\":2}},\"wanted\":{\"\":0}}");
    assert_true(node_c(&fixture)->is_behind); /* the round goes on */
    reserve_answered(&fixture, 7, "{}");
    assert_false(node_c(&fixture)->is_behind);
    assert_int_equal(node_c(&fixture)->known, 3);
    reserve_fixture_deinit(&fixture);
}

static void test_level_round_that_was_cut_closes_no_gap_and_is_repeated(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    set_up(&fixture);
    reserve_hears(&fixture, "node-c", "garden", 0, CLAIM_OPEN, 900, 3);
    reserve_pass_ms(&fixture, 1);
    buf_clear(&fixture.said);
    reserve_answered(&fixture, 7,
                     "{\"known\":{\"node-c\":{\"boot\":1,\"version\":2}},\"more\":true}");
    assert_true(node_c(&fixture)->is_behind);
    assert_said(&fixture, "");
    reserve_pass_ms(&fixture, 1);
    assert_true(fixture.said.len > 0);
    reserve_fixture_deinit(&fixture);
}

/* Else another neighbour, who missed the drop too, could bring the claim back again and again. */
static void test_level_claim_that_is_gone_leaves_the_list_behind_until_it_is_level(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    set_up(&fixture);
    reserve_hears(&fixture, "node-c", "garden", 0, CLAIM_OPEN, 900, 1);
    reserve_pass_ms(&fixture, RESERVE_DIGEST_MS);
    reserve_answered(&fixture, 7,
                     "{\"gone\":{\"node-c\":{\"boot\":1,\"known\":2,\"names\":{\"garden\":0}}}}");
    assert_int_equal(count(&fixture), 0);
    assert_true(node_c(&fixture)->is_behind);
    buf_clear(&fixture.said);
    reserve_pass_ms(&fixture, 1);
    assert_said(&fixture, "request 7 {\"sum\":\"0000000000000000\",\"behind\":{\"node-c\":1}}\n");
    reserve_answered(&fixture, 7, "{\"known\":{\"node-c\":{\"boot\":1,\"version\":2}}}");
    assert_false(node_c(&fixture)->is_behind);
    assert_string_equal(
        reserve_asked(&fixture, 7, GARDEN("open", "1")),
        "{\"gone\":{\"node-c\":{\"boot\":1,\"known\":2,\"names\":{\"garden\":0}}}}");
    assert_int_equal(count(&fixture), 0);
    reserve_fixture_deinit(&fixture);
}

static void test_level_link_that_goes_down_takes_its_round_with_it(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    set_up(&fixture);
    reserve_pass_ms(&fixture, RESERVE_DIGEST_MS);
    reservation_link_down(fixture.reservation, 7);
    reserve_answered(&fixture, 7, GARDEN("open", "4"));
    assert_int_equal(count(&fixture), 0);
    reservation_link_down(fixture.reservation, 7);
    reserve_fixture_deinit(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_level_asks_a_link_of_our_kind_once_a_second),
        cmocka_unit_test(test_level_waits_for_an_answer_and_asks_anew_when_none_comes),
        cmocka_unit_test(test_level_answer_of_another_round_is_ignored),
        cmocka_unit_test(test_level_takes_what_a_neighbour_has),
        cmocka_unit_test(test_level_digest_that_outruns_a_claim_casts_the_vote),
        cmocka_unit_test(test_level_digest_casts_a_no_on_a_claim_that_is_beaten),
        cmocka_unit_test(test_level_better_claim_by_a_digest_makes_ours_lost),
        cmocka_unit_test(test_level_claims_of_the_dead_are_not_taken),
        cmocka_unit_test(test_level_own_claims_are_nobody_elses_to_change),
        cmocka_unit_test(test_level_change_is_passed_on_to_the_other_links),
        cmocka_unit_test(test_level_gap_is_closed_by_a_whole_round_with_one_who_knows),
        cmocka_unit_test(test_level_round_that_was_cut_closes_no_gap_and_is_repeated),
        cmocka_unit_test(test_level_claim_that_is_gone_leaves_the_list_behind_until_it_is_level),
        cmocka_unit_test(test_level_link_that_goes_down_takes_its_round_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

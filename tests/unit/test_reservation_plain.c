/* test_reservation_plain.c — peers that know the notes alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "reserve_fixture.h"

/* The last claim goes: all are told, and the plain peer beside us once more, behind what we
 * forwarded to it. */
#define DROPPED(name, version) "unreserve " name " " version "\ntell plain-p unreserve " name "\n"

/* node-b is of our kind; plain-p and plain-q know the notes, plain-p has a link with this node. */
static void set_up(struct reserve_fixture *fixture)
{
    reserve_fixture_init(fixture, RESERVE_AVAILABLE);
    reserve_up(fixture, "node-b");
    reserve_plain_up(fixture, "plain-p");
    reserve_plain_up(fixture, "plain-q");
    assert_int_equal(reservation_link_up(fixture->reservation, 8, "plain-p", true), 0);
}

static bool reserves(struct reserve_fixture *fixture, const char *peer, const char *name,
                     unsigned password)
{
    struct password_hash hash = test_hash(password);
    return reservation_plain_reserve(fixture->reservation, peer, name, strlen(name), &hash,
                                     strcmp(peer, "plain-p") == 0);
}

static bool unreserves(struct reserve_fixture *fixture, const char *peer, const char *name)
{
    return reservation_plain_unreserve(fixture->reservation, peer, name, strlen(name));
}

static void answers(struct reserve_fixture *fixture, const char *peer, enum claim_command_kind kind,
                    const char *name, bool is_ok)
{
    reservation_plain_answer(fixture->reservation, peer, kind, name, strlen(name), is_ok);
}

/* This node has the channel open, and all heard of it. */
static void open_here(struct reserve_fixture *fixture, const char *name, unsigned password)
{
    assert_int_equal(reserve_open(fixture, name, password), RESERVE_WAITS);
    reserve_pass_ms(fixture, RESERVE_VOTE_MS);
    buf_clear(&fixture->said);
}

static size_t count(const struct reserve_fixture *fixture)
{
    return reservation_table(fixture->reservation)->count;
}

static void test_plain_peer_beside_us_is_held_an_open_claim_stamped_on_arrival(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    set_up(&fixture);
    assert_true(reserves(&fixture, "plain-p", "garden", 1));
    assert_said(&fixture, "reserve garden 1 open 1000/node-a v1\n");
    assert_true(reserves(&fixture, "plain-p", "garden", 1));
    assert_said(&fixture, "");
    assert_int_equal(reserve_open(&fixture, "garden", 2), RESERVE_REFUSED);
    assert_int_equal(reserve_open(&fixture, "garden", 1), RESERVE_GRANTED);
    assert_said(&fixture, "");
    reserve_fixture_deinit(&fixture);
}

static void test_plain_peer_from_afar_is_held_by_those_beside_it(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    set_up(&fixture);
    assert_true(reserves(&fixture, "plain-q", "garden", 1));
    assert_said(&fixture, "");
    assert_int_equal(count(&fixture), 0);
    reserve_fixture_deinit(&fixture);
}

static void test_plain_peer_that_leaves_frees_the_name(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    set_up(&fixture);
    assert_true(reserves(&fixture, "plain-p", "garden", 1));
    assert_true(unreserves(&fixture, "plain-p", "garden"));
    assert_said(&fixture, "reserve garden 1 open 1000/node-a v1\n" DROPPED("garden", "v2"));
    assert_int_equal(count(&fixture), 0);
    reserve_fixture_deinit(&fixture);
}

static void test_plain_peer_that_leaves_hears_still_open_from_those_with_clients(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    set_up(&fixture);
    assert_true(reserves(&fixture, "plain-p", "garden", 1));
    assert_int_equal(reserve_open(&fixture, "garden", 1), RESERVE_GRANTED);
    assert_false(unreserves(&fixture, "plain-p", "garden"));
    assert_int_equal(count(&fixture), 1);
    reserve_fixture_deinit(&fixture);
}

static void test_plain_peer_that_reserves_a_taken_name_lost_it(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    set_up(&fixture);
    open_here(&fixture, "garden", 1);
    assert_false(reserves(&fixture, "plain-p", "garden", 2));
    assert_false(reservation_takes_from(fixture.reservation, "plain-p", "garden", 6));
    assert_false(reservation_gives_to(fixture.reservation, "plain-p", "node-z", false, "garden", 6,
                                      "01010101", 8));
    assert_false(unreserves(&fixture, "plain-p", "garden"));
    assert_true(reservation_takes_from(fixture.reservation, "plain-p", "garden", 6));
    assert_true(reservation_gives_to(fixture.reservation, "plain-p", "node-z", false, "garden", 6,
                                     "01010101", 8));
    reserve_fixture_deinit(&fixture);
}

static void test_plain_peers_with_one_password_hear_each_other(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    set_up(&fixture);
    assert_true(reserves(&fixture, "plain-p", "garden", 1));
    /* plain-q joined in silence: it has what is open */
    assert_true(
        reservation_gives_to(fixture.reservation, "plain-p", "plain-q", true, "garden", 6, "", 0));
    assert_false(reserves(&fixture, "plain-q", "garden", 2)); /* and now it has another */
    assert_false(
        reservation_gives_to(fixture.reservation, "plain-p", "plain-q", true, "garden", 6, "", 0));
    reserve_fixture_deinit(&fixture);
}

static void test_plain_peer_that_takes_the_name_for_anothers_lost_it_no_more(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    set_up(&fixture);
    open_here(&fixture, "garden", 1);
    assert_false(reserves(&fixture, "plain-p", "garden", 2));
    reservation_plain_answer(fixture.reservation, "plain-p", CLAIM_RESERVE, "garden", 6, false);
    assert_false(reservation_takes_from(fixture.reservation, "plain-p", "garden", 6));
    reservation_plain_answer(fixture.reservation, "plain-p", CLAIM_RESERVE, "garden", 6, true);
    assert_true(reservation_takes_from(fixture.reservation, "plain-p", "garden", 6));
    reserve_fixture_deinit(&fixture);
}

static void test_plain_peer_that_gives_back_a_reservation_is_not_held_a_claim(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    set_up(&fixture);
    reserve_hears(&fixture, "node-b", "garden", 1, CLAIM_OPEN, 900, 1);
    assert_true(reserves(&fixture, "plain-p", "garden", 1));
    assert_said(&fixture, "");
    assert_int_equal(count(&fixture), 1);
    reserve_fixture_deinit(&fixture);
}

/* node-b answered `channel still open`, left, and only then the peer reserved again. */
static void test_plain_peer_that_reserves_what_it_left_is_asked_whether_it_means_it(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    set_up(&fixture);
    assert_true(unreserves(&fixture, "plain-p", "garden"));
    assert_true(reserves(&fixture, "plain-p", "garden", 1));
    assert_said(&fixture, "reserve garden 1 open 1000/node-a v1\ntell plain-p unreserve garden\n");
    answers(&fixture, "plain-p", CLAIM_UNRESERVE, "garden", true);
    assert_said(&fixture, DROPPED("garden", "v2"));
    reserve_fixture_deinit(&fixture);
}

static void test_plain_open_beats_our_open_that_is_still_voted_on(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    set_up(&fixture);
    assert_int_equal(reserve_open(&fixture, "garden", 1), RESERVE_WAITS);
    assert_said(&fixture, "reserve garden 1 tentative 1000/node-a v1\n");
    assert_true(reserves(&fixture, "plain-p", "garden", 2));
    assert_said(&fixture, DROPPED("garden", "v2") "reserve garden 2 open 1000/node-a v3\n"
                                                  "refused garden invalid password\n");
    reserve_fixture_deinit(&fixture);
}

static void test_plain_open_with_our_password_opens_ours(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    set_up(&fixture);
    assert_int_equal(reserve_open(&fixture, "garden", 1), RESERVE_WAITS);
    assert_true(reserves(&fixture, "plain-p", "garden", 1));
    assert_said(&fixture, "reserve garden 1 tentative 1000/node-a v1\n"
                          "reserve garden 1 open 1000/node-a v2\nopened garden 1\n");
    reserve_release(&fixture, "garden");
    assert_said(&fixture, ""); /* the peer has it still */
    assert_true(unreserves(&fixture, "plain-p", "garden"));
    assert_said(&fixture, DROPPED("garden", "v3"));
    reserve_fixture_deinit(&fixture);
}

static void test_plain_no_is_asked_whether_it_stands_when_all_others_said_yes(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    set_up(&fixture);
    assert_int_equal(reserve_open(&fixture, "garden", 1), RESERVE_WAITS);
    assert_said(&fixture, "reserve garden 1 tentative 1000/node-a v1\n");
    answers(&fixture, "plain-p", CLAIM_RESERVE, "garden", false); /* an old reservation */
    answers(&fixture, "plain-q", CLAIM_RESERVE, "garden", true);
    assert_said(&fixture, "");
    reserve_gets_vote(&fixture, "node-b", "garden", 1, true);
    assert_said(&fixture, "tell plain-p unreserve garden\n");
    answers(&fixture, "plain-p", CLAIM_UNRESERVE, "garden", true);
    assert_said(&fixture, "tell plain-p reserve garden 1\n"
                          "reserve garden 1 open 1000/node-a v2\nopened garden 1\n");
    reserve_fixture_deinit(&fixture);
}

static void test_plain_no_that_stands_refuses_the_open(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    set_up(&fixture);
    reservation_node_down(fixture.reservation, "plain-q");
    assert_int_equal(reserve_open(&fixture, "garden", 1), RESERVE_WAITS);
    reserve_gets_vote(&fixture, "node-b", "garden", 1, true);
    answers(&fixture, "plain-p", CLAIM_RESERVE, "garden", false);
    assert_said(&fixture, "reserve garden 1 tentative 1000/node-a v1\n"
                          "tell plain-p unreserve garden\n");
    answers(&fixture, "plain-p", CLAIM_UNRESERVE, "garden", false);
    assert_said(&fixture, DROPPED("garden", "v2") "refused garden invalid password\n");
    reserve_fixture_deinit(&fixture);
}

static void test_plain_still_open_makes_us_reserve_again_for_the_peer(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    set_up(&fixture);
    open_here(&fixture, "garden", 1);
    reserve_release(&fixture, "garden");
    assert_said(&fixture, DROPPED("garden", "v3"));
    answers(&fixture, "plain-q", CLAIM_UNRESERVE, "garden", false); /* it had joined in silence */
    assert_said(&fixture, "reserve garden 1 open 4000/node-a v4\n");
    assert_true(unreserves(&fixture, "plain-q", "garden"));
    assert_said(&fixture, DROPPED("garden", "v5"));
    reserve_fixture_deinit(&fixture);
}

/* plain-p joined in silence while the name was open; then an open of node-b with another password
 * was refused, which was the last claim to go. */
static void test_plain_still_open_after_a_refused_open_stands_for_what_was_open(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    set_up(&fixture);
    open_here(&fixture, "garden", 1);
    reserve_release(&fixture, "garden");
    reserve_hears(&fixture, "node-b", "garden", 2, CLAIM_TENTATIVE, 4000, 1);
    reserve_hears_unreserve(&fixture, "node-b", "garden", 2);
    buf_clear(&fixture.said);
    answers(&fixture, "plain-p", CLAIM_UNRESERVE, "garden", false);
    assert_said(&fixture, "reserve garden 1 open 4000/node-a v4\n");
    reserve_fixture_deinit(&fixture);
}

/* node-b's open was refused while ours stood, which plain-p had joined in silence. */
static void test_plain_still_open_beside_what_is_open_stands_for_that(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    set_up(&fixture);
    reserve_hears(&fixture, "node-b", "garden", 2, CLAIM_TENTATIVE, 2000, 1);
    open_here(&fixture, "garden", 1);
    reserve_hears_unreserve(&fixture, "node-b", "garden", 2);
    buf_clear(&fixture.said);
    answers(&fixture, "plain-p", CLAIM_UNRESERVE, "garden", false);
    assert_true(reservation_takes_from(fixture.reservation, "plain-p", "garden", 6));
    reserve_release(&fixture, "garden");
    buf_clear(&fixture.said);
    answers(&fixture, "plain-p", CLAIM_UNRESERVE, "garden", false);
    assert_said(&fixture, "reserve garden 1 open 4000/node-a v4\n");
    reserve_fixture_deinit(&fixture);
}

static void test_plain_still_open_after_a_refused_open_alone_stands_for_that(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    set_up(&fixture);
    reserve_hears(&fixture, "node-b", "garden", 2, CLAIM_TENTATIVE, 900, 1);
    reserve_hears_unreserve(&fixture, "node-b", "garden", 2);
    assert_said(&fixture, "tell plain-p unreserve garden\n");
    answers(&fixture, "plain-p", CLAIM_UNRESERVE, "garden", false);
    assert_said(&fixture, "reserve garden 2 open 1000/node-a v1\n");
    reserve_fixture_deinit(&fixture);
}

static void test_plain_still_open_of_a_name_that_is_anothers_by_now_is_lost(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    set_up(&fixture);
    open_here(&fixture, "garden", 1);
    reserve_release(&fixture, "garden");
    reserve_hears(&fixture, "node-b", "garden", 2, CLAIM_OPEN, 4000, 1);
    buf_clear(&fixture.said);
    answers(&fixture, "plain-p", CLAIM_UNRESERVE, "garden", false);
    assert_said(&fixture, "");
    assert_false(reservation_takes_from(fixture.reservation, "plain-p", "garden", 6));
    reserve_fixture_deinit(&fixture);
}

static void test_plain_peer_beside_us_frees_a_name_whose_last_claims_went_at_once(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    set_up(&fixture);
    reserve_hears(&fixture, "node-b", "garden", 1, CLAIM_OPEN, 900, 1);
    assert_int_equal(reserve_open(&fixture, "garden", 1), RESERVE_GRANTED);
    reserve_release(&fixture, "garden"); /* node-b has it, as far as we know */
    assert_said(&fixture, "reserve garden 1 open 900/node-b v1\nreserve garden 1 released v2\n");
    const struct claim_command command = {.kind = CLAIM_RESERVE,
                                          .name = "garden",
                                          .name_len = 6,
                                          .has_claim = true,
                                          .is_released = true,
                                          .boot = 1,
                                          .version = 2};
    reservation_command(fixture.reservation, "node-b", &command); /* which thought we had */
    assert_said(&fixture, "tell plain-p unreserve garden\n");
    reserve_fixture_deinit(&fixture);
}

static void test_plain_peer_beside_us_learns_the_password_that_won(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    set_up(&fixture);
    open_here(&fixture, "garden", 1);
    reserve_hears(&fixture, "node-b", "garden", 2, CLAIM_OPEN, 999, 1);
    assert_said(&fixture, "reserve garden 2 released v3\ntell plain-p unreserve garden\n"
                          "tell plain-p reserve garden 2\nlost garden\n");
    reserve_fixture_deinit(&fixture);
}

static void test_plain_peer_loses_with_the_claim_that_stood_for_it(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    set_up(&fixture);
    assert_true(reserves(&fixture, "plain-p", "garden", 1));
    assert_true(reservation_takes_from(fixture.reservation, "plain-p", "garden", 6));
    reserve_hears(&fixture, "node-b", "garden", 2, CLAIM_OPEN, 999, 1);
    assert_false(reservation_takes_from(fixture.reservation, "plain-p", "garden", 6));
    buf_clear(&fixture.said);
    reserve_hears_unreserve(&fixture, "node-b", "garden", 2);
    assert_said(&fixture, "tell plain-p unreserve garden\n"); /* it may have it now */
    answers(&fixture, "plain-p", CLAIM_UNRESERVE, "garden", false);
    assert_said(&fixture, "reserve garden 1 open 1000/node-a v3\n");
    assert_true(reservation_takes_from(fixture.reservation, "plain-p", "garden", 6));
    reserve_fixture_deinit(&fixture);
}

static void test_plain_peer_that_died_is_forgotten_after_the_grace(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    set_up(&fixture);
    assert_true(reserves(&fixture, "plain-p", "garden", 1));
    reservation_node_down(fixture.reservation, "plain-p");
    reservation_link_down(fixture.reservation, 8);
    reserve_pass_ms(&fixture, RESERVE_GRACE_MS - 1);
    assert_said(&fixture, "reserve garden 1 open 1000/node-a v1\n");
    reserve_pass_ms(&fixture, 1);
    assert_said(&fixture, "unreserve garden v2\n");
    reserve_fixture_deinit(&fixture);
}

static void test_plain_peer_that_became_one_of_our_kind_owns_its_claims_itself(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    set_up(&fixture);
    assert_true(reserves(&fixture, "plain-p", "garden", 1));
    reserve_up(&fixture, "plain-p");
    assert_said(&fixture, "reserve garden 1 open 1000/node-a v1\n" DROPPED("garden", "v2"));
    reserve_fixture_deinit(&fixture);
}

static void test_plain_list_is_kept_in_step(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    struct password_hash one = test_hash(1), two = test_hash(2);
    set_up(&fixture);
    open_here(&fixture, "garden", 1);
    reservation_plain_listed(fixture.reservation, "plain-p", "garden", 6, &one, true);
    assert_said(&fixture, "");
    reservation_plain_listed(fixture.reservation, "plain-p", "garden", 6, &two, true);
    assert_said(&fixture, "tell plain-p unreserve garden\ntell plain-p reserve garden 1\n");
    reservation_plain_listed(fixture.reservation, "plain-p", "lobby", 5, &two, true);
    assert_said(&fixture, "tell plain-p unreserve lobby\n");
    answers(&fixture, "plain-p", CLAIM_UNRESERVE, "lobby", false);
    assert_said(&fixture, "reserve lobby 2 open 4000/node-a v3\n");
    reserve_fixture_deinit(&fixture);
}

/* Ticks so many seconds long; what is said then is of the last of them. */
static void pass_seconds(struct reserve_fixture *fixture, unsigned seconds)
{
    for (unsigned i = 0; i < seconds; i++)
        reserve_pass_ms(fixture, RESERVE_DIGEST_MS);
}

static void test_plain_peer_that_says_that_it_stands_is_asked_ever_more_rarely(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    set_up(&fixture);
    assert_true(reserves(&fixture, "plain-p", "garden", 1));
    buf_clear(&fixture.said);
    static const unsigned seconds[] = {1, 2, 4, 8, 8, 8};
    for (size_t i = 0; i < sizeof(seconds) / sizeof(*seconds); i++) {
        pass_seconds(&fixture, seconds[i] - 1);
        assert_said(&fixture, "");
        pass_seconds(&fixture, 1);
        assert_said(&fixture, "tell plain-p unreserve garden\n");
        answers(&fixture, "plain-p", CLAIM_UNRESERVE, "garden", false);
    }
    assert_true(unreserves(&fixture, "plain-p", "garden"));
    assert_true(reserves(&fixture, "plain-p", "garden", 2)); /* something has changed */
    buf_clear(&fixture.said);
    pass_seconds(&fixture, 1);
    assert_said(&fixture, "tell plain-p unreserve garden\n");
    pass_seconds(&fixture, 1); /* it did not answer */
    assert_said(&fixture, "tell plain-p unreserve garden\n");
    reserve_fixture_deinit(&fixture);
}

static void test_plain_peer_whose_leaving_was_not_heard_is_asked(void **state)
{
    (void)state;
    struct reserve_fixture fixture;
    set_up(&fixture);
    assert_true(reserves(&fixture, "plain-p", "garden", 1));
    buf_clear(&fixture.said);
    reserve_pass_ms(&fixture, RESERVE_DIGEST_MS);
    assert_said(&fixture, "tell plain-p unreserve garden\n");
    answers(&fixture, "plain-p", CLAIM_UNRESERVE, "garden", false);
    assert_said(&fixture, "");
    assert_int_equal(count(&fixture), 1);
    pass_seconds(&fixture, 2);
    buf_clear(&fixture.said);
    answers(&fixture, "plain-p", CLAIM_UNRESERVE, "garden", true);
    assert_said(&fixture, DROPPED("garden", "v2"));
    reserve_fixture_deinit(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_peer_beside_us_is_held_an_open_claim_stamped_on_arrival),
        cmocka_unit_test(test_plain_peer_from_afar_is_held_by_those_beside_it),
        cmocka_unit_test(test_plain_peer_that_leaves_frees_the_name),
        cmocka_unit_test(test_plain_peer_that_leaves_hears_still_open_from_those_with_clients),
        cmocka_unit_test(test_plain_peer_that_reserves_a_taken_name_lost_it),
        cmocka_unit_test(test_plain_peer_that_gives_back_a_reservation_is_not_held_a_claim),
        cmocka_unit_test(test_plain_peer_that_reserves_what_it_left_is_asked_whether_it_means_it),
        cmocka_unit_test(test_plain_open_beats_our_open_that_is_still_voted_on),
        cmocka_unit_test(test_plain_open_with_our_password_opens_ours),
        cmocka_unit_test(test_plain_no_is_asked_whether_it_stands_when_all_others_said_yes),
        cmocka_unit_test(test_plain_no_that_stands_refuses_the_open),
        cmocka_unit_test(test_plain_still_open_makes_us_reserve_again_for_the_peer),
        cmocka_unit_test(test_plain_still_open_after_a_refused_open_stands_for_what_was_open),
        cmocka_unit_test(test_plain_still_open_beside_what_is_open_stands_for_that),
        cmocka_unit_test(test_plain_still_open_after_a_refused_open_alone_stands_for_that),
        cmocka_unit_test(test_plain_still_open_of_a_name_that_is_anothers_by_now_is_lost),
        cmocka_unit_test(test_plain_peer_beside_us_frees_a_name_whose_last_claims_went_at_once),
        cmocka_unit_test(test_plain_peer_beside_us_learns_the_password_that_won),
        cmocka_unit_test(test_plain_peer_loses_with_the_claim_that_stood_for_it),
        cmocka_unit_test(test_plain_peer_that_died_is_forgotten_after_the_grace),
        cmocka_unit_test(test_plain_peer_that_became_one_of_our_kind_owns_its_claims_itself),
        cmocka_unit_test(test_plain_list_is_kept_in_step),
        cmocka_unit_test(test_plain_peers_with_one_password_hear_each_other),
        cmocka_unit_test(test_plain_peer_that_takes_the_name_for_anothers_lost_it_no_more),
        cmocka_unit_test(test_plain_peer_that_says_that_it_stands_is_asked_ever_more_rarely),
        cmocka_unit_test(test_plain_peer_whose_leaving_was_not_heard_is_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_claim.c — the order of winners, living together, and a message's tag. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "reserve/claim.h"
#include "reserve_fixture.h"

static void test_claim_open_goes_before_an_older_tentative_one(void **state)
{
    (void)state;
    struct claim open = test_claim("garden", 1, CLAIM_OPEN, 2000, "node-b");
    struct claim tentative = test_claim("garden", 2, CLAIM_TENTATIVE, 1000, "node-a");
    assert_true(claim_compare(&open, &tentative) < 0);
    assert_true(claim_compare(&tentative, &open) > 0);
}

static void test_claim_older_stamp_goes_first_then_the_smaller_node(void **state)
{
    (void)state;
    struct claim old = test_claim("garden", 2, CLAIM_OPEN, 1000, "node-b");
    struct claim young = test_claim("garden", 1, CLAIM_OPEN, 1001, "node-a");
    struct claim other = test_claim("garden", 1, CLAIM_OPEN, 1000, "node-c");
    assert_true(claim_compare(&old, &young) < 0);
    assert_true(claim_compare(&old, &other) < 0);
}

static void test_claim_smaller_hash_decides_between_equal_stamps(void **state)
{
    (void)state;
    struct claim none = test_claim("garden", 0, CLAIM_OPEN, 1000, "node-a");
    struct claim one = test_claim("garden", 1, CLAIM_OPEN, 1000, "node-a");
    struct claim two = test_claim("garden", 2, CLAIM_OPEN, 1000, "node-a");
    assert_true(claim_compare(&one, &two) < 0);
    assert_true(claim_compare(&none, &one) < 0);
    assert_int_equal(claim_compare(&one, &one), 0);
}

static void test_claim_same_hash_lives_together_whatever_the_order(void **state)
{
    (void)state;
    struct claim old = test_claim("garden", 1, CLAIM_OPEN, 1000, "node-a");
    struct claim young = test_claim("garden", 1, CLAIM_TENTATIVE, 2000, "node-b");
    struct claim other = test_claim("garden", 2, CLAIM_TENTATIVE, 2000, "node-b");
    assert_true(claim_lives_with(&old, &young));
    assert_false(claim_beats(&old, &young));
    assert_true(claim_beats(&old, &other));
    assert_false(claim_beats(&other, &old));
}

static void test_claim_tag_is_the_first_eight_digits(void **state)
{
    (void)state;
    struct password_hash hash = test_hash(0xab);
    char tag[CLAIM_TAG_LEN + 1];
    claim_tag(&hash, tag);
    assert_string_equal(tag, "abababab");
    assert_true(claim_tag_matches(&hash, "abababab", 8));
    assert_false(claim_tag_matches(&hash, "abababac", 8));
    assert_false(claim_tag_matches(&hash, "abababa", 7));
    assert_false(claim_tag_matches(&hash, "ababababa", 9));
    assert_false(claim_tag_matches(&hash, NULL, 0));
}

static void test_claim_open_channel_has_no_tag_and_takes_none(void **state)
{
    (void)state;
    struct password_hash hash = test_hash(0);
    char tag[CLAIM_TAG_LEN + 1];
    claim_tag(&hash, tag);
    assert_string_equal(tag, "");
    assert_true(claim_tag_matches(&hash, NULL, 0));
    assert_false(claim_tag_matches(&hash, "abababab", 8));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_claim_open_goes_before_an_older_tentative_one),
        cmocka_unit_test(test_claim_older_stamp_goes_first_then_the_smaller_node),
        cmocka_unit_test(test_claim_smaller_hash_decides_between_equal_stamps),
        cmocka_unit_test(test_claim_same_hash_lives_together_whatever_the_order),
        cmocka_unit_test(test_claim_tag_is_the_first_eight_digits),
        cmocka_unit_test(test_claim_open_channel_has_no_tag_and_takes_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_rate.c — so many a second, and so many at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "relay/rate.h"

#define START_MS UINT64_C(5000000)

static unsigned take_until_empty(struct rate *rate, double per_second, double burst,
                                 uint64_t now_ms)
{
    unsigned taken = 0;
    while (taken < 100000 && rate_take(rate, per_second, burst, 1, now_ms))
        taken++;
    return taken;
}

static void test_rate_gives_its_burst_at_once_and_not_one_more(void **state)
{
    (void)state;
    struct rate rate;
    rate_init(&rate, 2000, START_MS);
    for (int i = 0; i < 2000; i++)
        assert_true(rate_take(&rate, 1000, 2000, 1, START_MS));
    assert_false(rate_take(&rate, 1000, 2000, 1, START_MS));
}

static void test_rate_fills_with_time(void **state)
{
    (void)state;
    struct rate rate;
    rate_init(&rate, 2000, START_MS);
    assert_int_equal(take_until_empty(&rate, 1000, 2000, START_MS), 2000);
    assert_int_equal(take_until_empty(&rate, 1000, 2000, START_MS + 1), 1);
    assert_int_equal(take_until_empty(&rate, 1000, 2000, START_MS + 501), 500);
}

static void test_rate_keeps_the_fraction_of_a_message(void **state)
{
    (void)state;
    struct rate rate;
    rate_init(&rate, 1, START_MS);
    assert_true(rate_take(&rate, 2, 1, 1, START_MS));
    assert_false(rate_take(&rate, 2, 1, 1, START_MS + 250));
    assert_false(rate_take(&rate, 2, 1, 1, START_MS + 499));
    assert_true(rate_take(&rate, 2, 1, 1, START_MS + 500));
}

static void test_rate_counts_no_time_twice_when_it_refuses(void **state)
{
    (void)state;
    struct rate rate;
    rate_init(&rate, 1, START_MS);
    assert_true(rate_take(&rate, 1, 1, 1, START_MS));
    for (uint64_t ms = 100; ms < 1000; ms += 100)
        assert_false(rate_take(&rate, 1, 1, 1, START_MS + ms));
}

static void test_rate_never_fills_over_its_burst(void **state)
{
    (void)state;
    struct rate rate;
    rate_init(&rate, 10, START_MS);
    assert_int_equal(take_until_empty(&rate, 1000, 10, START_MS + 3600 * 1000), 10);
}

static void test_rate_takes_a_cost_that_is_there_and_none_that_is_not(void **state)
{
    (void)state;
    struct rate rate;
    rate_init(&rate, 100, START_MS);
    assert_false(rate_take(&rate, 1, 100, 100.5, START_MS));
    assert_true(rate_take(&rate, 1, 100, 100, START_MS));
    assert_true(rate_take(&rate, 1, 100, 0, START_MS));
}

static void test_rate_refusal_costs_nothing(void **state)
{
    (void)state;
    struct rate rate;
    rate_init(&rate, 5, START_MS);
    assert_false(rate_take(&rate, 1, 5, 6, START_MS));
    assert_int_equal(take_until_empty(&rate, 1, 5, START_MS), 5);
}

static void test_rate_burst_under_one_counts_as_one(void **state)
{
    (void)state;
    struct rate rate;
    rate_init(&rate, 0, START_MS);
    assert_int_equal(take_until_empty(&rate, 1, 0, START_MS), 1);
    assert_int_equal(take_until_empty(&rate, 1, 0.5, START_MS + 999), 0);
    assert_int_equal(take_until_empty(&rate, 1, 0.5, START_MS + 5000), 1);
}

static void test_rate_smaller_burst_holds_from_the_next_call(void **state)
{
    (void)state;
    struct rate rate;
    rate_init(&rate, 2000, START_MS);
    assert_int_equal(take_until_empty(&rate, 1000, 10, START_MS), 10);
}

static void test_rate_larger_burst_is_filled_by_time_alone(void **state)
{
    (void)state;
    struct rate rate;
    rate_init(&rate, 10, START_MS);
    assert_int_equal(take_until_empty(&rate, 100, 2000, START_MS), 10);
    assert_int_equal(take_until_empty(&rate, 100, 2000, START_MS + 20000), 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rate_gives_its_burst_at_once_and_not_one_more),
        cmocka_unit_test(test_rate_fills_with_time),
        cmocka_unit_test(test_rate_keeps_the_fraction_of_a_message),
        cmocka_unit_test(test_rate_counts_no_time_twice_when_it_refuses),
        cmocka_unit_test(test_rate_never_fills_over_its_burst),
        cmocka_unit_test(test_rate_takes_a_cost_that_is_there_and_none_that_is_not),
        cmocka_unit_test(test_rate_refusal_costs_nothing),
        cmocka_unit_test(test_rate_burst_under_one_counts_as_one),
        cmocka_unit_test(test_rate_smaller_burst_holds_from_the_next_call),
        cmocka_unit_test(test_rate_larger_burst_is_filled_by_time_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_lag.c — turns of the loop by their length. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/lag.h"

static void test_lag_a_turn_of_just_the_bound_belongs_below_it(void **state)
{
    (void)state;
    for (unsigned class = 0; class < LAG_LONGER; class ++) {
        struct lag lag = {0};
        lag_add(&lag, lag_bound_ms(class));
        assert_int_equal(lag.turns[class], 1);
        lag_add(&lag, lag_bound_ms(class) + 1);
        assert_int_equal(lag.turns[class], 1);
        assert_int_equal(lag.turns[class + 1], 1);
    }
}

static void test_lag_no_tick_belongs_to_the_shortest_and_hours_to_the_last(void **state)
{
    (void)state;
    struct lag lag = {0};
    lag_add(&lag, 0);
    lag_add(&lag, 3600 * 1000);
    assert_int_equal(lag.turns[0], 1);
    assert_int_equal(lag.turns[LAG_LONGER], 1);
    assert_int_equal(lag.sum_ms, 3600 * 1000);
}

static void test_lag_bounds_grow(void **state)
{
    (void)state;
    for (unsigned class = 1; class < LAG_LONGER; class ++)
        assert_true(lag_bound_ms(class) > lag_bound_ms(class - 1));
}

/* As the clock's ticks fall: of turns of a tenth of a tick every tenth meets one. */
static void test_lag_sum_of_short_turns_is_true(void **state)
{
    (void)state;
    struct lag lag = {0};
    for (uint64_t i = 0; i < 1000; i++) {
        uint64_t began_us = i * 700, ended_us = began_us + 100;
        lag_add(&lag, ended_us / 1000 - began_us / 1000);
    }
    assert_int_equal(lag.sum_ms, 100);
    assert_int_equal(lag.turns[0], 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lag_a_turn_of_just_the_bound_belongs_below_it),
        cmocka_unit_test(test_lag_no_tick_belongs_to_the_shortest_and_hours_to_the_last),
        cmocka_unit_test(test_lag_bounds_grow),
        cmocka_unit_test(test_lag_sum_of_short_turns_is_true),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

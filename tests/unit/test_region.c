/* test_region.c — the distances between regions are distances. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/region.h"

static void test_region_is_as_far_there_as_back(void **state)
{
    (void)state;
    for (unsigned a = 0; a < REGION_COUNT; a++) {
        for (unsigned b = 0; b < REGION_COUNT; b++)
            assert_int_equal(region_delay_us(a, b), region_delay_us(b, a));
    }
}

static void test_region_itself_is_nearest(void **state)
{
    (void)state;
    for (unsigned a = 0; a < REGION_COUNT; a++) {
        for (unsigned b = 0; b < REGION_COUNT; b++)
            assert_true(a == b ? region_delay_us(a, b) == 400 : region_delay_us(a, b) > 10000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_region_is_as_far_there_as_back),
        cmocka_unit_test(test_region_itself_is_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

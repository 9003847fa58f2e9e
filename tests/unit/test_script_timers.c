/* test_script_timers.c — the heap: what is due comes out, in order, each once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "script/timers.h"

#define COUNT 500

static void test_timers_empty_has_nothing_due(void **state)
{
    (void)state;
    struct timers timers = {0};
    struct timer timer = {0};
    assert_true(timers_due_ms(&timers) == UINT64_MAX);
    assert_null(timers_pop(&timers, UINT64_MAX - 1));
    timers_remove(&timers, &timer);
    timers_deinit(&timers);
}

static void test_timers_come_when_they_are_due_and_not_before(void **state)
{
    (void)state;
    struct timers timers = {0};
    struct timer late = {0}, early = {0};
    assert_int_equal(timers_add(&timers, &late, 20), 0);
    assert_int_equal(timers_add(&timers, &early, 10), 0);
    assert_int_equal(timers_due_ms(&timers), 10);
    assert_null(timers_pop(&timers, 9));
    assert_ptr_equal(timers_pop(&timers, 10), &early);
    assert_null(timers_pop(&timers, 19));
    assert_ptr_equal(timers_pop(&timers, 100), &late);
    assert_null(timers_pop(&timers, 100));
    timers_deinit(&timers);
}

/* Many, some of them taken out in between: those that are left come in the order of their time. */
static void test_timers_many_keep_their_order(void **state)
{
    (void)state;
    static struct timer all[COUNT];
    struct timers timers = {0};
    uint64_t seed = 7, last = 0;
    size_t popped = 0, removed = 0;
    memset(all, 0, sizeof all);
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(
            timers_add(&timers, &all[i], (seed = seed * 6364136223846793005u + 1) >> 54), 0);
    for (size_t i = 0; i < COUNT; i += 3, removed++) {
        timers_remove(&timers, &all[i]);
        assert_int_equal(all[i].place, 0);
    }
    for (struct timer *timer; (timer = timers_pop(&timers, 2000)) != NULL; popped++) {
        assert_true(timer->due_ms >= last);
        assert_int_not_equal((timer - all) % 3, 0);
        last = timer->due_ms;
    }
    assert_int_equal(popped + removed, COUNT);
    timers_deinit(&timers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_timers_empty_has_nothing_due),
        cmocka_unit_test(test_timers_come_when_they_are_due_and_not_before),
        cmocka_unit_test(test_timers_many_keep_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_event_queue.c — virtual time goes forward, event by event. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "dice.h"
#include "sim/event_queue.h"

struct record {
    struct event_queue queue;
    uint64_t last_us;
    unsigned last, fired;
    bool is_in_order;
};

static void note(void *context, void *payload)
{
    struct record *record = context;
    unsigned number = payload ? *(unsigned *)payload : 0;
    if (record->queue.now_us < record->last_us ||
        (record->queue.now_us == record->last_us && number < record->last))
        record->is_in_order = false;
    record->last_us = record->queue.now_us;
    record->last = number;
    record->fired++;
    free(payload);
}

static void add(struct record *record, uint64_t at_us, unsigned number)
{
    unsigned *payload = malloc(sizeof(*payload));
    assert_non_null(payload);
    *payload = number;
    event_queue_add(&record->queue, at_us, note, record, payload);
}

static void test_event_queue_fires_by_time_and_then_by_age(void **state)
{
    (void)state;
    struct record record = {.is_in_order = true};
    struct dice dice = {5};
    for (unsigned i = 0; i < 5000; i++)
        add(&record, dice_roll(&dice, 500), i);
    event_queue_run(&record.queue, 1000);
    assert_int_equal(record.fired, 5000);
    assert_true(record.is_in_order);
    event_queue_deinit(&record.queue);
}

static void test_event_queue_runs_until_a_time_and_with_it(void **state)
{
    (void)state;
    struct record record = {.is_in_order = true};
    add(&record, 10, 0);
    add(&record, 11, 1);
    event_queue_run(&record.queue, 10);
    assert_int_equal(record.fired, 1);
    assert_int_equal(record.queue.now_us, 10);
    event_queue_run(&record.queue, 50);
    assert_int_equal(record.fired, 2);
    assert_int_equal(record.queue.now_us, 50);
    event_queue_deinit(&record.queue);
}

static void add_one_more(void *context, void *payload)
{
    struct record *record = context;
    free(payload);
    add(record, 3, 0); /* which is past: now */
}

static void test_event_queue_fires_what_is_added_meanwhile(void **state)
{
    (void)state;
    struct record record = {.is_in_order = true};
    event_queue_add(&record.queue, 5, add_one_more, &record, NULL);
    event_queue_run(&record.queue, 5);
    assert_int_equal(record.fired, 1);
    assert_int_equal(record.last_us, 5);
    event_queue_deinit(&record.queue);
}

static void test_event_queue_frees_what_never_fires(void **state)
{
    (void)state;
    struct record record = {0};
    add(&record, 10, 0);
    event_queue_deinit(&record.queue);
    assert_int_equal(record.fired, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_event_queue_fires_by_time_and_then_by_age),
        cmocka_unit_test(test_event_queue_runs_until_a_time_and_with_it),
        cmocka_unit_test(test_event_queue_fires_what_is_added_meanwhile),
        cmocka_unit_test(test_event_queue_frees_what_never_fires),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

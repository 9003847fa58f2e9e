/* test_dial_table.c — whom to dial, and when again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mesh/dial_table.h"

static struct dial *add(struct dial_table *table, const char *name, uint64_t now_ms)
{
    struct dial *dial = NULL;
    assert_int_equal(dial_table_add(table, name, "ws://x/", "t", true, now_ms, &dial), 0);
    return dial;
}

static void test_dial_table_a_new_one_is_due_at_once(void **state)
{
    (void)state;
    struct dial_table table;
    dial_table_init(&table);
    struct dial *dial = add(&table, "n", 1000);
    assert_null(dial_table_next_due(&table, 999));
    assert_ptr_equal(dial_table_next_due(&table, 1000), dial);
    assert_int_equal(dial->state, DIAL_TRIES);
    assert_null(dial_table_next_due(&table, 9000));
    dial_table_deinit(&table);
}

static void test_dial_table_every_attempt_has_a_number_of_its_own(void **state)
{
    (void)state;
    struct dial_table table;
    dial_table_init(&table);
    struct dial *dial = add(&table, "n", 0);
    assert_ptr_equal(dial_table_next_due(&table, 0), dial);
    uint64_t first = dial->number;
    assert_ptr_equal(dial_table_find(&table, first), dial);
    dial_rest(dial, true, 0, 0);
    assert_null(dial_table_find(&table, first)); /* it rests: an answer finds nothing */
    assert_ptr_equal(dial_table_next_due(&table, 60000), dial);
    assert_int_not_equal(dial->number, first);
    assert_null(dial_table_find(&table, first));
    assert_ptr_equal(dial_table_find(&table, dial->number), dial);
    assert_null(dial_table_find(&table, 0));
    dial_table_deinit(&table);
}

static void test_dial_table_backs_off_to_half_a_minute(void **state)
{
    (void)state;
    struct dial_table table;
    dial_table_init(&table);
    struct dial *dial = add(&table, "n", 0);
    uint64_t most_ms = DIAL_BACKOFF_MIN_MS;
    for (uint32_t i = 0; i < 20; i++) {
        most_ms = most_ms * 2 < DIAL_BACKOFF_MAX_MS ? most_ms * 2 : DIAL_BACKOFF_MAX_MS;
        dial_rest(dial, true, 0, i * 2654435761u);
        assert_in_range(dial->due_ms, most_ms / 2, most_ms);
    }
    dial_rest(dial, false, 0, 12345);
    assert_in_range(dial->due_ms, DIAL_BACKOFF_MIN_MS / 2, DIAL_BACKOFF_MIN_MS);
    dial_table_deinit(&table);
}

static void test_dial_table_finds_whole_names_alone(void **state)
{
    (void)state;
    struct dial_table table;
    dial_table_init(&table);
    struct dial *dial = add(&table, "nn", 0);
    assert_ptr_equal(dial_table_named(&table, "nnx", 2), dial);
    assert_null(dial_table_named(&table, "nn", 1));
    assert_null(dial_table_named(&table, "nnn", 3));
    dial_table_remove(&table, dial);
    assert_null(dial_table_named(&table, "nn", 2));
    assert_int_equal(table.count + table.kept, 0);
    dial_table_deinit(&table);
}

static void test_dial_table_takes_so_many_and_no_more(void **state)
{
    (void)state;
    struct dial_table table;
    struct dial *dial = NULL;
    dial_table_init(&table);
    for (unsigned i = 0; i < DIALS_MAX; i++)
        add(&table, "n", 0);
    assert_int_equal(dial_table_add(&table, "n", "u", "t", false, 0, &dial), RELAY_EFULL);
    dial_table_deinit(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dial_table_a_new_one_is_due_at_once),
        cmocka_unit_test(test_dial_table_every_attempt_has_a_number_of_its_own),
        cmocka_unit_test(test_dial_table_backs_off_to_half_a_minute),
        cmocka_unit_test(test_dial_table_finds_whole_names_alone),
        cmocka_unit_test(test_dial_table_takes_so_many_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

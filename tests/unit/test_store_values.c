/* test_store_values.c — a store's items as SQLite's values, and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/store_values.h"

struct bench {
    sqlite3 *db;
    sqlite3_stmt *statement;
};

static int setup(void **state)
{
    static struct bench bench;
    assert_int_equal(sqlite3_open(":memory:", &bench.db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(bench.db, "SELECT ?", -1, &bench.statement, NULL),
                     SQLITE_OK);
    *state = &bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;
    sqlite3_finalize(bench->statement);
    return sqlite3_close(bench->db);
}

/* What comes back of it, through SQLite. */
static struct store_item passed(struct bench *bench, struct store_item item)
{
    sqlite3_reset(bench->statement);
    assert_int_equal(store_values_bind(bench->statement, 1, &item), SQLITE_OK);
    assert_int_equal(sqlite3_step(bench->statement), SQLITE_ROW);
    return store_values_column(bench->statement, 0);
}

static void test_store_values_come_back_as_they_were(void **state)
{
    struct store_item item =
        passed(*state, (struct store_item){.integer = INT64_MIN, .kind = STORE_INTEGER});
    assert_int_equal(item.kind, STORE_INTEGER);
    assert_int_equal(item.integer, INT64_MIN);
    item = passed(*state, (struct store_item){.kind = STORE_REAL, .real = -0.1});
    assert_int_equal(item.kind, STORE_REAL);
    assert_true(item.real == -0.1);
    item = passed(*state, (struct store_item){.kind = STORE_TEXT, .text = "a\0b", .len = 3});
    assert_int_equal(item.kind, STORE_TEXT);
    assert_int_equal(item.len, 3);
    assert_memory_equal(item.text, "a\0b", 3);
    item = passed(*state, (struct store_item){.kind = STORE_NIL});
    assert_int_equal(item.kind, STORE_NIL);
}

static void test_store_values_takes_no_parameter_that_is_none(void **state)
{
    struct bench *bench = *state;
    struct store_item item = {.kind = STORE_NIL};
    assert_int_equal(store_values_bind(bench->statement, 2, &item), SQLITE_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_store_values_come_back_as_they_were, setup, teardown),
        cmocka_unit_test_setup_teardown(test_store_values_takes_no_parameter_that_is_none, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

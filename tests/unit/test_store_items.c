/* test_store_items.c — what goes to a store and back, as bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/store_items.h"

static void test_store_items_come_back_as_they_were(void **state)
{
    (void)state;
    const struct store_item items[] = {
        {.kind = STORE_STATEMENT, .text = "SELECT ?", .len = 8},
        {.kind = STORE_INTEGER, .integer = INT64_MIN},
        {.kind = STORE_NIL},
        {.kind = STORE_REAL, .real = -0.1},
        {.kind = STORE_TEXT, .text = "a\0b", .len = 3},
        {.kind = STORE_TEXT, .text = "", .len = 0},
        {.kind = STORE_STATEMENT},
        {.kind = STORE_ROW, .integer = 7},
    };
    const size_t count = sizeof items / sizeof items[0];
    struct buf bytes = {0};
    struct store_item item;
    size_t at = 0;
    for (size_t i = 0; i < count; i++)
        store_items_add(&bytes, &items[i]);
    for (size_t i = 0; i < count; i++) {
        assert_true(store_items_next(&bytes, &at, &item));
        assert_int_equal(item.kind, items[i].kind);
        assert_int_equal(item.integer, items[i].integer);
        assert_true(item.real == items[i].real);
        assert_int_equal(item.len, items[i].len);
        if (item.len)
            assert_memory_equal(item.text, items[i].text, item.len);
    }
    assert_false(store_items_next(&bytes, &at, &item));
    buf_deinit(&bytes);
}

static void test_store_items_that_do_not_fit_are_left_out_whole(void **state)
{
    (void)state;
    struct buf bytes;
    struct store_item item;
    size_t at = 0;
    buf_init(&bytes, 12);
    store_items_add(&bytes, &(struct store_item){.kind = STORE_INTEGER, .integer = 5});
    store_items_add(&bytes, &(struct store_item){.kind = STORE_INTEGER, .integer = 6});
    assert_true(bytes.failed);
    assert_true(store_items_next(&bytes, &at, &item));
    assert_int_equal(item.integer, 5);
    assert_false(store_items_next(&bytes, &at, &item));
    buf_deinit(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_store_items_come_back_as_they_were),
        cmocka_unit_test(test_store_items_that_do_not_fit_are_left_out_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

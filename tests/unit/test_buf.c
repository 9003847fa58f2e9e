/* test_buf.c — bytes that grow, and what stays when they may not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/buf.h"

static void test_buf_joins_what_was_added(void **state)
{
    (void)state;
    struct buf buf = {0};
    buf_add_text(&buf, "abc");
    buf_add_byte(&buf, '-');
    buf_add(&buf, "d\0f", 3);
    assert_int_equal(buf.len, 7);
    assert_memory_equal(buf.bytes, "abc-d\0f", 7);
    assert_false(buf.failed);
    buf_deinit(&buf);
}

static void test_buf_keeps_its_bytes_while_it_grows(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 0);
    for (int i = 0; i < 10000; i++)
        buf_add_byte(&buf, (char)(i % 251));
    assert_int_equal(buf.len, 10000);
    for (int i = 0; i < 10000; i++)
        assert_int_equal(buf.bytes[i], (char)(i % 251));
    buf_deinit(&buf);
}

static void test_buf_takes_its_maximum(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 100);
    for (int i = 0; i < 100; i++)
        buf_add_byte(&buf, 'x');
    assert_false(buf.failed);
    assert_int_equal(buf.len, 100);
    buf_deinit(&buf);
}

static void test_buf_refuses_a_byte_over_its_maximum(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 100);
    char bytes[101] = {0};
    buf_add(&buf, bytes, 101);
    assert_true(buf.failed);
    assert_int_equal(buf.len, 0);
    buf_clear(&buf);
    buf_add(&buf, bytes, 100);
    assert_false(buf.failed);
    buf_add_byte(&buf, 'y');
    assert_true(buf.failed);
    assert_int_equal(buf.len, 100);
    buf_deinit(&buf);
}

static void test_buf_failed_write_leaves_what_was_there(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 8);
    buf_add_text(&buf, "12345");
    buf_add_text(&buf, "6789");
    assert_true(buf.failed);
    assert_int_equal(buf.len, 5);
    assert_memory_equal(buf.bytes, "12345", 5);
    buf_deinit(&buf);
}

static void test_buf_refuses_a_length_that_overflows(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 0);
    buf_add_text(&buf, "abc");
    assert_null(buf_reserve(&buf, SIZE_MAX));
    assert_true(buf.failed);
    assert_null(buf_reserve(&buf, SIZE_MAX - 3));
    assert_int_equal(buf.len, 3);
    buf_deinit(&buf);
}

static void test_buf_clear_keeps_the_storage_and_forgets_the_failure(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 4);
    buf_add_text(&buf, "abcd");
    buf_add_byte(&buf, 'e');
    char *bytes = buf.bytes;
    buf_clear(&buf);
    assert_int_equal(buf.len, 0);
    assert_false(buf.failed);
    buf_add_text(&buf, "wxyz");
    assert_ptr_equal(buf.bytes, bytes);
    assert_memory_equal(buf.bytes, "wxyz", 4);
    buf_deinit(&buf);
}

static void test_buf_can_be_used_again_after_deinit(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 4);
    buf_add_text(&buf, "abcd");
    buf_deinit(&buf);
    assert_null(buf.bytes);
    assert_int_equal(buf.len, 0);
    buf_add_text(&buf, "efgh");
    assert_memory_equal(buf.bytes, "efgh", 4);
    buf_add_byte(&buf, 'i');
    assert_true(buf.failed); /* the bound outlives deinit */
    buf_deinit(&buf);
}

static void test_buf_reserve_gives_room_behind_the_bytes(void **state)
{
    (void)state;
    struct buf buf = {0};
    buf_add_text(&buf, "ab");
    char *room = buf_reserve(&buf, 500);
    assert_non_null(room);
    assert_ptr_equal(room, buf.bytes + 2);
    assert_int_equal(buf.len, 2);
    memset(room, 'z', 500);
    buf.len += 500;
    assert_memory_equal(buf.bytes, "abzz", 4);
    buf_deinit(&buf);
}

static void test_buf_reserve_of_nothing_is_no_failure(void **state)
{
    (void)state;
    struct buf buf = {0};
    assert_non_null(buf_reserve(&buf, 0));
    buf_add(&buf, NULL, 0);
    assert_false(buf.failed);
    buf_deinit(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_buf_joins_what_was_added),
        cmocka_unit_test(test_buf_keeps_its_bytes_while_it_grows),
        cmocka_unit_test(test_buf_takes_its_maximum),
        cmocka_unit_test(test_buf_refuses_a_byte_over_its_maximum),
        cmocka_unit_test(test_buf_failed_write_leaves_what_was_there),
        cmocka_unit_test(test_buf_refuses_a_length_that_overflows),
        cmocka_unit_test(test_buf_clear_keeps_the_storage_and_forgets_the_failure),
        cmocka_unit_test(test_buf_can_be_used_again_after_deinit),
        cmocka_unit_test(test_buf_reserve_gives_room_behind_the_bytes),
        cmocka_unit_test(test_buf_reserve_of_nothing_is_no_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

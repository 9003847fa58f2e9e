/* test_proc_text.c — lines and numbers, and never past the end of one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "host/proc_text.h"

static void test_proc_text_next_line_is_behind_the_newline(void **state)
{
    (void)state;
    const char *text = "a b\nc\n\nd";
    const char *at = proc_next_line(text);
    assert_string_equal(at, "c\n\nd");
    at = proc_next_line(at);
    assert_string_equal(at, "\nd");
    at = proc_next_line(at);
    assert_string_equal(at, "d");
    at = proc_next_line(at);
    assert_string_equal(at, "");
    assert_ptr_equal(proc_next_line(at), at);
}

static void test_proc_text_reads_numbers_behind_blanks(void **state)
{
    (void)state;
    uint64_t numbers[3] = {0};
    const char *at = "7 \t 0   18446744073709551615 kB";
    assert_true(proc_read_numbers(&at, numbers, 3));
    assert_int_equal(numbers[0], 7);
    assert_int_equal(numbers[1], 0);
    assert_int_equal(numbers[2], UINT64_MAX);
    assert_string_equal(at, " kB");
}

static void test_proc_text_number_that_is_too_large_is_the_largest(void **state)
{
    (void)state;
    uint64_t number = 0;
    const char *at = "18446744073709551616";
    assert_true(proc_read_number(&at, &number));
    assert_int_equal(number, UINT64_MAX);
    at = "99999999999999999999999999 1";
    assert_true(proc_read_number(&at, &number));
    assert_int_equal(number, UINT64_MAX);
    assert_string_equal(at, " 1");
}

static void test_proc_text_reads_no_number_where_none_is(void **state)
{
    (void)state;
    static const char *const texts[] = {"", " ", "a", "-1", "+1", "\n1", " \n1", ".5"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        uint64_t number = 5;
        const char *at = texts[i];
        assert_false(proc_read_number(&at, &number));
        assert_ptr_equal(at, texts[i]);
        assert_int_equal(number, 5);
    }
}

static void test_proc_text_does_not_take_numbers_from_the_next_line(void **state)
{
    (void)state;
    uint64_t numbers[3];
    const char *at = "1 2\n3";
    assert_false(proc_read_numbers(&at, numbers, 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_proc_text_next_line_is_behind_the_newline),
        cmocka_unit_test(test_proc_text_reads_numbers_behind_blanks),
        cmocka_unit_test(test_proc_text_number_that_is_too_large_is_the_largest),
        cmocka_unit_test(test_proc_text_reads_no_number_where_none_is),
        cmocka_unit_test(test_proc_text_does_not_take_numbers_from_the_next_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

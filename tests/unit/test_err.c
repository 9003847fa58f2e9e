/* test_err.c — every failure has a name for the log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/err.h"

static void test_err_every_code_has_a_text_of_its_own(void **state)
{
    (void)state;
    for (int a = RELAY_ESCRIPT; a <= RELAY_OK; a++) {
        assert_true(strlen(relay_err_text(a)) > 0);
        assert_string_not_equal(relay_err_text(a), relay_err_text(-99));
        for (int b = RELAY_ESCRIPT; b < a; b++)
            assert_string_not_equal(relay_err_text(a), relay_err_text(b));
    }
}

static void test_err_names_no_memory(void **state)
{
    (void)state;
    assert_string_equal(relay_err_text(RELAY_ENOMEM), "out of memory");
}

static void test_err_unknown_code_is_named_too(void **state)
{
    (void)state;
    assert_non_null(relay_err_text(-99));
    assert_non_null(relay_err_text(1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_err_every_code_has_a_text_of_its_own),
        cmocka_unit_test(test_err_names_no_memory),
        cmocka_unit_test(test_err_unknown_code_is_named_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_opening.c — the table of channels that the network is asked about. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "relay/opening.h"

static void test_opening_is_found_by_its_whole_name(void **state)
{
    (void)state;
    struct opening_table table = {.key = {1, 2}};
    struct opening *one = opening_add(&table, "ab", 2), *other = opening_add(&table, "a\0b", 3);
    assert_non_null(one);
    assert_non_null(other);
    assert_ptr_equal(opening_find(&table, "abc", 2), one);
    assert_ptr_equal(opening_find(&table, "a\0b", 3), other);
    assert_null(opening_find(&table, "a", 1));
    opening_remove(&table, one);
    assert_null(opening_find(&table, "ab", 2));
    opening_remove(&table, other);
    assert_null(table.head);
}

static void test_opening_begins_with_nobody(void **state)
{
    (void)state;
    struct opening_table table = {.key = {1, 2}};
    struct opening *opening = opening_add(&table, "a", 1);
    assert_non_null(opening);
    assert_int_equal(opening->count, 0);
    assert_true(list_is_empty(&opening->waiting));
    assert_int_equal(opening->scope.kind, SCOPE_NETWORK);
    opening_remove(&table, opening);
}

static void test_opening_frees_the_scope_that_it_still_has(void **state)
{
    (void)state;
    struct opening_table table = {.key = {1, 2}};
    struct opening *opening = opening_add(&table, "a", 1);
    assert_non_null(opening);
    opening->scope.kind = SCOPE_LIST;
    buf_add(&opening->scope.nodes, "n", 2);
    opening_remove(&table, opening); /* the sanitizer counts */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_opening_is_found_by_its_whole_name),
        cmocka_unit_test(test_opening_begins_with_nobody),
        cmocka_unit_test(test_opening_frees_the_scope_that_it_still_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

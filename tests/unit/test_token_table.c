/* test_token_table.c — single-use tokens: one name, one use, one minute. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "mesh/token_table.h"

static struct text text(const char *string)
{
    return (struct text){string, strlen(string)};
}

static int add(struct token_table *table, const char *name, unsigned char seed, uint64_t now_ms,
               char out[TOKEN_LEN + 1])
{
    unsigned char random[TOKEN_BYTES];
    memset(random, seed, sizeof(random));
    return token_table_add(table, text(name), random, now_ms, out);
}

static void test_token_table_a_token_is_for_one_name_once(void **state)
{
    (void)state;
    struct token_table table;
    char token[TOKEN_LEN + 1];
    token_table_init(&table);
    assert_int_equal(add(&table, "n", 1, 0, token), 0);
    assert_int_equal(strlen(token), TOKEN_LEN);
    assert_true(token_table_has(&table, text(token), 0));
    assert_true(token_table_use(&table, text(token), text("n"), 0));
    assert_false(token_table_has(&table, text(token), 0));
    assert_false(token_table_use(&table, text(token), text("n"), 0));
    token_table_deinit(&table);
}

static void test_token_table_the_wrong_name_wipes_it(void **state)
{
    (void)state;
    struct token_table table;
    char token[TOKEN_LEN + 1];
    token_table_init(&table);
    assert_int_equal(add(&table, "n", 1, 0, token), 0);
    assert_false(token_table_use(&table, text(token), text("nn"), 0));
    assert_false(token_table_use(&table, text(token), text("n"), 0));
    assert_int_equal(table.count, 0);
    token_table_deinit(&table);
}

static void test_token_table_a_minute_and_no_longer(void **state)
{
    (void)state;
    struct token_table table;
    char first[TOKEN_LEN + 1], second[TOKEN_LEN + 1];
    token_table_init(&table);
    assert_int_equal(add(&table, "n", 1, 1000, first), 0);
    assert_int_equal(add(&table, "n", 2, 2000, second), 0);
    assert_true(token_table_has(&table, text(first), 1000 + TOKEN_VALID_MS - 1));
    assert_false(token_table_has(&table, text(first), 1000 + TOKEN_VALID_MS));
    assert_true(token_table_has(&table, text(second), 1000 + TOKEN_VALID_MS));
    assert_int_equal(table.count, 1);
    token_table_deinit(&table);
}

static void test_token_table_the_oldest_gives_way(void **state)
{
    (void)state;
    struct token_table table;
    char first[TOKEN_LEN + 1], token[TOKEN_LEN + 1];
    unsigned char random[TOKEN_BYTES] = {0};
    token_table_init(&table);
    assert_int_equal(add(&table, "n", 255, 0, first), 0);
    for (unsigned i = 0; i < TOKENS_MAX; i++) {
        random[0] = (unsigned char)i;
        random[1] = (unsigned char)(i >> 8);
        assert_true(token_table_has(&table, text(first), 0));
        assert_int_equal(token_table_add(&table, text("n"), random, 0, token), 0);
    }
    assert_int_equal(table.count, TOKENS_MAX);
    assert_false(token_table_has(&table, text(first), 0));
    token_table_deinit(&table);
}

static void test_token_table_a_name_that_cannot_be_has_none(void **state)
{
    (void)state;
    struct token_table table;
    char token[TOKEN_LEN + 1];
    token_table_init(&table);
    assert_int_equal(add(&table, "", 1, 0, token), RELAY_EINVAL);
    assert_int_equal(add(&table, "*", 1, 0, token), RELAY_EINVAL);
    assert_int_equal(table.count, 0);
    token_table_deinit(&table);
}

static void test_token_table_only_the_whole_token_is_equal(void **state)
{
    (void)state;
    assert_true(token_equals(text("abc"), text("abc")));
    assert_false(token_equals(text("abc"), text("abd")));
    assert_false(token_equals(text("abc"), text("ab")));
    assert_false(token_equals(text(""), text("a")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_token_table_a_token_is_for_one_name_once),
        cmocka_unit_test(test_token_table_the_wrong_name_wipes_it),
        cmocka_unit_test(test_token_table_a_minute_and_no_longer),
        cmocka_unit_test(test_token_table_the_oldest_gives_way),
        cmocka_unit_test(test_token_table_a_name_that_cannot_be_has_none),
        cmocka_unit_test(test_token_table_only_the_whole_token_is_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

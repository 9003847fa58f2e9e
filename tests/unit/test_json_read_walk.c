/* test_json_read_walk.c — objects entered and walked member by member, and where a walk fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "protocol/json_read.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void test_json_read_walks_members_in_their_order(void **state)
{
    (void)state;
    static const char text[] = " { \"a\" : 1 , \"b\":{\"c\":[]},\"\":\"x\" } ";
    struct json_reader json;
    struct json_span key, value;
    json_read_init(&json, text, sizeof(text) - 1);
    assert_int_equal(json_enter_object(&json), 0);
    assert_int_equal(json_next_member(&json, &key), 1);
    assert_true(json_string_equals(&key, "a"));
    assert_int_equal(json_read_value(&json, &value), 0);
    assert_memory_equal(value.at, "1", value.len);
    assert_int_equal(json_next_member(&json, &key), 1);
    assert_int_equal(json_peek(&json), JSON_OBJECT);
    assert_int_equal(json_enter_object(&json), 0);
    assert_int_equal(json_next_member(&json, &key), 1);
    assert_true(json_string_equals(&key, "c"));
    assert_int_equal(json_read_value(&json, &value), 0);
    assert_int_equal(json_next_member(&json, &key), 0);
    assert_int_equal(json_next_member(&json, &key), 1);
    assert_int_equal(key.len, 2);
    assert_int_equal(json_read_value(&json, &value), 0);
    assert_int_equal(value.kind, JSON_STRING);
    assert_int_equal(json_next_member(&json, &key), 0);
    assert_int_equal(json_finish(&json), 0);
}

static void test_json_read_empty_inner_object_does_not_end_the_outer(void **state)
{
    (void)state;
    struct json_reader json;
    struct json_span key;
    json_read_init(&json, "{\"a\":{},\"b\":{}}", 15);
    assert_int_equal(json_enter_object(&json), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(json_next_member(&json, &key), 1);
        assert_int_equal(json_enter_object(&json), 0);
        assert_int_equal(json_next_member(&json, &key), 0);
    }
    assert_int_equal(json_next_member(&json, &key), 0);
    assert_int_equal(json_finish(&json), 0);
}

static void test_json_read_refuses_to_enter_what_is_no_object(void **state)
{
    (void)state;
    struct json_reader json;
    json_read_init(&json, "[]", 2);
    assert_int_equal(json_enter_object(&json), RELAY_ESYNTAX);
    assert_int_equal(json_finish(&json), RELAY_ESYNTAX);
}

static void test_json_read_failed_reader_stays_failed(void **state)
{
    (void)state;
    struct json_reader json;
    struct json_span span = {0};
    json_read_init(&json, "x {\"a\":1}", 9);
    assert_int_equal(json_read_value(&json, &span), RELAY_ESYNTAX);
    assert_int_equal(json_peek(&json), JSON_ABSENT);
    assert_int_equal(json_enter_object(&json), RELAY_ESYNTAX);
    assert_int_equal(json_next_member(&json, &span), RELAY_ESYNTAX);
    assert_int_equal(json_read_value(&json, &span), RELAY_ESYNTAX);
    assert_int_equal(json_finish(&json), RELAY_ESYNTAX);
    assert_int_equal(span.kind, JSON_ABSENT);
}

static void test_json_read_finish_refuses_an_object_left_open(void **state)
{
    (void)state;
    struct json_reader json;
    json_read_init(&json, "{", 1);
    assert_int_equal(json_enter_object(&json), 0);
    assert_int_equal(json_finish(&json), RELAY_ESYNTAX);
}

static void test_json_read_peek_names_what_comes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum json_kind kind;
    } cases[] = {
        {" {", JSON_OBJECT}, {"[", JSON_ARRAY},   {"\"", JSON_STRING}, {"-", JSON_NUMBER},
        {"7", JSON_NUMBER},  {"t", JSON_BOOL},    {"f", JSON_BOOL},    {"\n\tn", JSON_NULL},
        {"", JSON_ABSENT},   {"  ", JSON_ABSENT}, {"}", JSON_ABSENT},  {"+", JSON_ABSENT},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct json_reader json;
        json_read_init(&json, cases[i].text, strlen(cases[i].text));
        assert_int_equal(json_peek(&json), cases[i].kind);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_read_walks_members_in_their_order),
        cmocka_unit_test(test_json_read_empty_inner_object_does_not_end_the_outer),
        cmocka_unit_test(test_json_read_refuses_to_enter_what_is_no_object),
        cmocka_unit_test(test_json_read_failed_reader_stays_failed),
        cmocka_unit_test(test_json_read_finish_refuses_an_object_left_open),
        cmocka_unit_test(test_json_read_peek_names_what_comes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_json_items.c — the items of an array, in their order, as they were written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "protocol/json_items.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct json_span read_span(const char *text)
{
    struct json_reader json;
    struct json_span span = {0};
    json_read_init(&json, text, strlen(text));
    assert_int_equal(json_read_value(&json, &span), 0);
    assert_int_equal(json_finish(&json), 0);
    return span;
}

static void assert_items(const char *text, const char *const *want, size_t count)
{
    struct json_span array = read_span(text), item = {0};
    struct json_items items;
    json_items_init(&items, &array);
    for (size_t i = 0; i < count; i++) {
        assert_true(json_items_next(&items, &item));
        assert_int_equal(item.len, strlen(want[i]));
        assert_memory_equal(item.at, want[i], item.len);
    }
    assert_false(json_items_next(&items, &item));
    assert_false(json_items_next(&items, &item)); /* and stays at the end */
}

static void test_json_items_come_as_written(void **state)
{
    (void)state;
    static const char *const want[] = {"\"a,b]\"", "1.50",  "[2, [3]]", "{\"x\" : []}",
                                       "null",     "false", "[]",       "\"\\\"\""};
    assert_items("[ \"a,b]\",1.50 , [2, [3]],{\"x\" : []},\n\tnull,false,[],\"\\\"\" ]", want,
                 COUNT(want));
}

static void test_json_items_of_one(void **state)
{
    (void)state;
    assert_items("[5]", (const char *const[]){"5"}, 1);
    assert_items(" [ 5 ] ", (const char *const[]){"5"}, 1);
}

static void test_json_items_of_an_empty_array(void **state)
{
    (void)state;
    assert_items("[]", NULL, 0);
    assert_items("[ \r\n ]", NULL, 0);
}

static void test_json_items_of_what_is_no_array(void **state)
{
    (void)state;
    static const char *const texts[] = {"{}", "{\"a\":[1]}", "\"[1]\"", "1", "null", "true"};
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_items(texts[i], NULL, 0);
}

static void test_json_items_of_a_span_that_was_never_set(void **state)
{
    (void)state;
    struct json_span absent = {0}, item;
    struct json_items items;
    json_items_init(&items, &absent);
    assert_false(json_items_next(&items, &item));
}

static void test_json_items_nest_as_deep_as_the_reader(void **state)
{
    (void)state;
    char text[2 * JSON_DEPTH_MAX + 1] = {0};
    memset(text, '[', JSON_DEPTH_MAX);
    memset(text + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
    struct json_span span = read_span(text);
    unsigned depth = 0;
    struct json_items items;
    for (json_items_init(&items, &span); json_items_next(&items, &span); depth++)
        json_items_init(&items, &span);
    assert_int_equal(depth, JSON_DEPTH_MAX - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_items_come_as_written),
        cmocka_unit_test(test_json_items_of_one),
        cmocka_unit_test(test_json_items_of_an_empty_array),
        cmocka_unit_test(test_json_items_of_what_is_no_array),
        cmocka_unit_test(test_json_items_of_a_span_that_was_never_set),
        cmocka_unit_test(test_json_items_nest_as_deep_as_the_reader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

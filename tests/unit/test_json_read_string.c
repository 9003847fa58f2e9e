/* test_json_read_string.c — strings compared and decoded through their escapes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "protocol/json_read.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The span of a string that is written in C with its quotes. */
static struct json_span string_span(const char *text)
{
    return (struct json_span){text, strlen(text), JSON_STRING};
}

static void test_json_string_equals_sees_through_escapes(void **state)
{
    (void)state;
    struct json_span plain = string_span("\"command\"");
    struct json_span escaped = string_span("\"c\\u006fmm\\u0061nd\"");
    assert_true(json_string_equals(&plain, "command"));
    assert_true(json_string_equals(&escaped, "command"));
    assert_false(json_string_equals(&escaped, "commands"));
    assert_false(json_string_equals(&escaped, "comman"));
    assert_false(json_string_equals(&plain, "commane"));
    assert_false(json_string_equals(&plain, "comman"));
    assert_false(json_string_equals(&plain, ""));
}

static void test_json_string_equals_compares_no_raw_backslashes(void **state)
{
    (void)state;
    struct json_span newline = string_span("\"\\n\"");
    struct json_span backslash = string_span("\"\\\\n\"");
    struct json_span lone = string_span("\"\\ud800\"");
    struct json_span empty = string_span("\"\"");
    assert_false(json_string_equals(&newline, "\\n"));
    assert_true(json_string_equals(&newline, "\n"));
    assert_true(json_string_equals(&backslash, "\\n"));
    assert_false(json_string_equals(&lone, "\xed\xa0\x80"));
    assert_true(json_string_equals(&empty, ""));
}

static void test_json_string_equals_nul_does_not_end_it(void **state)
{
    (void)state;
    struct json_span string = string_span("\"send\\u0000\"");
    assert_false(json_string_equals(&string, "send"));
}

static void assert_decodes(const char *string, const char *want, size_t want_len)
{
    char out[64];
    size_t len = 0;
    struct json_span span = string_span(string);
    assert_int_equal(json_string_decode(&span, out, sizeof(out), &len), 0);
    assert_int_equal(len, want_len);
    assert_memory_equal(out, want, want_len);
}

static void test_json_string_decode_undoes_every_escape(void **state)
{
    (void)state;
    assert_decodes("\"\"", "", 0);
    assert_decodes("\"abc\"", "abc", 3);
    assert_decodes("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", 8);
    assert_decodes("\"a\\u0000b\"", "a\0b", 3);
    assert_decodes("\"\\u007f\\u0080\\u07ff\\u0800\\uffff\"",
                   "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf", 11);
    assert_decodes("\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80", 4);
    assert_decodes("\"\\uD800\\uDC00\\uDBFF\\uDFFF\"", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", 8);
    assert_decodes("\"x\\u00E9y\xc3\xa9z\"", "x\xc3\xa9y\xc3\xa9z", 7);
    assert_decodes("\"\\ud7ff\\ue000\"", "\xed\x9f\xbf\xee\x80\x80", 6);
}

static void test_json_string_decode_refuses_half_a_surrogate_pair(void **state)
{
    (void)state;
    static const char *const halves[] = {
        "\"\\ud800\"",         "\"\\udc00\"",       "\"\\udbff\\ud800\"",    "\"\\udc00\\ud800\"",
        "\"\\ud800\\u0041\"",  "\"\\ud800x\"",      "\"\\ud800\\n\"",        "\"\\ud800\\ue000\"",
        "\"\\ud800 \\udc00\"", "\"abc\\udfffabc\"", "\"\\ud800abcdefghij\"", "\"\\udc00\\udc00\"",
    };
    for (size_t i = 0; i < COUNT(halves); i++) {
        char out[64];
        size_t len = 0;
        struct json_span span = string_span(halves[i]);
        assert_int_equal(json_string_decode(&span, out, sizeof(out), &len), RELAY_EINVAL);
    }
}

static void test_json_string_decode_fills_its_room_and_no_more(void **state)
{
    (void)state;
    static const struct {
        const char *string;
        size_t len;
    } cases[] = {
        {"\"abcd\"", 4}, {"\"ab\\n\\n\"", 4}, {"\"\\ud83d\\ude00\"", 4}, {"\"ab\\u00e9\"", 4}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct json_span span = string_span(cases[i].string);
        size_t len = 0;
        char *out = malloc(cases[i].len);
        assert_int_equal(json_string_decode(&span, out, cases[i].len, &len), 0);
        assert_int_equal(len, cases[i].len);
        assert_int_equal(json_string_decode(&span, out, cases[i].len - 1, &len), RELAY_EFULL);
        assert_int_equal(json_string_decode(&span, out, 0, &len), RELAY_EFULL);
        free(out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_string_equals_sees_through_escapes),
        cmocka_unit_test(test_json_string_equals_compares_no_raw_backslashes),
        cmocka_unit_test(test_json_string_equals_nul_does_not_end_it),
        cmocka_unit_test(test_json_string_decode_undoes_every_escape),
        cmocka_unit_test(test_json_string_decode_refuses_half_a_surrogate_pair),
        cmocka_unit_test(test_json_string_decode_fills_its_room_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

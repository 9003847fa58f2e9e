/* test_json_read.c — RFC 8259 to the letter: tables of texts that pass and texts that do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "json_text.h"

struct text {
    const char *at;
    size_t len;
};

#define T(text)                                                                                    \
    {                                                                                              \
        (text), sizeof(text) - 1                                                                   \
    }

static const struct text valid[] = {
    T("null"),
    T("true"),
    T("false"),
    T(" null "),
    T("\t\r\n true\n"),
    /* numbers */
    T("0"),
    T("-0"),
    T("1"),
    T("-1"),
    T("10"),
    T("123456789012345678901234567890"),
    T("0.0"),
    T("-0.5"),
    T("1.25"),
    T("0e1"),
    T("0e+1"),
    T("0E-01"),
    T("1e0"),
    T("1E9"),
    T("1.5e+300"),
    T("123.456e-789"),
    T("-0e0"),
    T("1e01"),
    T("20e1"),
    /* strings */
    T("\"\""),
    T("\"a\""),
    T("\"abcdefgh\""),
    T("\"abcdefghijklmnopqrstuvwxyz\""),
    T("\"\\\"\""),
    T("\"\\\\\""),
    T("\"\\/\""),
    T("\"\\b\\f\\n\\r\\t\""),
    T("\"\\u0000\""),
    T("\"\\u00e9\""),
    T("\"\\uABCD\""),
    T("\"\\uabcd\""),
    T("\"\\uD83D\\uDE00\""),
    T("\"\\uD800\""),
    T("\"\\uDC00x\""),
    T("\"/\""),
    T("\"\x7f\""),
    T("\"\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80\""),
    T("\"abcdefg\\n\""),
    T("\"abcdefgh\\nabcdefgh\""),
    T("\"'\""),
    T("\"\xe2\x80\xa8\""),
    /* arrays */
    T("[]"),
    T("[ ]"),
    T("[1]"),
    T("[1,2]"),
    T(" [ 1 , 2 ] "),
    T("[[]]"),
    T("[[],[]]"),
    T("[[],[[]]]"),
    T("[{}]"),
    T("[null,true,false,0,\"\",[],{}]"),
    T("[\"a\",\n4\n,1,1]"),
    T("[1,null,null,null,2]"),
    T("[2] "),
    /* objects */
    T("{}"),
    T("{ }"),
    T("{\"a\":1}"),
    T("{\"a\":1,\"b\":2}"),
    T("{\"\":0}"),
    T("{\"a\":1,\"a\":2}"),
    T(" { \"a\" : [ ] , \"b\" : { } } "),
    T("{\"a\":{\"b\":{\"c\":[]}}}"),
    T("{\"foo\\u0000bar\":42}"),
    T("{\n\"a\":\t\"b\"\r}"),
    T("{\"a\":[{},[{}],1]}"),
    T("[{\"a\":[]},{\"b\":{}}]"),
};

static const struct text invalid[] = {
    /* nothing, or more than one value */
    T(""),
    T(" "),
    T("\n"),
    T("1 2"),
    T("null null"),
    T("[] []"),
    T("{}{}"),
    T("{},"),
    T("[],"),
    T("{}}"),
    T("[]]"),
    T("\"a\"\"b\""),
    T("1,"),
    T(","),
    T(":"),
    T("}"),
    T("]"),
    T("[1]x"),
    /* words */
    T("nul"),
    T("nulll"),
    T("tru"),
    T("truee"),
    T("fals"),
    T("True"),
    T("NULL"),
    T("nil"),
    T("undefined"),
    T("NaN"),
    T("Infinity"),
    T("-Infinity"),
    T("t"),
    T("f"),
    T("n"),
    T("falsy"),
    /* numbers */
    T("-"),
    T("+1"),
    T("01"),
    T("-01"),
    T("00"),
    T(".5"),
    T("-.5"),
    T("1."),
    T("1.e1"),
    T("1e"),
    T("1e+"),
    T("1E-"),
    T("1e1.5"),
    T("0x10"),
    T("1_000"),
    T("--1"),
    T("1-"),
    T("1+1"),
    T("0e"),
    T("2.e+3"),
    T("[1.]"),
    T("[-]"),
    T("[01]"),
    T("1a"),
    T("0.1.2"),
    T("\xef\xbc\x91"),
    /* strings */
    T("\""),
    T("\"a"),
    T("a\""),
    T("'a'"),
    T("\"\\\""),
    T("\"\\"),
    T("\"\\x41\""),
    T("\"\\a\""),
    T("\"\\'\""),
    T("\"\\u\""),
    T("\"\\u1\""),
    T("\"\\u12\""),
    T("\"\\u123\""),
    T("\"\\u123"),
    T("\"\\u12G4\""),
    T("\"\\u 123\""),
    T("\"\\U0041\""),
    T("\"\n\""),
    T("\"\t\""),
    T("\"\x1f\""),
    T("\"\x01\""),
    T("\"\0\""),
    T("\"a\0b\""),
    T("\"\\\0\""),
    T("\"abcdefgh\n\""),
    T("\"abc\x1f"
      "defghijkl\""),
    T("\"\\u123"
      "\x80\""),
    T("\"\\\xc3\xbc\""),
    T("\"\\u0\0"
      "00\""),
    /* arrays */
    T("["),
    T("[1"),
    T("[1,"),
    T("[,]"),
    T("[,1]"),
    T("[1,]"),
    T("[1,,2]"),
    T("[1 2]"),
    T("[1}"),
    T("[[]"),
    T("[\"a\":1]"),
    T("[1:2]"),
    T("[}"),
    T("[x]"),
    T("[\"\",]"),
    T("[[],"),
    T("[1,\n1\n"),
    /* objects */
    T("{"),
    T("{\"a\""),
    T("{\"a\":"),
    T("{\"a\":1"),
    T("{\"a\":1,"),
    T("{,}"),
    T("{\"a\":1,}"),
    T("{\"a\"}"),
    T("{\"a\":}"),
    T("{\"a\" 1}"),
    T("{\"a\",1}"),
    T("{a:1}"),
    T("{'a':1}"),
    T("{1:1}"),
    T("{null:1}"),
    T("{\"a\":1 \"b\":2}"),
    T("{\"a\":1,,\"b\":2}"),
    T("{\"a\"::1}"),
    T("{\"a\":1]"),
    T("{]"),
    T("{\"a\":{}"),
    T("{[]:1}"),
    T("{\"a\":1,2}"),
    T("{\"a\\\":1}"),
    T("{\"a\nb\":1}"),
    T("{\"a\":/**/1}"),
    T("{:1}"),
    T("{\"a\":1:2}"),
    T("[{\"a\"]"),
    T("[{\"a\":1,]"),
    T("{\"a\":[}"),
    /* not JSON's white space, a mark, comments, NUL */
    T("\x0b"
      "1"),
    T("\x0c[]"),
    T("\xc2\xa0[]"),
    T("\xef\xbb\xbf{}"),
    T("//\n1"),
    T("1 # one"),
    T("/* */1"),
    T("1\0"),
    T("\0"),
    T("[1]\0garbage"),
    T("{}\0"),
    T("[\0]"),
    T("{\"a\":1\0}"),
    T("\xe2\x81\xa0[]"),
    T("<null>"),
    T("*"),
    T("[\x0c]"),
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A copy on the heap without a NUL, so that the sanitizer sees a read past the end. */
static char *exact_copy(const char *at, size_t len)
{
    char *copy = malloc(len ? len : 1);
    if (len)
        memcpy(copy, at, len);
    return copy;
}

static void test_json_read_takes_every_valid_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(valid); i++) {
        char *text = exact_copy(valid[i].at, valid[i].len);
        struct json_span value;
        if (read_whole(text, valid[i].len, &value) != 0)
            fail_msg("refused: %s", valid[i].at);
        if (walk_whole(text, valid[i].len) != 0)
            fail_msg("refused member by member: %s", valid[i].at);
        free(text);
    }
}

static void test_json_read_refuses_every_invalid_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(invalid); i++) {
        char *text = exact_copy(invalid[i].at, invalid[i].len);
        struct json_span value;
        if (read_whole(text, invalid[i].len, &value) == 0)
            fail_msg("taken: %s (number %zu)", invalid[i].at, i);
        if (walk_whole(text, invalid[i].len) == 0)
            fail_msg("taken member by member: %s (number %zu)", invalid[i].at, i);
        free(text);
    }
}

static void test_json_read_refuses_every_valid_structure_cut_short(void **state)
{
    (void)state;
    static const char text[] = "{\"a\":[1,{\"b\":\"c\\u0041\"},null],\"d\":{\"e\":-1.5e+7}}";
    for (size_t len = 0; len < sizeof(text) - 1; len++) {
        char *copy = exact_copy(text, len);
        struct json_span value;
        assert_int_not_equal(read_whole(copy, len, &value), 0);
        assert_int_not_equal(walk_whole(copy, len), 0);
        free(copy);
    }
}

static void test_json_read_refuses_each_control_byte_in_a_string(void **state)
{
    (void)state;
    for (int byte = 0; byte < 0x20; byte++) {
        for (size_t at = 1; at < 20; at++) {
            char text[21];
            struct json_span value;
            memset(text, 'a', sizeof(text));
            text[0] = text[20] = '"';
            text[at] = (char)byte;
            assert_int_not_equal(read_whole(text, sizeof(text), &value), 0);
        }
    }
}

static void test_json_read_takes_each_other_byte_in_a_string(void **state)
{
    (void)state;
    for (int byte = 0x20; byte < 256; byte++) {
        if (byte == '"' || byte == '\\')
            continue;
        char text[21];
        struct json_span value;
        memset(text, byte, sizeof(text));
        text[0] = text[20] = '"';
        assert_int_equal(read_whole(text, sizeof(text), &value), 0);
        assert_int_equal(value.len, 21);
    }
}

static void assert_span(const char *text, enum json_kind kind, const char *span)
{
    struct json_span value;
    assert_int_equal(read_whole(text, strlen(text), &value), 0);
    assert_int_equal(value.kind, kind);
    assert_int_equal(value.len, strlen(span));
    assert_memory_equal(value.at, span, value.len);
}

static void test_json_read_gives_a_value_as_it_was_written(void **state)
{
    (void)state;
    assert_span("  null\n", JSON_NULL, "null");
    assert_span(" true", JSON_BOOL, "true");
    assert_span("false ", JSON_BOOL, "false");
    assert_span("\t-1.50E+2 ", JSON_NUMBER, "-1.50E+2");
    assert_span(" \"a\\u0041\\n\" ", JSON_STRING, "\"a\\u0041\\n\"");
    assert_span(" [ 1, [ ] ] ", JSON_ARRAY, "[ 1, [ ] ]");
    assert_span(" { \"a\" : { } } ", JSON_OBJECT, "{ \"a\" : { } }");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_read_takes_every_valid_text),
        cmocka_unit_test(test_json_read_refuses_every_invalid_text),
        cmocka_unit_test(test_json_read_refuses_every_valid_structure_cut_short),
        cmocka_unit_test(test_json_read_refuses_each_control_byte_in_a_string),
        cmocka_unit_test(test_json_read_takes_each_other_byte_in_a_string),
        cmocka_unit_test(test_json_read_gives_a_value_as_it_was_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

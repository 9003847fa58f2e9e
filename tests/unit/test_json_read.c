/* test_json_read.c — RFC 8259 to the letter: tables of texts that pass and texts that do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "protocol/json_read.h"

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

/* Reads the whole text as one value. */
static int read_whole(const char *text, size_t len, struct json_span *value)
{
    struct json_reader json;
    json_read_init(&json, text, len);
    *value = (struct json_span){0};
    (void)!json_read_value(&json, value);
    return json_finish(&json);
}

/* Reads the text member by member, each object entered. */
static int walk_value(struct json_reader *json)
{
    struct json_span span;
    if (json_peek(json) != JSON_OBJECT)
        return json_read_value(json, &span);
    int more = json_enter_object(json);
    while (more == 0 && (more = json_next_member(json, &span)) > 0)
        more = walk_value(json);
    return more;
}

static int walk_whole(const char *text, size_t len)
{
    struct json_reader json;
    json_read_init(&json, text, len);
    (void)!walk_value(&json);
    return json_finish(&json);
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

/* `depth` brackets, one in the other; the caller frees. */
static char *nested(size_t depth, const char *open, const char *close, size_t *len)
{
    size_t open_len = strlen(open), close_len = strlen(close);
    *len = depth * (open_len + close_len) + 1;
    char *text = malloc(*len);
    for (size_t i = 0; i < depth; i++) {
        memcpy(text + i * open_len, open, open_len);
        memcpy(text + *len - (i + 1) * close_len, close, close_len);
    }
    text[depth * open_len] = '0';
    return text;
}

static int read_nested(size_t depth, const char *open, const char *close)
{
    size_t len;
    char *text = nested(depth, open, close, &len);
    struct json_span value;
    int err = read_whole(text, len, &value);
    assert_int_equal(walk_whole(text, len), err);
    free(text);
    return err;
}

static void test_json_read_takes_depth_32(void **state)
{
    (void)state;
    assert_int_equal(read_nested(32, "[", "]"), 0);
    assert_int_equal(read_nested(32, "{\"a\":", "}"), 0);
    assert_int_equal(read_nested(16, "[{\"a\":", "}]"), 0);
    assert_int_equal(read_nested(16, "{\"a\":[", "]}"), 0);
}

static void test_json_read_refuses_depth_33(void **state)
{
    (void)state;
    assert_int_equal(read_nested(33, "[", "]"), RELAY_ESYNTAX);
    assert_int_equal(read_nested(33, "{\"a\":", "}"), RELAY_ESYNTAX);
    assert_int_equal(read_nested(17, "[{\"a\":", "}]"), RELAY_ESYNTAX);
    assert_int_equal(read_nested(100000, "[", "]"), RELAY_ESYNTAX);
}

static void test_json_read_depth_counts_brackets_not_values(void **state)
{
    (void)state;
    static const char text[] = "[[[]],[[]],[[]],[[]],[[]],[[]],[[]],[[]],[[]],[[]],[[]],[[]],[[]],"
                               "[[]],[[]],[[]],[[]],[[]],[[]],[[]],[[]],[[]],[[]],[[]],[[]],[[]],"
                               "[[]],[[]],[[]],[[]],[[]],[[]],[[]],[[]],[[]],[[]],[[]],[[]],[[]]]";
    struct json_span value;
    assert_int_equal(read_whole(text, sizeof(text) - 1, &value), 0);
}

/* An object entered, and in its member brackets. */
static int enter_then_read(size_t depth)
{
    char text[100] = "{\"a\":";
    memset(text + 5, '[', depth);
    memset(text + 5 + depth, ']', depth);
    text[5 + 2 * depth] = '}';
    struct json_reader json;
    struct json_span span;
    json_read_init(&json, text, 6 + 2 * depth);
    assert_int_equal(json_enter_object(&json), 0);
    assert_int_equal(json_next_member(&json, &span), 1);
    int err = json_read_value(&json, &span);
    if (err == 0)
        assert_int_equal(json_next_member(&json, &span), 0);
    assert_int_equal(json_finish(&json), err);
    return err;
}

static void test_json_read_depth_includes_objects_entered(void **state)
{
    (void)state;
    assert_int_equal(enter_then_read(31), 0);
    assert_int_equal(enter_then_read(32), RELAY_ESYNTAX);
}

static void test_json_read_brackets_of_the_two_kinds_do_not_mix(void **state)
{
    (void)state;
    struct json_span value;
    assert_int_equal(read_whole("[{\"a\":[1,{}]},[]]", 17, &value), 0);
    assert_int_not_equal(read_whole("[{\"a\":[1,{}}],[]]", 17, &value), 0);
    assert_int_not_equal(read_whole("[{\"a\":1},2:3]", 13, &value), 0);
    assert_int_not_equal(read_whole("{\"a\":[1],2}", 11, &value), 0);
}

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
        cmocka_unit_test(test_json_read_takes_every_valid_text),
        cmocka_unit_test(test_json_read_refuses_every_invalid_text),
        cmocka_unit_test(test_json_read_refuses_every_valid_structure_cut_short),
        cmocka_unit_test(test_json_read_refuses_each_control_byte_in_a_string),
        cmocka_unit_test(test_json_read_takes_each_other_byte_in_a_string),
        cmocka_unit_test(test_json_read_gives_a_value_as_it_was_written),
        cmocka_unit_test(test_json_read_takes_depth_32),
        cmocka_unit_test(test_json_read_refuses_depth_33),
        cmocka_unit_test(test_json_read_depth_counts_brackets_not_values),
        cmocka_unit_test(test_json_read_depth_includes_objects_entered),
        cmocka_unit_test(test_json_read_brackets_of_the_two_kinds_do_not_mix),
        cmocka_unit_test(test_json_read_walks_members_in_their_order),
        cmocka_unit_test(test_json_read_empty_inner_object_does_not_end_the_outer),
        cmocka_unit_test(test_json_read_refuses_to_enter_what_is_no_object),
        cmocka_unit_test(test_json_read_failed_reader_stays_failed),
        cmocka_unit_test(test_json_read_finish_refuses_an_object_left_open),
        cmocka_unit_test(test_json_read_peek_names_what_comes),
        cmocka_unit_test(test_json_string_equals_sees_through_escapes),
        cmocka_unit_test(test_json_string_equals_compares_no_raw_backslashes),
        cmocka_unit_test(test_json_string_equals_nul_does_not_end_it),
        cmocka_unit_test(test_json_string_decode_undoes_every_escape),
        cmocka_unit_test(test_json_string_decode_refuses_half_a_surrogate_pair),
        cmocka_unit_test(test_json_string_decode_fills_its_room_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

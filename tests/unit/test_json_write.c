/* test_json_write.c — strings whose escapes are the least that RFC 8259 asks for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "protocol/json_read.h"
#include "protocol/json_write.h"

static void assert_writes(const char *text, size_t len, const char *want)
{
    struct buf buf = {0};
    json_write_string(&buf, text, len);
    assert_false(buf.failed);
    assert_int_equal(buf.len, strlen(want));
    assert_memory_equal(buf.bytes, want, buf.len);
    buf_deinit(&buf);
}

static void test_json_write_quotes_a_plain_text(void **state)
{
    (void)state;
    assert_writes("", 0, "\"\"");
    assert_writes(NULL, 0, "\"\"");
    assert_writes("weather/berlin", 14, "\"weather/berlin\"");
}

static void test_json_write_escapes_quote_backslash_and_controls_only(void **state)
{
    (void)state;
    assert_writes("a\"b\\c", 5, "\"a\\\"b\\\\c\"");
    assert_writes("\b\f\n\r\t", 5, "\"\\b\\f\\n\\r\\t\"");
    assert_writes("\0\x01\x1f\x7f", 4, "\"\\u0000\\u0001\\u001f\x7f\"");
    assert_writes("\xc3\xbc/\xf0\x9f\x98\x80", 7, "\"\xc3\xbc/\xf0\x9f\x98\x80\"");
}

static void test_json_write_finds_an_escape_at_each_place(void **state)
{
    (void)state;
    for (size_t at = 0; at < 20; at++) {
        char text[20], want[23];
        memset(text, 'x', sizeof(text));
        text[at] = '"';
        memset(want, 'x', sizeof(want));
        want[0] = want[22] = '"';
        want[1 + at] = '\\';
        want[2 + at] = '"';
        struct buf buf = {0};
        json_write_string(&buf, text, sizeof(text));
        assert_int_equal(buf.len, 23);
        assert_memory_equal(buf.bytes, want, 23);
        buf_deinit(&buf);
    }
}

static void test_json_write_is_undone_by_reading(void **state)
{
    (void)state;
    char text[128], back[128];
    for (int i = 0; i < 128; i++)
        text[i] = (char)i;
    struct buf buf = {0};
    struct json_reader json;
    struct json_span span;
    size_t len = 0;
    json_write_string(&buf, text, sizeof(text));
    json_read_init(&json, buf.bytes, buf.len);
    assert_int_equal(json_read_value(&json, &span), 0);
    assert_int_equal(json_finish(&json), 0);
    assert_int_equal(json_string_decode(&span, back, sizeof(back), &len), 0);
    assert_int_equal(len, sizeof(text));
    assert_memory_equal(back, text, len);
    buf_deinit(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_write_quotes_a_plain_text),
        cmocka_unit_test(test_json_write_escapes_quote_backslash_and_controls_only),
        cmocka_unit_test(test_json_write_finds_an_escape_at_each_place),
        cmocka_unit_test(test_json_write_is_undone_by_reading),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

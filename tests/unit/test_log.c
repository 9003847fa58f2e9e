/* test_log.c — lines that nobody can forge, cut without losing their form. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "protocol/json_read.h"
#include "protocol/utf8.h"

struct sink {
    char line[LOG_LINE_MAX + 1];
    size_t len;
    unsigned lines;
    uint64_t now_ms;
};

static void take_line(void *context, const char *line, size_t len)
{
    struct sink *sink = context;
    assert_true(len <= LOG_LINE_MAX);
    memcpy(sink->line, line, len);
    sink->line[len] = '\0';
    sink->len = len;
    sink->lines++;
}

static uint64_t wall_ms(void *context)
{
    return ((struct sink *)context)->now_ms;
}

static struct log log_to(struct sink *sink, enum log_format format)
{
    *sink = (struct sink){.now_ms = UINT64_C(1795406400007)};
    return (struct log){
        .sink = {.write = take_line, .context = sink}, .level = LOG_INFO, .format = format};
}

static void assert_is_json_line(const struct sink *sink)
{
    struct json_reader json;
    struct json_span value;
    assert_int_equal(sink->line[sink->len - 1], '\n');
    assert_true(utf8_is_valid(sink->line, sink->len));
    json_read_init(&json, sink->line, sink->len);
    assert_int_equal(json_read_value(&json, &value), 0);
    assert_int_equal(value.kind, JSON_OBJECT);
    assert_int_equal(json_finish(&json), 0);
}

static void test_log_text_line_has_stamp_level_event_fields_and_generation(void **state)
{
    (void)state;
    struct sink sink;
    struct log log = log_to(&sink, LOG_TEXT);
    log.sink.wall_ms = wall_ms;
    log.generation = 1;
    log_info(&log, "listening", LOG_STR("address", "127.0.0.1:8080"), LOG_INT("port", 8080));
    assert_string_equal(sink.line, "2026-11-23T04:00:00.007Z info  listening "
                                   "address=\"127.0.0.1:8080\" port=8080 generation=1\n");
}

static void test_log_json_line_has_the_same(void **state)
{
    (void)state;
    struct sink sink;
    struct log log = log_to(&sink, LOG_JSON);
    log.sink.wall_ms = wall_ms;
    log.generation = 12;
    log_error(&log, "listening", LOG_STR("address", "[::1]:80"), LOG_INT("port", -80));
    assert_string_equal(sink.line, "{\"time\":\"2026-11-23T04:00:00.007Z\",\"level\":\"error\","
                                   "\"event\":\"listening\",\"address\":\"[::1]:80\",\"port\":-80,"
                                   "\"generation\":12}\n");
}

static void test_log_without_clock_and_generation_leaves_them_out(void **state)
{
    (void)state;
    struct sink sink;
    struct log log = log_to(&sink, LOG_TEXT);
    log_warn(&log, "slow reader");
    assert_string_equal(sink.line, "warn  slow reader\n");
    log.format = LOG_JSON;
    log_warn(&log, "slow reader");
    assert_string_equal(sink.line, "{\"level\":\"warn\",\"event\":\"slow reader\"}\n");
}

static void test_log_drops_what_is_below_its_level(void **state)
{
    (void)state;
    struct sink sink;
    struct log log = log_to(&sink, LOG_TEXT);
    log_debug(&log, "unseen");
    assert_int_equal(sink.lines, 0);
    log_info(&log, "seen");
    assert_int_equal(sink.lines, 1);
}

static void test_log_text_escapes_what_could_forge_a_line(void **state)
{
    (void)state;
    struct sink sink;
    struct log log = log_to(&sink, LOG_TEXT);
    log_info(&log, "join", LOG_STR("channel", "a\"b\\c\r\n\td\x1b[2J\x7f"));
    assert_string_equal(sink.line, "info  join channel=\"a\\\"b\\\\c\\r\\n\\td\\x1b[2J\\x7f\"\n");
}

static void test_log_text_passes_utf8_and_escapes_wrong_bytes(void **state)
{
    (void)state;
    struct sink sink;
    struct log log = log_to(&sink, LOG_TEXT);
    log_info(&log, "e", LOG_STR("v", "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80"));
    assert_string_equal(sink.line,
                        "info  e v=\"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80\"\n");
    log_info(&log, "e", LOG_STR("v", "\xff|\xc0\x80|\xe2\x82|\xed\xa0\x80|\xf4\x90\x80\x80"));
    assert_string_equal(sink.line, "info  e v=\"\\xff|\\xc0\\x80|\\xe2\\x82|\\xed\\xa0\\x80|"
                                   "\\xf4\\x90\\x80\\x80\"\n");
    log_info(&log, "e", LOG_STR("v", "\xc2\x9b"));
    assert_string_equal(sink.line, "info  e v=\"\\xc2\\x9b\"\n");
}

static void test_log_json_escapes_to_valid_json(void **state)
{
    (void)state;
    struct sink sink;
    struct log log = log_to(&sink, LOG_JSON);
    log_info(&log, "e", LOG_STRN("v", "\"\\\n\0\x1b\x7f\xff\xc2\x9b\xc3\xbc", 11));
    assert_string_equal(sink.line, "{\"level\":\"info\",\"event\":\"e\",\"v\":\"\\\"\\\\\\n\\u0000"
                                   "\\u001b\\u007f\\ufffd\\u009b\xc3\xbc\"}\n");
    assert_is_json_line(&sink);
}

static void test_log_every_byte_stays_one_valid_line(void **state)
{
    (void)state;
    struct sink sink;
    for (int format = LOG_TEXT; format <= LOG_JSON; format++) {
        struct log log = log_to(&sink, (enum log_format)format);
        for (int byte = 0; byte < 256; byte++) {
            char value[3] = {'a', (char)byte, 'b'};
            log_info(&log, "e", LOG_STRN("v", value, 3));
            assert_ptr_equal(memchr(sink.line, '\n', sink.len), sink.line + sink.len - 1);
            assert_true(utf8_is_valid(sink.line, sink.len));
            if (format == LOG_JSON)
                assert_is_json_line(&sink);
        }
    }
}

static void test_log_null_text_is_the_empty_string(void **state)
{
    (void)state;
    struct sink sink;
    struct log log = log_to(&sink, LOG_TEXT);
    log_info(&log, "e", LOG_STR("a", NULL), LOG_STRN("b", NULL, 0), LOG_INT("c", INT64_MIN));
    assert_string_equal(sink.line, "info  e a=\"\" b=\"\" c=-9223372036854775808\n");
}

static void test_log_cuts_a_long_value_and_keeps_the_form(void **state)
{
    (void)state;
    struct sink sink;
    char value[LOG_LINE_MAX * 2];
    memset(value, 'x', sizeof(value));
    for (int format = LOG_TEXT; format <= LOG_JSON; format++) {
        struct log log = log_to(&sink, (enum log_format)format);
        log.generation = UINT64_MAX;
        log_info(&log, "e", LOG_STRN("v", value, sizeof(value)), LOG_INT("after", 1));
        assert_true(sink.len > LOG_LINE_MAX - 64);
        assert_non_null(strstr(sink.line, "xx\""));
        assert_non_null(strstr(sink.line, "18446744073709551615"));
        assert_null(strstr(sink.line, "after"));
        if (format == LOG_JSON)
            assert_is_json_line(&sink);
    }
}

static void test_log_json_is_valid_wherever_the_cut_falls(void **state)
{
    (void)state;
    struct sink sink;
    struct log log = log_to(&sink, LOG_JSON);
    char *padding = malloc(LOG_LINE_MAX);
    memset(padding, 'p', LOG_LINE_MAX);
    for (size_t len = LOG_LINE_MAX - 200; len < LOG_LINE_MAX; len++) {
        log_info(&log, "e", LOG_STRN("p", padding, len), LOG_STR("v", "\xe2\x82\xac\"\x01\xff\n"),
                 LOG_INT("number", INT64_MIN), LOG_STR("a long key to the end", "w"));
        assert_is_json_line(&sink);
    }
    free(padding);
}

static void test_log_cuts_a_long_event_and_a_long_key(void **state)
{
    (void)state;
    struct sink sink;
    struct log log = log_to(&sink, LOG_JSON);
    char *name = malloc(LOG_LINE_MAX * 2);
    memset(name, 'n', LOG_LINE_MAX * 2 - 1);
    name[LOG_LINE_MAX * 2 - 1] = '\0';
    log_info(&log, name, LOG_INT("a", 1));
    assert_is_json_line(&sink);
    log_info(&log, "e", LOG_INT(name, 1), LOG_INT("b", 1));
    assert_string_equal(sink.line, "{\"level\":\"info\",\"event\":\"e\"}\n");
    free(name);
}

static void test_log_gate_lets_ten_lines_through_in_a_second(void **state)
{
    (void)state;
    struct sink sink;
    struct log log = log_to(&sink, LOG_TEXT);
    struct log_gate gate = {0};
    for (int i = 0; i < 25; i++)
        log_event_gated(&log, &gate, 1999, LOG_WARN, "flood", LOG_FIELDS(LOG_INT("i", i)));
    assert_int_equal(sink.lines, LOG_GATE_LINES);
    assert_string_equal(sink.line, "warn  flood i=9\n");
}

static void test_log_gate_says_how_many_it_left_out(void **state)
{
    (void)state;
    struct sink sink;
    struct log log = log_to(&sink, LOG_TEXT);
    struct log_gate gate = {0};
    for (int i = 0; i < 25; i++)
        log_event_gated(&log, &gate, 1999, LOG_WARN, "flood", LOG_FIELDS());
    log_event_gated(&log, &gate, 2000, LOG_WARN, "flood", LOG_FIELDS(LOG_INT("i", 1)));
    assert_string_equal(sink.line, "warn  flood left_out=15 i=1\n");
    log_event_gated(&log, &gate, 2000, LOG_WARN, "flood", LOG_FIELDS());
    assert_string_equal(sink.line, "warn  flood\n");
}

static void test_log_gate_does_not_count_what_the_level_drops(void **state)
{
    (void)state;
    struct sink sink;
    struct log log = log_to(&sink, LOG_TEXT);
    struct log_gate gate = {0};
    for (int i = 0; i < 25; i++)
        log_event_gated(&log, &gate, 5, LOG_DEBUG, "flood", LOG_FIELDS());
    log_event_gated(&log, &gate, 5, LOG_WARN, "flood", LOG_FIELDS());
    assert_string_equal(sink.line, "warn  flood\n");
}

static void test_log_parses_the_names_of_levels_and_formats(void **state)
{
    (void)state;
    assert_int_equal(log_level_parse("debug"), LOG_DEBUG);
    assert_int_equal(log_level_parse("info"), LOG_INFO);
    assert_int_equal(log_level_parse("warn"), LOG_WARN);
    assert_int_equal(log_level_parse("error"), LOG_ERROR);
    assert_int_equal(log_level_parse("Error"), -1);
    assert_int_equal(log_level_parse(""), -1);
    assert_int_equal(log_format_parse("text"), LOG_TEXT);
    assert_int_equal(log_format_parse("json"), LOG_JSON);
    assert_int_equal(log_format_parse("xml"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_log_text_line_has_stamp_level_event_fields_and_generation),
        cmocka_unit_test(test_log_json_line_has_the_same),
        cmocka_unit_test(test_log_without_clock_and_generation_leaves_them_out),
        cmocka_unit_test(test_log_drops_what_is_below_its_level),
        cmocka_unit_test(test_log_text_escapes_what_could_forge_a_line),
        cmocka_unit_test(test_log_text_passes_utf8_and_escapes_wrong_bytes),
        cmocka_unit_test(test_log_json_escapes_to_valid_json),
        cmocka_unit_test(test_log_every_byte_stays_one_valid_line),
        cmocka_unit_test(test_log_null_text_is_the_empty_string),
        cmocka_unit_test(test_log_cuts_a_long_value_and_keeps_the_form),
        cmocka_unit_test(test_log_json_is_valid_wherever_the_cut_falls),
        cmocka_unit_test(test_log_cuts_a_long_event_and_a_long_key),
        cmocka_unit_test(test_log_gate_lets_ten_lines_through_in_a_second),
        cmocka_unit_test(test_log_gate_says_how_many_it_left_out),
        cmocka_unit_test(test_log_gate_does_not_count_what_the_level_drops),
        cmocka_unit_test(test_log_parses_the_names_of_levels_and_formats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_client_command.c — what a client may write, and the one reason for what it may not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "protocol/client_command.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* From a copy without a NUL behind it, that lives as long as the test's process: spans point into
 * it. */
static enum client_reason parse(struct client_command *command, const char *text)
{
    static char copy[8192];
    size_t len = strlen(text);
    assert_true(len <= sizeof(copy));
    char *at = copy + sizeof(copy) - len; /* a read past the end leaves the array */
    memcpy(at, text, len);
    memset(command, 0xa5, sizeof(*command)); /* no result may come from what was there before */
    command->of_node = true;
    return client_command_parse(command, at, len);
}

static void assert_reason(const char *text, enum client_reason want)
{
    struct client_command command;
    enum client_reason reason = parse(&command, text);
    if (reason != want)
        fail_msg("%s: \"%s\" and not \"%s\"", text, client_reason_text(reason),
                 client_reason_text(want));
}

static void assert_span(const struct json_span *span, const char *want)
{
    assert_int_not_equal(span->kind, JSON_ABSENT);
    assert_int_equal(span->len, strlen(want));
    assert_memory_equal(span->at, want, span->len);
}

static void assert_channel(const struct client_command *command, const char *want)
{
    assert_int_equal(command->channel_len, strlen(want));
    assert_memory_equal(command->channel, want, command->channel_len);
}

static void test_client_command_subscribe_without_password(void **state)
{
    (void)state;
    struct client_command command;
    assert_int_equal(parse(&command, "{\"command\":\"subscribe\",\"data\":{\"topic\":\"news\"}}"),
                     REASON_NONE);
    assert_int_equal(command.kind, COMMAND_SUBSCRIBE);
    assert_channel(&command, "news");
    assert_int_equal(command.password_len, 0);
    assert_false(command.of_node);
    assert_int_equal(command.nonce.kind, JSON_ABSENT);
    assert_int_equal(command.message.kind, JSON_ABSENT);
}

static void test_client_command_subscribe_with_password_and_nonce(void **state)
{
    (void)state;
    struct client_command command;
    assert_int_equal(parse(&command, "{\"command\":\"subscribe\",\"data\":{\"topic\":\"n\\u00e9\","
                                     "\"password\":\"s\\\"\\u0000\"},\"nonce\":\"x\\n\"}"),
                     REASON_NONE);
    assert_channel(&command, "n\xc3\xa9");
    assert_int_equal(command.password_len, 3);
    assert_memory_equal(command.password, "s\"\0", 3);
    assert_span(&command.nonce, "\"x\\n\"");
}

static void test_client_command_unsubscribe(void **state)
{
    (void)state;
    struct client_command command;
    assert_int_equal(
        parse(&command, "{\"command\":\"unsubscribe\",\"data\":{\"topic\":\"a\"},\"nonce\":1}"),
        REASON_NONE);
    assert_int_equal(command.kind, COMMAND_UNSUBSCRIBE);
    assert_channel(&command, "a");
    assert_span(&command.nonce, "1");
}

static void test_client_command_send_gives_the_message_as_written(void **state)
{
    (void)state;
    static const char *const messages[] = {"\"hi\"",         "null",        "0",
                                           "-1.50",          "true",        "[ 1, 2 ]",
                                           "{ \"a\" : {} }", "\"\\ud800\"", "\"\""};
    for (size_t i = 0; i < COUNT(messages); i++) {
        char text[200];
        struct client_command command;
        snprintf(text, sizeof(text),
                 "{\"command\":\"send\",\"data\":{\"channel\":\"a\",\"message\":%s}}", messages[i]);
        assert_int_equal(parse(&command, text), REASON_NONE);
        assert_int_equal(command.kind, COMMAND_SEND);
        assert_channel(&command, "a");
        assert_span(&command.message, messages[i]);
    }
}

static void test_client_command_list_works_without_data(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"command\":\"list\"}",
        "{\"command\":\"list\",\"data\":{}}",
        "{\"command\":\"list\",\"data\":null}",
        "{\"command\":\"list\",\"data\":{\"scope\":\"client\"}}",
        "{\"command\":\"list\",\"data\":{\"scope\":5}}",
        "{\"command\":\"list\",\"data\":{\"scope\":\"node\"},\"data\":{}}",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct client_command command;
        assert_int_equal(parse(&command, texts[i]), REASON_NONE);
        assert_int_equal(command.kind, COMMAND_LIST);
        assert_false(command.of_node);
    }
}

static void test_client_command_list_of_the_node(void **state)
{
    (void)state;
    struct client_command command;
    assert_int_equal(parse(&command, "{\"command\":\"list\",\"data\":{\"scope\":\"node\"}}"),
                     REASON_NONE);
    assert_true(command.of_node);
}

static void test_client_command_topic_and_channel_are_synonyms(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"command\":\"subscribe\",\"data\":{\"channel\":\"a\"}}",
        "{\"command\":\"unsubscribe\",\"data\":{\"channel\":\"a\"}}",
        "{\"command\":\"send\",\"data\":{\"topic\":\"a\",\"message\":1}}",
        "{\"command\":\"subscribe\",\"data\":{\"channel\":\"b\",\"topic\":\"a\"}}",
        "{\"command\":\"unsubscribe\",\"data\":{\"topic\":\"a\",\"channel\":\"b\"}}",
        "{\"command\":\"send\",\"data\":{\"channel\":\"a\",\"topic\":\"b\",\"message\":1}}",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct client_command command;
        assert_int_equal(parse(&command, texts[i]), REASON_NONE);
        assert_channel(&command, "a");
    }
}

static void test_client_command_last_of_duplicate_keys_wins(void **state)
{
    (void)state;
    struct client_command command;
    assert_int_equal(parse(&command, "{\"command\":\"list\",\"command\":\"send\",\"nonce\":null,"
                                     "\"data\":{\"channel\":5,\"channel\":\"a\",\"message\":1,"
                                     "\"message\":2},\"nonce\":7}"),
                     REASON_NONE);
    assert_int_equal(command.kind, COMMAND_SEND);
    assert_channel(&command, "a");
    assert_span(&command.message, "2");
    assert_span(&command.nonce, "7");
}

static void test_client_command_later_data_replaces_all_of_an_earlier_one(void **state)
{
    (void)state;
    assert_reason("{\"command\":\"send\",\"data\":{\"channel\":\"a\",\"message\":1},"
                  "\"data\":{\"channel\":\"b\"}}",
                  REASON_MISSING_MESSAGE);
    assert_reason("{\"command\":\"send\",\"data\":{\"channel\":\"a\",\"message\":1},"
                  "\"data\":null}",
                  REASON_MISSING_DATA);
    assert_reason("{\"command\":\"send\",\"data\":1,"
                  "\"data\":{\"channel\":\"a\",\"message\":1}}",
                  REASON_NONE);
}

static void test_client_command_escaped_keys_and_values_count(void **state)
{
    (void)state;
    struct client_command command;
    assert_int_equal(
        parse(&command, "{\"c\\u006fmmand\":\"s\\u0065nd\",\"d\\u0061ta\":{\"ch\\u0061nnel\":\"a\","
                        "\"m\\u0065ssage\":1},\"non\\u0063e\":3}"),
        REASON_NONE);
    assert_int_equal(command.kind, COMMAND_SEND);
    assert_span(&command.nonce, "3");
}

static void test_client_command_skips_unknown_keys(void **state)
{
    (void)state;
    assert_reason("{\"x\":[{}],\"commands\":1,\"command\":\"send\",\"\":null,"
                  "\"data\":{\"Channel\":1,\"channel\":\"a\",\"y\":{\"channel\":5},\"message\":1},"
                  "\"z\":{\"nonce\":null}}",
                  REASON_NONE);
}

static void test_client_command_gives_each_failure_its_reason(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum client_reason reason;
    } cases[] = {
        {"", REASON_MALFORMED_JSON},
        {"   ", REASON_MALFORMED_JSON},
        {"{", REASON_MALFORMED_JSON},
        {"{\"command\":\"list\"", REASON_MALFORMED_JSON},
        {"{\"command\":\"list\"}}", REASON_MALFORMED_JSON},
        {"{\"command\":\"list\"} x", REASON_MALFORMED_JSON},
        {"{\"command\":\"list\",}", REASON_MALFORMED_JSON},
        {"{\"command\":\"list\",\"data\":{\"a\":01}}", REASON_MALFORMED_JSON},
        {"{\"command\":\"list\",\"data\":{\"a\"}}", REASON_MALFORMED_JSON},
        {"{\"command\":\"list\",\"data\":}", REASON_MALFORMED_JSON},
        {"{\"command\":\"list\",\"data\":tru}", REASON_MALFORMED_JSON},
        {"[1", REASON_MALFORMED_JSON},
        {"nul", REASON_MALFORMED_JSON},
        {"[]", REASON_INVALID_COMMAND},
        {"null", REASON_INVALID_COMMAND},
        {"\"subscribe\"", REASON_INVALID_COMMAND},
        {"5", REASON_INVALID_COMMAND},
        {"[{\"command\":\"list\"}]", REASON_INVALID_COMMAND},
        {"{}", REASON_INVALID_COMMAND},
        {"{\"data\":{}}", REASON_INVALID_COMMAND},
        {"{\"command\":null}", REASON_INVALID_COMMAND},
        {"{\"command\":5}", REASON_INVALID_COMMAND},
        {"{\"command\":[\"list\"]}", REASON_INVALID_COMMAND},
        {"{\"command\":\"\"}", REASON_INVALID_COMMAND},
        {"{\"command\":\"List\"}", REASON_INVALID_COMMAND},
        {"{\"command\":\"list \"}", REASON_INVALID_COMMAND},
        {"{\"command\":\"list\\u0000\"}", REASON_INVALID_COMMAND},
        {"{\"command\":\"subscribes\",\"data\":{}}", REASON_INVALID_COMMAND},
        {"{\"command\":\"subscribe\"}", REASON_MISSING_DATA},
        {"{\"command\":\"unsubscribe\",\"data\":null}", REASON_MISSING_DATA},
        {"{\"command\":\"send\",\"data\":[]}", REASON_MISSING_DATA},
        {"{\"command\":\"send\",\"data\":\"a\"}", REASON_MISSING_DATA},
        {"{\"command\":\"subscribe\",\"data\":{}}", REASON_MISSING_TOPIC},
        {"{\"command\":\"unsubscribe\",\"data\":{\"x\":1}}", REASON_MISSING_TOPIC},
        {"{\"command\":\"send\",\"data\":{}}", REASON_MISSING_CHANNEL},
        {"{\"command\":\"send\",\"data\":{\"message\":1}}", REASON_MISSING_CHANNEL},
        {"{\"command\":\"subscribe\",\"data\":{\"topic\":null}}", REASON_INVALID_TOPIC},
        {"{\"command\":\"subscribe\",\"data\":{\"topic\":5}}", REASON_INVALID_TOPIC},
        {"{\"command\":\"subscribe\",\"data\":{\"topic\":\"\"}}", REASON_INVALID_TOPIC},
        {"{\"command\":\"subscribe\",\"data\":{\"channel\":\"\"}}", REASON_INVALID_TOPIC},
        {"{\"command\":\"subscribe\",\"data\":{\"topic\":5,\"channel\":\"a\"}}",
         REASON_INVALID_TOPIC},
        {"{\"command\":\"subscribe\",\"data\":{\"topic\":\"a\\u0000\"}}", REASON_INVALID_TOPIC},
        {"{\"command\":\"subscribe\",\"data\":{\"topic\":\"a\\n\"}}", REASON_INVALID_TOPIC},
        {"{\"command\":\"subscribe\",\"data\":{\"topic\":\"\\u0085\"}}", REASON_INVALID_TOPIC},
        {"{\"command\":\"unsubscribe\",\"data\":{\"topic\":\"\\ud800\"}}", REASON_INVALID_TOPIC},
        {"{\"command\":\"unsubscribe\",\"data\":{\"topic\":{}}}", REASON_INVALID_TOPIC},
        {"{\"command\":\"send\",\"data\":{\"channel\":[]}}", REASON_INVALID_CHANNEL},
        {"{\"command\":\"send\",\"data\":{\"channel\":\"\",\"message\":1}}",
         REASON_INVALID_CHANNEL},
        {"{\"command\":\"send\",\"data\":{\"topic\":\"\\udfff\",\"message\":1}}",
         REASON_INVALID_CHANNEL},
        {"{\"command\":\"send\",\"data\":{\"channel\":\"a\"}}", REASON_MISSING_MESSAGE},
        {"{\"command\":\"subscribe\",\"data\":{\"topic\":\"a\",\"password\":5}}",
         REASON_INVALID_PASSWORD},
        {"{\"command\":\"subscribe\",\"data\":{\"topic\":\"a\",\"password\":false}}",
         REASON_INVALID_PASSWORD},
        {"{\"command\":\"subscribe\",\"data\":{\"topic\":\"a\",\"password\":[]}}",
         REASON_INVALID_PASSWORD},
        {"{\"command\":\"subscribe\",\"data\":{\"topic\":\"a\",\"password\":\"\\ud800\"}}",
         REASON_INVALID_PASSWORD},
        {"{\"command\":\"subscribe\",\"data\":{\"topic\":\"a\",\"password\":null}}", REASON_NONE},
        {"{\"command\":\"subscribe\",\"data\":{\"topic\":\"a\",\"password\":\"\"}}", REASON_NONE},
        {"{\"command\":\"send\",\"data\":{\"channel\":\"a\",\"message\":1,\"password\":5}}",
         REASON_NONE},
        {"{\"command\":\"unsubscribe\",\"data\":{\"topic\":\"a\",\"password\":5}}", REASON_NONE},
        {"{\"command\":\"list\",\"nonce\":null}", REASON_INVALID_NONCE},
        {"{\"command\":\"list\",\"nonce\":true}", REASON_INVALID_NONCE},
        {"{\"command\":\"list\",\"nonce\":[]}", REASON_INVALID_NONCE},
        {"{\"command\":\"list\",\"nonce\":{\"a\":1}}", REASON_INVALID_NONCE},
        {"{\"command\":\"list\",\"nonce\":\"\"}", REASON_NONE},
        {"{\"command\":\"list\",\"nonce\":0}", REASON_NONE},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_reason(cases[i].text, cases[i].reason);
}

static void test_client_command_first_reason_in_order_wins(void **state)
{
    (void)state;
    assert_reason("{\"nonce\":null,\"command\":5", REASON_MALFORMED_JSON);
    assert_reason("{\"nonce\":null,\"command\":5}", REASON_INVALID_NONCE);
    assert_reason("{\"command\":5,\"data\":5}", REASON_INVALID_COMMAND);
    assert_reason("{\"command\":\"send\",\"data\":5}", REASON_MISSING_DATA);
    assert_reason("{\"command\":\"send\",\"data\":{\"channel\":5}}", REASON_INVALID_CHANNEL);
    assert_reason("{\"command\":\"subscribe\",\"data\":{\"topic\":5,\"password\":5}}",
                  REASON_INVALID_TOPIC);
}

static void test_client_command_keeps_a_valid_nonce_on_every_failure(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"nonce\":\"n\"}",
        "{\"command\":\"nothing\",\"nonce\":\"n\"}",
        "{\"nonce\":\"n\",\"command\":\"send\"}",
        "{\"command\":\"send\",\"data\":{},\"nonce\":\"n\"}",
        "{\"command\":\"send\",\"nonce\":\"n\",\"data\":{\"channel\":5}}",
        "{\"command\":\"send\",\"data\":{\"channel\":\"a\"},\"nonce\":\"n\"}",
        "{\"command\":\"subscribe\",\"data\":{\"topic\":\"a\",\"password\":5},\"nonce\":\"n\"}",
        "{\"command\":[[[{}]]],\"data\":{\"nonce\":5},\"nonce\":\"n\"}",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct client_command command;
        assert_int_not_equal(parse(&command, texts[i]), REASON_NONE);
        assert_span(&command.nonce, "\"n\"");
    }
}

static void test_client_command_gives_no_nonce_from_malformed_json(void **state)
{
    (void)state;
    struct client_command command;
    assert_int_equal(parse(&command, "{\"nonce\":\"n\",\"command\":}"), REASON_MALFORMED_JSON);
    assert_int_equal(command.nonce.kind, JSON_ABSENT);
}

static void test_client_command_gives_no_nonce_when_it_is_invalid(void **state)
{
    (void)state;
    struct client_command command;
    assert_int_equal(parse(&command, "{\"nonce\":1,\"command\":\"list\",\"nonce\":null}"),
                     REASON_INVALID_NONCE);
    assert_int_equal(command.nonce.kind, JSON_ABSENT);
}

/* `head`, `count` times `unit`, `tail`. */
static enum client_reason parse_long(const char *head, const char *unit, size_t count,
                                     const char *tail)
{
    static char text[8192];
    static struct client_command command;
    size_t len = strlen(head);
    memcpy(text, head, len);
    for (size_t i = 0; i < count; i++, len += strlen(unit))
        memcpy(text + len, unit, strlen(unit));
    memcpy(text + len, tail, strlen(tail) + 1);
    return parse(&command, text);
}

static void test_client_command_string_nonce_of_128_bytes_passes_129_fails(void **state)
{
    (void)state;
    static const char head[] = "{\"command\":\"list\",\"nonce\":\"";
    assert_int_equal(parse_long(head, "n", 128, "\"}"), REASON_NONE);
    assert_int_equal(parse_long(head, "n", 129, "\"}"), REASON_INVALID_NONCE);
    assert_int_equal(parse_long(head, "\\n", 64, "\"}"), REASON_NONE); /* counted as written */
    assert_int_equal(parse_long(head, "\\n", 65, "\"}"), REASON_INVALID_NONCE);
}

static void test_client_command_number_nonce_of_128_bytes_passes_129_fails(void **state)
{
    (void)state;
    static const char head[] = "{\"command\":\"list\",\"nonce\":";
    assert_int_equal(parse_long(head, "1", 128, "}"), REASON_NONE);
    assert_int_equal(parse_long(head, "1", 129, "}"), REASON_INVALID_NONCE);
}

static void test_client_command_channel_of_256_bytes_passes_257_fails(void **state)
{
    (void)state;
    static const char head[] = "{\"command\":\"subscribe\",\"data\":{\"topic\":\"";
    assert_int_equal(parse_long(head, "c", 256, "\"}}"), REASON_NONE);
    assert_int_equal(parse_long(head, "c", 257, "\"}}"), REASON_INVALID_TOPIC);
    assert_int_equal(parse_long(head, "\\u0041", 256, "\"}}"), REASON_NONE);
    assert_int_equal(parse_long(head, "\xc3\xbc", 128, "\"}}"), REASON_NONE);
    assert_int_equal(parse_long(head, "\xc3\xbc", 129, "\"}}"), REASON_INVALID_TOPIC);
}

static void test_client_command_password_of_1024_bytes_passes_1025_fails(void **state)
{
    (void)state;
    static const char head[] =
        "{\"command\":\"subscribe\",\"data\":{\"topic\":\"a\",\"password\":\"";
    assert_int_equal(parse_long(head, "p", 1024, "\"}}"), REASON_NONE);
    assert_int_equal(parse_long(head, "p", 1025, "\"}}"), REASON_INVALID_PASSWORD);
    assert_int_equal(parse_long(head, "\\u0041", 1024, "\"}}"), REASON_NONE);
}

static void test_client_command_depth_of_the_whole_text_is_32(void **state)
{
    (void)state;
    static const char head[] = "{\"command\":\"send\",\"data\":{\"channel\":\"a\",\"message\":";
    char brackets[32] = {0};
    memset(brackets, ']', 30);
    char tail[64];
    snprintf(tail, sizeof(tail), "%s}}", brackets);
    assert_int_equal(parse_long(head, "[", 30, tail), REASON_NONE);
    brackets[30] = ']';
    snprintf(tail, sizeof(tail), "%s}}", brackets);
    assert_int_equal(parse_long(head, "[", 31, tail), REASON_MALFORMED_JSON);
}

static void test_channel_name_takes_text_without_control_characters(void **state)
{
    (void)state;
    assert_true(channel_name_is_valid("a", 1));
    assert_true(channel_name_is_valid(" ", 1));
    assert_true(channel_name_is_valid("~", 1));
    assert_true(channel_name_is_valid("\xc2\xa0", 2));
    assert_true(channel_name_is_valid("\xf0\x9f\x98\x80", 4));
    assert_true(channel_name_is_valid("\xe2\x82\x80", 3)); /* 82 and 80 are no C1 controls here */
}

static void test_channel_name_refuses_control_characters(void **state)
{
    (void)state;
    for (int byte = 0; byte < 0x20; byte++) {
        char name[3] = {'a', (char)byte, 'b'};
        assert_false(channel_name_is_valid(name, 3));
    }
    assert_false(channel_name_is_valid("\x7f", 1));
    assert_false(channel_name_is_valid("\xc2\x80", 2));
    assert_false(channel_name_is_valid("\xc2\x9f", 2));
}

static void test_channel_name_refuses_wrong_utf8_and_lengths(void **state)
{
    (void)state;
    char name[257];
    memset(name, 'n', sizeof(name));
    assert_false(channel_name_is_valid("", 0));
    assert_true(channel_name_is_valid(name, 256));
    assert_false(channel_name_is_valid(name, 257));
    assert_false(channel_name_is_valid("\xff", 1));
    assert_false(channel_name_is_valid("a\xc2", 2));
    assert_false(channel_name_is_valid("\xed\xa0\x80", 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_client_command_subscribe_without_password),
        cmocka_unit_test(test_client_command_subscribe_with_password_and_nonce),
        cmocka_unit_test(test_client_command_unsubscribe),
        cmocka_unit_test(test_client_command_send_gives_the_message_as_written),
        cmocka_unit_test(test_client_command_list_works_without_data),
        cmocka_unit_test(test_client_command_list_of_the_node),
        cmocka_unit_test(test_client_command_topic_and_channel_are_synonyms),
        cmocka_unit_test(test_client_command_last_of_duplicate_keys_wins),
        cmocka_unit_test(test_client_command_later_data_replaces_all_of_an_earlier_one),
        cmocka_unit_test(test_client_command_escaped_keys_and_values_count),
        cmocka_unit_test(test_client_command_skips_unknown_keys),
        cmocka_unit_test(test_client_command_gives_each_failure_its_reason),
        cmocka_unit_test(test_client_command_first_reason_in_order_wins),
        cmocka_unit_test(test_client_command_keeps_a_valid_nonce_on_every_failure),
        cmocka_unit_test(test_client_command_gives_no_nonce_from_malformed_json),
        cmocka_unit_test(test_client_command_gives_no_nonce_when_it_is_invalid),
        cmocka_unit_test(test_client_command_string_nonce_of_128_bytes_passes_129_fails),
        cmocka_unit_test(test_client_command_number_nonce_of_128_bytes_passes_129_fails),
        cmocka_unit_test(test_client_command_channel_of_256_bytes_passes_257_fails),
        cmocka_unit_test(test_client_command_password_of_1024_bytes_passes_1025_fails),
        cmocka_unit_test(test_client_command_depth_of_the_whole_text_is_32),
        cmocka_unit_test(test_channel_name_takes_text_without_control_characters),
        cmocka_unit_test(test_channel_name_refuses_control_characters),
        cmocka_unit_test(test_channel_name_refuses_wrong_utf8_and_lengths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

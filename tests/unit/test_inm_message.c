/* test_inm_message.c — what a client sent is what the clients of other nodes get. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "protocol/inm_message.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct inm_address address = {"node-1", 6, "*", 1, "n", 1};

static struct json_span span_of(const char *text)
{
    struct json_reader json;
    struct json_span span = {0};
    json_read_init(&json, text, strlen(text));
    assert_int_equal(json_read_value(&json, &span), 0);
    assert_int_equal(json_finish(&json), 0);
    return span;
}

static void write_message(struct buf *buf, const char *message)
{
    struct inm_message out = {
        .message = span_of(message), .channel_json = "\"c\"", .channel_json_len = 3};
    inm_message_write(buf, &address, &out);
    assert_false(buf->failed);
}

static void assert_text(const struct buf *buf, const char *want)
{
    assert_int_equal(buf->len, strlen(want));
    if (buf->len > 0)
        assert_memory_equal(buf->bytes, want, buf->len);
}

/* `data` of the packet that a message becomes. */
static void assert_data(const char *message, const char *want)
{
    struct buf buf = {0};
    struct inm_packet packet;
    write_message(&buf, message);
    assert_int_equal(inm_packet_parse(&packet, buf.bytes, buf.len), 0);
    assert_int_equal(packet.data.len, strlen(want));
    assert_memory_equal(packet.data.at, want, packet.data.len);
    buf_deinit(&buf);
}

static void assert_arrives(const char *message, const char *want)
{
    struct buf buf = {0}, json = {0};
    struct inm_packet packet;
    write_message(&buf, message);
    assert_int_equal(inm_packet_parse(&packet, buf.bytes, buf.len), 0);
    assert_int_equal(inm_message_decode(&packet, &json), 0);
    assert_text(&json, want);
    buf_deinit(&buf);
    buf_deinit(&json);
}

/* What comes of a packet's data. 0, or the failure. */
static int decode(struct buf *json, const char *data)
{
    char text[1000];
    struct inm_packet packet;
    snprintf(text, sizeof(text),
             "{\"source\":\"a\",\"destination\":\"*\",\"type\":\"message\",\"nonce\":\"n\","
             "\"data\":%s}",
             data);
    assert_int_equal(inm_packet_parse(&packet, text, strlen(text)), 0);
    return inm_message_decode(&packet, json);
}

static void test_inm_message_string_travels_as_the_base64_of_its_text(void **state)
{
    (void)state;
    assert_data("\"Hello World\"", "{\"message\":\"SGVsbG8gV29ybGQ=\",\"channel\":\"c\"}");
    assert_data("\"\"", "{\"message\":\"\",\"channel\":\"c\"}");
    assert_data("\"\\u0048ello\\u0020W\\u006frld\"",
                "{\"message\":\"SGVsbG8gV29ybGQ=\",\"channel\":\"c\"}");
    assert_data("\"\xc3\xa9\"", "{\"message\":\"w6k=\",\"channel\":\"c\"}");
    assert_data("\"\\u00e9\"", "{\"message\":\"w6k=\",\"channel\":\"c\"}");
}

static void test_inm_message_other_values_travel_as_json(void **state)
{
    (void)state;
    assert_data("{}", "{\"message\":\"e30=\",\"channel\":\"c\",\"encoding\":\"json\"}");
    assert_data("null", "{\"message\":\"bnVsbA==\",\"channel\":\"c\",\"encoding\":\"json\"}");
    assert_data("-1.50", "{\"message\":\"LTEuNTA=\",\"channel\":\"c\",\"encoding\":\"json\"}");
}

static void test_inm_message_half_a_surrogate_pair_travels_as_json(void **state)
{
    (void)state;
    assert_data("\"\\ud800\"",
                "{\"message\":\"Ilx1ZDgwMCI=\",\"channel\":\"c\",\"encoding\":\"json\"}");
}

static void test_inm_message_whole_packet_with_nonce_and_claim(void **state)
{
    (void)state;
    struct buf buf = {0};
    struct inm_message message = {.message = span_of("\"Hello\""),
                                  .channel_json = "\"a\\\"b\"",
                                  .channel_json_len = 6,
                                  .nonce = span_of("\"x\\n\""),
                                  .claim = "0123abcd"};
    inm_message_write(&buf, &address, &message);
    assert_text(&buf, "{\"source\":\"node-1\",\"destination\":\"*\",\"type\":\"message\","
                      "\"nonce\":\"n\",\"data\":{\"message\":\"SGVsbG8=\",\"channel\":\"a\\\"b\","
                      "\"nonce\":\"x\\n\",\"claim\":\"0123abcd\"}}");
    struct inm_packet packet;
    assert_int_equal(inm_packet_parse(&packet, buf.bytes, buf.len), 0);
    assert_true(inm_message_claims(&packet, "0123abcd"));
    assert_false(inm_message_claims(&packet, "0123abce"));
    buf_deinit(&buf);
}

static void test_inm_message_claims_nothing_when_there_is_no_text_of_it(void **state)
{
    (void)state;
    static const char *const claims[] = {"", ",\"claim\":null", ",\"claim\":12345678",
                                         ",\"claim\":\"123456789\"", ",\"claim\":\"1234567\""};
    for (size_t i = 0; i < COUNT(claims); i++) {
        char text[400];
        struct inm_packet packet;
        snprintf(text, sizeof(text),
                 "{\"source\":\"a\",\"destination\":\"*\",\"type\":\"message\",\"nonce\":\"n\","
                 "\"data\":{\"message\":\"\",\"channel\":\"c\"%s}}",
                 claims[i]);
        assert_int_equal(inm_packet_parse(&packet, text, strlen(text)), 0);
        assert_false(inm_message_claims(&packet, "12345678"));
    }
}

static void test_inm_message_any_json_arrives_byte_for_byte(void **state)
{
    (void)state;
    static const char *const messages[] = {
        "null",
        "true",
        "0",
        "-1.50e+3",
        "[]",
        "[ 1, 2 ]",
        "{ \"a\" : { } }",
        "{\"a\":1,\"a\":2}",
        "[\"\\u0061\", \"\\/\"]",
        "\"\\ud800\"",
        "\"\\udc00\\ud800 \\u0061\\/\"",
        "\"a\\ud83dx\"",
        "\"\"",
        "\"plain\"",
        "\"\xf0\x9f\x98\x80 \xc3\xa9\"",
        "\"\\\"\\\\\\n\\u0000\"",
    };
    for (size_t i = 0; i < COUNT(messages); i++)
        assert_arrives(messages[i], messages[i]);
}

static void test_inm_message_string_arrives_with_the_least_escapes(void **state)
{
    (void)state;
    assert_arrives("\"\\u0048\\/\\u000a\\ud83d\\ude00\\u0000\"",
                   "\"H/\\n\xf0\x9f\x98\x80\\u0000\"");
}

static void test_inm_message_arrives_whole_at_every_length(void **state)
{
    (void)state;
    for (size_t len = 0; len < 300; len++) {
        char message[302] = "\"", escaped[304] = "\"\\n", want[304] = "\"\\n";
        memset(message + 1, 'x', len);
        message[1 + len] = '"';
        assert_arrives(message, message);
        memset(escaped + 3, 'x', len);
        escaped[3 + len] = '"';
        memcpy(want, escaped, sizeof(want));
        if (len < 300)
            assert_arrives(escaped, want);
    }
}

static void test_inm_message_takes_base64_with_escaped_slashes(void **state)
{
    (void)state;
    struct buf json = {0};
    assert_int_equal(decode(&json, "{\"channel\":\"c\",\"message\":\"77+\\/\"}"), 0);
    assert_text(&json, "\"\xef\xbf\xbf\"");
    buf_clear(&json);
    assert_int_equal(decode(&json, "{\"channel\":\"c\",\"message\":\"\\u0053GVsbG8=\"}"), 0);
    assert_text(&json, "\"Hello\"");
    buf_deinit(&json);
}

static void test_inm_message_json_comes_without_the_space_around_it(void **state)
{
    (void)state;
    struct buf json = {0}; /* " [ 1 ]\n" */
    assert_int_equal(
        decode(&json, "{\"channel\":\"c\",\"encoding\":\"json\",\"message\":\"IFsgMSBdCg==\"}"), 0);
    assert_text(&json, "[ 1 ]");
    buf_deinit(&json);
}

static void test_inm_message_refuses_what_clients_could_not_read(void **state)
{
    (void)state;
    static const char *const data[] = {
        "{\"channel\":\"c\",\"message\":\"Zg\"}",
        "{\"channel\":\"c\",\"message\":\"Zh==\"}",
        "{\"channel\":\"c\",\"message\":\"not base64\"}",
        "{\"channel\":\"c\",\"message\":\"Zg==\\n\"}",
        "{\"channel\":\"c\",\"message\":\"\\ud800\"}",
        "{\"channel\":\"c\",\"message\":\"/w==\"}",                               /* 0xff */
        "{\"channel\":\"c\",\"message\":\"7aCA\"}",                               /* U+D800 */
        "{\"channel\":\"c\",\"encoding\":\"json\",\"message\":\"\"}",             /* empty */
        "{\"channel\":\"c\",\"encoding\":\"json\",\"message\":\"SGVsbG8=\"}",     /* Hello */
        "{\"channel\":\"c\",\"encoding\":\"json\",\"message\":\"MSAy\"}",         /* 1 2 */
        "{\"channel\":\"c\",\"encoding\":\"json\",\"message\":\"e30sInQiOjF9\"}", /* {},"t":1} */
        "{\"channel\":\"c\",\"encoding\":\"json\",\"message\":\"Iv8i\"}",         /* "\xff" */
        "{\"channel\":\"c\",\"encoding\":\"json\",\"message\":\"MQA=\"}",         /* 1 and a NUL */
    };
    for (size_t i = 0; i < COUNT(data); i++) {
        struct buf json = {0};
        buf_add_text(&json, "kept");
        if (decode(&json, data[i]) != RELAY_ESYNTAX)
            fail_msg("%s: taken", data[i]);
        assert_text(&json, "kept");
        buf_deinit(&json);
    }
}

static void test_inm_message_without_room_is_no_memory_and_adds_nothing(void **state)
{
    (void)state;
    struct buf json;
    buf_init(&json, 8);
    assert_int_equal(decode(&json, "{\"channel\":\"c\",\"message\":\"SGVsbG8=\"}"), 0);
    buf_clear(&json);
    buf_add_text(&json, "12");
    assert_int_equal(decode(&json, "{\"channel\":\"c\",\"message\":\"SGVsbG8=\"}"), RELAY_ENOMEM);
    assert_text(&json, "12");
    buf_deinit(&json);
}

static void test_inm_message_that_does_not_fit_its_buffer_fails_it(void **state)
{
    (void)state;
    struct buf buf;
    struct inm_message message = {
        .message = span_of("\"Hello\""), .channel_json = "\"c\"", .channel_json_len = 3};
    buf_init(&buf, 0);
    inm_message_write(&buf, &address, &message);
    size_t len = buf.len;
    buf_deinit(&buf);
    buf_init(&buf, len);
    inm_message_write(&buf, &address, &message);
    assert_false(buf.failed);
    assert_int_equal(buf.len, len);
    buf_deinit(&buf);
    buf_init(&buf, len - 1);
    inm_message_write(&buf, &address, &message);
    assert_true(buf.failed);
    buf_deinit(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inm_message_string_travels_as_the_base64_of_its_text),
        cmocka_unit_test(test_inm_message_other_values_travel_as_json),
        cmocka_unit_test(test_inm_message_half_a_surrogate_pair_travels_as_json),
        cmocka_unit_test(test_inm_message_whole_packet_with_nonce_and_claim),
        cmocka_unit_test(test_inm_message_claims_nothing_when_there_is_no_text_of_it),
        cmocka_unit_test(test_inm_message_any_json_arrives_byte_for_byte),
        cmocka_unit_test(test_inm_message_string_arrives_with_the_least_escapes),
        cmocka_unit_test(test_inm_message_arrives_whole_at_every_length),
        cmocka_unit_test(test_inm_message_takes_base64_with_escaped_slashes),
        cmocka_unit_test(test_inm_message_json_comes_without_the_space_around_it),
        cmocka_unit_test(test_inm_message_refuses_what_clients_could_not_read),
        cmocka_unit_test(test_inm_message_without_room_is_no_memory_and_adds_nothing),
        cmocka_unit_test(test_inm_message_that_does_not_fit_its_buffer_fails_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_client_reply.c — the texts to clients, byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "protocol/client_reply.h"

#define SPAN(text, of_kind)                                                                        \
    (&(struct json_span){.at = (text), .len = sizeof(text) - 1, .kind = (of_kind)})

static const struct json_span absent;

static void assert_text_and_clear(struct buf *buf, const char *want)
{
    buf_add_byte(buf, '\0');
    assert_false(buf->failed);
    assert_string_equal(buf->bytes, want);
    buf_deinit(buf);
}

static void test_client_reply_ok_echoes_the_nonce_as_it_was_written(void **state)
{
    (void)state;
    struct buf buf = {0};
    client_reply_ok(&buf, SPAN("\"a\\u0041\"", JSON_STRING));
    assert_text_and_clear(&buf,
                          "{\"type\":\"response\",\"data\":{\"ok\":true},\"nonce\":\"a\\u0041\"}");
    client_reply_ok(&buf, SPAN("12345678901234567890.0", JSON_NUMBER));
    assert_text_and_clear(
        &buf, "{\"type\":\"response\",\"data\":{\"ok\":true},\"nonce\":12345678901234567890.0}");
}

static void test_client_reply_ok_without_nonce_leaves_the_key_out(void **state)
{
    (void)state;
    struct buf buf = {0};
    client_reply_ok(&buf, &absent);
    assert_text_and_clear(&buf, "{\"type\":\"response\",\"data\":{\"ok\":true}}");
}

static void test_client_reply_failure_escapes_a_policys_reason(void **state)
{
    (void)state;
    struct buf buf = {0};
    client_reply_failure(&buf, "say \"please\"\n", 13, SPAN("7", JSON_NUMBER));
    assert_text_and_clear(&buf, "{\"type\":\"response\",\"data\":{\"ok\":false,"
                                "\"reason\":\"say \\\"please\\\"\\n\"},\"nonce\":7}");
}

static void test_client_reply_channels_is_an_array_also_when_empty(void **state)
{
    (void)state;
    struct buf buf = {0};
    client_reply_channels_begin(&buf);
    client_reply_channels_end(&buf, &absent);
    assert_text_and_clear(&buf, "{\"type\":\"response\",\"data\":{\"channels\":[]}}");
}

static void test_client_reply_channels_are_parted_by_commas(void **state)
{
    (void)state;
    struct buf buf = {0};
    client_reply_channels_begin(&buf);
    client_reply_channels_add(&buf, "\"[\"", 3);
    client_reply_channels_add(&buf, "\"b\"", 3);
    client_reply_channels_add(&buf, "\"c\"", 3);
    client_reply_channels_end(&buf, SPAN("\"n\"", JSON_STRING));
    assert_text_and_clear(&buf, "{\"type\":\"response\",\"data\":{\"channels\":"
                                "[\"[\",\"b\",\"c\"]},\"nonce\":\"n\"}");
}

static void test_client_reply_message_carries_the_message_byte_for_byte(void **state)
{
    (void)state;
    struct buf buf = {0};
    client_reply_message(&buf, SPAN("{ \"a\" :1.0}", JSON_OBJECT), "\"ch\"", 4,
                         SPAN("\"n\"", JSON_STRING));
    assert_text_and_clear(&buf, "{\"type\":\"message\",\"data\":{\"message\":{ \"a\" :1.0},"
                                "\"channel\":\"ch\"},\"nonce\":\"n\"}");
    client_reply_message(&buf, SPAN("null", JSON_NULL), "\"ch\"", 4, &absent);
    assert_text_and_clear(&buf,
                          "{\"type\":\"message\",\"data\":{\"message\":null,\"channel\":\"ch\"}}");
}

static void test_client_reply_unsubscribed_names_channel_and_reason(void **state)
{
    (void)state;
    struct buf buf = {0};
    client_reply_unsubscribed(&buf, "\"c\\\"h\"", 6, "not allowed", 11);
    assert_text_and_clear(&buf, "{\"type\":\"unsubscribed\",\"data\":{\"channel\":\"c\\\"h\","
                                "\"reason\":\"not allowed\"}}");
}

static void test_client_reply_over_the_bound_marks_the_buffer_failed(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 40);
    client_reply_ok(&buf, SPAN("\"a long enough nonce\"", JSON_STRING));
    assert_true(buf.failed);
    buf_deinit(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_client_reply_ok_echoes_the_nonce_as_it_was_written),
        cmocka_unit_test(test_client_reply_ok_without_nonce_leaves_the_key_out),
        cmocka_unit_test(test_client_reply_failure_escapes_a_policys_reason),
        cmocka_unit_test(test_client_reply_channels_is_an_array_also_when_empty),
        cmocka_unit_test(test_client_reply_channels_are_parted_by_commas),
        cmocka_unit_test(test_client_reply_message_carries_the_message_byte_for_byte),
        cmocka_unit_test(test_client_reply_unsubscribed_names_channel_and_reason),
        cmocka_unit_test(test_client_reply_over_the_bound_marks_the_buffer_failed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_frame.c — one frame, its header, and how often it is shared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "relay/frame.h"

static void test_frame_is_a_header_and_the_payload(void **state)
{
    (void)state;
    struct frame *frame = frame_new(WS_TEXT, "{\"a\":1}", 7);
    assert_non_null(frame);
    assert_int_equal(frame->references, 1);
    assert_int_equal(frame->len, 9);
    assert_memory_equal(frame->bytes, "\x81\x07{\"a\":1}", 9);
    frame_unref(frame);
}

static void test_frame_may_be_empty(void **state)
{
    (void)state;
    struct frame *frame = frame_new(WS_PING, NULL, 0);
    assert_non_null(frame);
    assert_int_equal(frame->len, 2);
    assert_memory_equal(frame->bytes, "\x89\x00", 2);
    frame_unref(frame);
}

static void check_length(size_t len, size_t header_len, const char *header)
{
    unsigned char *payload = malloc(len);
    assert_non_null(payload);
    for (size_t i = 0; i < len; i++)
        payload[i] = (unsigned char)(i % 251);
    struct frame *frame = frame_new(WS_TEXT, payload, len);
    assert_non_null(frame);
    assert_int_equal(frame->len, header_len + len);
    assert_memory_equal(frame->bytes, header, header_len);
    assert_memory_equal(frame->bytes + header_len, payload, len);
    frame_unref(frame);
    free(payload);
}

static void test_frame_length_is_written_in_its_shortest_form(void **state)
{
    (void)state;
    check_length(125, 2, "\x81\x7d");
    check_length(126, 4, "\x81\x7e\x00\x7e");
    check_length(65535, 4, "\x81\x7e\xff\xff");
    check_length(65536, 10, "\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00");
}

static void test_frame_longer_than_its_count_is_refused(void **state)
{
    (void)state;
    assert_null(frame_new(WS_TEXT, "", UINT32_MAX - 9));
    assert_null(frame_new(WS_TEXT, "", (size_t)UINT32_MAX + 1));
}

static void test_frame_lives_until_the_last_reference(void **state)
{
    (void)state;
    struct frame *frame = frame_new(WS_TEXT, "x", 1);
    assert_non_null(frame);
    assert_ptr_equal(frame_ref(frame), frame);
    assert_int_equal(frame->references, 2);
    frame_unref(frame);
    assert_int_equal(frame->references, 1);
    assert_int_equal(frame->bytes[2], 'x');
    frame_unref(frame);
    frame_unref(NULL);
}

static void test_frame_close_carries_code_and_reason(void **state)
{
    (void)state;
    struct frame *frame = frame_new_close(1012, "node restarting");
    assert_non_null(frame);
    assert_int_equal(frame->len, 2 + 2 + 15);
    assert_memory_equal(frame->bytes, "\x88\x11\x03\xf4node restarting", 19);
    frame_unref(frame);
}

static void test_frame_close_reason_may_be_empty(void **state)
{
    (void)state;
    struct frame *frame = frame_new_close(4403, "");
    assert_non_null(frame);
    assert_int_equal(frame->len, 4);
    assert_memory_equal(frame->bytes, "\x88\x02\x11\x33", 4);
    frame_unref(frame);
}

static void check_reason(size_t given, size_t kept)
{
    char reason[200] = {0};
    memset(reason, 'r', given);
    struct frame *frame = frame_new_close(1008, reason);
    assert_non_null(frame);
    assert_int_equal(frame->len, 4 + kept);
    assert_int_equal(frame->bytes[1], 2 + kept);
    assert_memory_equal(frame->bytes + 4, reason, kept);
    frame_unref(frame);
}

static void test_frame_close_reason_of_123_bytes_stays_whole_and_of_124_is_cut(void **state)
{
    (void)state;
    check_reason(123, 123);
    check_reason(124, 123);
    check_reason(199, 123);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frame_is_a_header_and_the_payload),
        cmocka_unit_test(test_frame_may_be_empty),
        cmocka_unit_test(test_frame_length_is_written_in_its_shortest_form),
        cmocka_unit_test(test_frame_longer_than_its_count_is_refused),
        cmocka_unit_test(test_frame_lives_until_the_last_reference),
        cmocka_unit_test(test_frame_close_carries_code_and_reason),
        cmocka_unit_test(test_frame_close_reason_may_be_empty),
        cmocka_unit_test(test_frame_close_reason_of_123_bytes_stays_whole_and_of_124_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

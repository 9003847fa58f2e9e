/* mask.c: frames as a client sends them (RFC 6455 sections 5.3 and 5.7). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "relay/frame.h"
#include "socket/mask.h"

static const unsigned char key[MASK_KEY_LEN] = {0x37, 0xfa, 0x21, 0x3d};

static void test_mask_makes_the_frame_of_the_rfc(void **state)
{
    (void)state;
    static const unsigned char hello[] = {0x81, 0x05, 'H', 'e', 'l', 'l', 'o'};
    static const unsigned char masked[] = {0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d,
                                           0x7f, 0x9f, 0x4d, 0x51, 0x58};
    unsigned char out[sizeof(masked)];
    assert_int_equal(mask_frame(out, hello, sizeof(hello), key), sizeof(masked));
    assert_memory_equal(out, masked, sizeof(masked));
}

/* What the peer makes of it. */
static void check(size_t payload_len, size_t header_len)
{
    unsigned char *payload = malloc(payload_len + 1);
    assert_non_null(payload);
    for (size_t i = 0; i < payload_len; i++)
        payload[i] = (unsigned char)(i * 31 + i / 256);
    struct frame *frame = frame_new(WS_TEXT, payload, payload_len);
    assert_non_null(frame);
    unsigned char *before = malloc(frame->len);
    unsigned char *out = malloc(frame->len + MASK_KEY_LEN);
    assert_non_null(before);
    assert_non_null(out);
    memcpy(before, frame->bytes, frame->len);

    assert_int_equal(mask_frame(out, frame->bytes, frame->len, key), frame->len + MASK_KEY_LEN);

    assert_memory_equal(frame->bytes, before, frame->len);
    assert_int_equal(out[0], before[0]);
    assert_int_equal(out[1], before[1] | 0x80);
    assert_memory_equal(out + 2, before + 2, header_len - 2);
    assert_memory_equal(out + header_len, key, MASK_KEY_LEN);
    for (size_t i = 0; i < payload_len; i++)
        assert_int_equal(out[header_len + MASK_KEY_LEN + i] ^ key[i % MASK_KEY_LEN], payload[i]);
    free(out);
    free(before);
    free(payload);
    frame_unref(frame);
}

static void test_mask_covers_every_length_and_leaves_the_frame_as_it_was(void **state)
{
    (void)state;
    for (size_t len = 0; len <= 125; len++)
        check(len, 2);
    check(126, 4);
    check(127, 4);
    check(65535, 4);
    check(65536, 10);
    check((1 << 20) + 3, 10);
}

static void test_mask_covers_control_frames(void **state)
{
    (void)state;
    struct frame *frame = frame_new_close(CLOSE_GOING_AWAY, "x");
    unsigned char out[16];
    assert_int_equal(mask_frame(out, frame->bytes, frame->len, key), 9);
    assert_int_equal(out[0], 0x88);
    assert_int_equal(out[1], 0x83);
    assert_int_equal((out[6] ^ key[0]) << 8 | (out[7] ^ key[1]), CLOSE_GOING_AWAY);
    frame_unref(frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mask_makes_the_frame_of_the_rfc),
        cmocka_unit_test(test_mask_covers_every_length_and_leaves_the_frame_as_it_was),
        cmocka_unit_test(test_mask_covers_control_frames),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

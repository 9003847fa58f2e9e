/* test_ws_frame.c — headers in their shortest form, and which close codes may be sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "protocol/ws_frame.h"

static void assert_header(size_t payload_len, const char *want, size_t want_len)
{
    unsigned char out[WS_HEADER_MAX];
    assert_int_equal(ws_frame_header(out, WS_TEXT, payload_len), want_len);
    assert_memory_equal(out, want, want_len);
}

static void test_ws_frame_length_takes_its_shortest_form(void **state)
{
    (void)state;
    assert_header(0, "\x81\x00", 2);
    assert_header(125, "\x81\x7d", 2);
    assert_header(126, "\x81\x7e\x00\x7e", 4);
    assert_header(65535, "\x81\x7e\xff\xff", 4);
    assert_header(65536, "\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10);
    assert_header(0x123456789aUL, "\x81\x7f\x00\x00\x00\x12\x34\x56\x78\x9a", 10);
}

static void test_ws_frame_carries_the_opcode_with_fin_and_no_mask(void **state)
{
    (void)state;
    unsigned char out[WS_HEADER_MAX];
    ws_frame_header(out, WS_CLOSE, 2);
    assert_int_equal(out[0], 0x88);
    ws_frame_header(out, WS_PING, 2);
    assert_int_equal(out[0], 0x89);
    ws_frame_header(out, WS_PONG, 2);
    assert_int_equal(out[0], 0x8a);
    assert_int_equal(out[1], 2);
}

static void test_ws_frame_close_codes_are_valid_in_their_ranges_only(void **state)
{
    (void)state;
    static const unsigned good[] = {1000, 1003, 1007, 1009, 1011, 1013, 1014, 3000, 4403, 4999};
    static const unsigned bad[] = {0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535};
    for (int i = 0; i < 10; i++) {
        assert_true(ws_close_code_is_valid(good[i]));
        assert_false(ws_close_code_is_valid(bad[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ws_frame_length_takes_its_shortest_form),
        cmocka_unit_test(test_ws_frame_carries_the_opcode_with_fin_and_no_mask),
        cmocka_unit_test(test_ws_frame_close_codes_are_valid_in_their_ranges_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

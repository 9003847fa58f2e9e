/* test_inm_nonce.c — one nonce for a packet of our kind, and no other text is one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "protocol/inm_nonce.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void assert_nonce(uint64_t boot, uint64_t seq, const char *want)
{
    char text[INM_NONCE_OURS_MAX];
    uint64_t read_boot = 0, read_seq = 0;
    size_t len = inm_nonce_write(text, boot, seq);
    assert_int_equal(len, strlen(want));
    assert_memory_equal(text, want, len);
    assert_true(inm_nonce_parse(text, len, &read_boot, &read_seq));
    assert_int_equal(read_boot, boot);
    assert_int_equal(read_seq, seq);
}

static void test_inm_nonce_is_written_and_read_back(void **state)
{
    (void)state;
    assert_nonce(UINT64_C(1795389987000), 1, "1a2059518b8.1");
    assert_nonce(UINT64_C(1795389987000), 0xabcdef, "1a2059518b8.abcdef");
    assert_nonce(INM_BOOT_MIN, 16, "10000000000.10");
    assert_nonce(INM_BOOT_MAX, INM_SEQ_MAX, "fffffffffff.1fffffffffffff");
}

static void test_inm_nonce_knows_the_bounds_of_a_boot(void **state)
{
    (void)state;
    assert_true(inm_boot_is_valid(INM_BOOT_MIN));
    assert_false(inm_boot_is_valid(INM_BOOT_MIN - 1));
    assert_true(inm_boot_is_valid(INM_BOOT_MAX));
    assert_false(inm_boot_is_valid(INM_BOOT_MAX + 1));
    assert_false(inm_boot_is_valid(0));
}

static void test_inm_nonce_of_a_plain_peer_is_none_of_ours(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        ".",
        "1a2059518b8",
        "1a2059518b8.",
        ".1",
        "1a2059518b8.0",
        "1a2059518b8.01",
        "01a2059518b8.1",
        "1A2059518B8.1",
        "1a2059518b8.A",
        "1a2059518b8.1.1",
        "1a2059518b8.-1",
        "1a2059518b8. 1",
        " 1a2059518b8.1",
        "1a2059518b8.1 ",
        "1a2059518b8.0x1",
        "1a2059518bg.1",
        "1a2059518b.1",   /* ten digits: time.time() of a Python peer is as long */
        "1a2059518b80.1", /* twelve */
        "ffffffffff.1",
        "100000000000.1",
        "1a2059518b8.20000000000000",
        "1a2059518b8.1ffffffffffffff",
        "1a2059518b8.fffffffffffffffffffffff",
        "fffffffffffffffffffffffffffff.1",
        "0.8444218515250481",
        "1795389987.123456",
        "1795389987123.45",
        "some randomly generated data",
        "6f1c2a1e-6d3f-4d0b-9f0e-9a3f6b1d2c3e",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        uint64_t boot = 5, seq = 6;
        if (inm_nonce_parse(texts[i], strlen(texts[i]), &boot, &seq))
            fail_msg("\"%s\" was taken", texts[i]);
        assert_int_equal(boot, 5);
        assert_int_equal(seq, 6);
    }
}

static void test_inm_nonce_with_a_nul_is_none_of_ours(void **state)
{
    (void)state;
    uint64_t boot, seq;
    assert_false(inm_nonce_parse("1a2059518b8.1\0", 14, &boot, &seq));
    assert_false(inm_nonce_parse("1a2059518b8.\0001", 14, &boot, &seq));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inm_nonce_is_written_and_read_back),
        cmocka_unit_test(test_inm_nonce_knows_the_bounds_of_a_boot),
        cmocka_unit_test(test_inm_nonce_of_a_plain_peer_is_none_of_ours),
        cmocka_unit_test(test_inm_nonce_with_a_nul_is_none_of_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

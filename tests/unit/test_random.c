/* test_random.c — what can be said of randomness in a test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "crypto/random.h"

static void test_random_bytes_differ_from_call_to_call(void **state)
{
    (void)state;
    unsigned char a[32], b[32];
    assert_int_equal(random_bytes(a, sizeof(a)), 0);
    assert_int_equal(random_bytes(b, sizeof(b)), 0);
    assert_memory_not_equal(a, b, sizeof(a));
}

static void test_random_bytes_fills_all_and_no_more(void **state)
{
    (void)state;
    unsigned char seen[32] = {0};
    for (int round = 0; round < 64; round++) {
        unsigned char bytes[34] = {0};
        assert_int_equal(random_bytes(bytes + 1, 32), 0);
        assert_int_equal(bytes[0], 0);
        assert_int_equal(bytes[33], 0);
        for (int i = 0; i < 32; i++)
            seen[i] |= bytes[1 + i];
    }
    for (int i = 0; i < 32; i++)
        assert_int_equal(seen[i], 0xff);
}

static void test_random_bytes_refuses_a_length_that_openssl_cannot_take(void **state)
{
    (void)state;
    assert_int_equal(random_bytes(NULL, SIZE_MAX), RELAY_ESYSTEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_bytes_differ_from_call_to_call),
        cmocka_unit_test(test_random_bytes_fills_all_and_no_more),
        cmocka_unit_test(test_random_bytes_refuses_a_length_that_openssl_cannot_take),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

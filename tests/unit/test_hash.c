/* test_hash.c — SipHash-2-4 against the vectors of its reference implementation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hash.h"

/* Key 00 01 … 0f; the first 15 of vectors_sip64 in the reference, and the 64th (input 00 … 3e). */
static const struct hash_key reference_key = {0x0706050403020100u, 0x0f0e0d0c0b0a0908u};
static const uint64_t reference[15] = {
    0x726fdb47dd0e0e31u, 0x74f839c593dc67fdu, 0x0d6c8009d9a94f5au, 0x85676696d7fb7e2du,
    0xcf2794e0277187b7u, 0x18765564cd99a68du, 0xcbc9466e58fee3ceu, 0xab0200f58b01d137u,
    0x93f5f5799a932462u, 0x9e0082df0ba9e4b0u, 0x7a5dbbc594ddb9f3u, 0xf4b32f46226bada7u,
    0x751e8fbc860ee5fbu, 0x14ea5627c0843d90u, 0xf723ca908e7af2eeu,
};

static void fill(unsigned char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        bytes[i] = (unsigned char)i;
}

static void test_hash_agrees_with_the_reference_vectors(void **state)
{
    (void)state;
    unsigned char bytes[15];
    fill(bytes, sizeof(bytes));
    for (size_t len = 0; len < 15; len++)
        assert_true(hash_bytes64(&reference_key, bytes, len) == reference[len]);
}

static void test_hash_agrees_with_the_longest_reference_vector(void **state)
{
    (void)state;
    unsigned char bytes[63];
    fill(bytes, sizeof(bytes));
    assert_true(hash_bytes64(&reference_key, bytes, 63) == 0x958a324ceb064572u);
}

static void test_hash_of_nothing_may_be_at_null(void **state)
{
    (void)state;
    assert_true(hash_bytes64(&reference_key, NULL, 0) == reference[0]);
}

static void test_hash_depends_on_both_halves_of_the_key(void **state)
{
    (void)state;
    struct hash_key first = reference_key, second = reference_key;
    first.k0 ^= 1;
    second.k1 ^= 1;
    uint64_t hash = hash_bytes64(&reference_key, "channel", 7);
    assert_true(hash_bytes64(&first, "channel", 7) != hash);
    assert_true(hash_bytes64(&second, "channel", 7) != hash);
}

static void test_hash_for_uthash_is_the_low_half(void **state)
{
    (void)state;
    assert_int_equal(hash_bytes(&reference_key, NULL, 0), 0xdd0e0e31u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hash_agrees_with_the_reference_vectors),
        cmocka_unit_test(test_hash_agrees_with_the_longest_reference_vector),
        cmocka_unit_test(test_hash_of_nothing_may_be_at_null),
        cmocka_unit_test(test_hash_depends_on_both_halves_of_the_key),
        cmocka_unit_test(test_hash_for_uthash_is_the_low_half),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_password_hash.c — PBKDF2 against vectors from Python's hashlib, and its hexadecimal form. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "crypto/password_hash.h"

/* hashlib.pbkdf2_hmac("sha256", password, channel, 32768).hex() */
static const struct {
    const char *password;
    size_t password_len;
    const char *channel;
    size_t channel_len;
    const char *hex;
} vectors[] = {
    {"correct horse", 13, "weather/berlin", 14,
     "172e6f3335881d01c6dfeddb040f5b8a6c029b197a209c42a5101957ee6c5dd3"},
    {"p\xc3\xa4ssw\xc3\xb6rd", 10, "kan\xc3\xa4le", 7,
     "8dd4d7363e31eab93fa55b7b2bd4ea18da4f7e559925dbd1e005bef3ff71d9f3"},
    {"a\0b", 3, "c\0d", 3, "0aa933e04b846f2ce01ee93d440e15dc5cbeda7b37578b04df3afff4d83afb07"},
};

static void test_password_hash_agrees_with_another_implementation(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        struct password_hash hash;
        char hex[PASSWORD_HASH_HEX_LEN + 1];
        assert_int_equal(password_hash_compute(&hash, vectors[i].password, vectors[i].password_len,
                                               vectors[i].channel, vectors[i].channel_len),
                         0);
        assert_true(hash.is_set);
        password_hash_to_hex(&hash, hex);
        assert_string_equal(hex, vectors[i].hex);
    }
}

static void test_password_hash_refuses_a_length_that_openssl_cannot_take(void **state)
{
    (void)state;
    struct password_hash hash = {.is_set = true};
    assert_int_equal(password_hash_compute(&hash, "", SIZE_MAX, "c", 1), RELAY_ESYSTEM);
    assert_false(hash.is_set);
}

static void test_password_hash_equals_compares_every_byte(void **state)
{
    (void)state;
    struct password_hash a = {.is_set = true};
    memset(a.bytes, 0x5a, sizeof(a.bytes));
    for (size_t i = 0; i < PASSWORD_HASH_LEN; i++) {
        struct password_hash b = a;
        assert_true(password_hash_equals(&a, &b));
        b.bytes[i] ^= 1;
        assert_false(password_hash_equals(&a, &b));
    }
}

static void test_password_hash_unset_equals_only_unset(void **state)
{
    (void)state;
    struct password_hash unset = {.is_set = false, .bytes = {1}};
    struct password_hash other = {.is_set = false, .bytes = {2}};
    struct password_hash zero = {.is_set = true};
    assert_true(password_hash_equals(&unset, &other));
    assert_false(password_hash_equals(&unset, &zero));
    assert_false(password_hash_equals(&zero, &unset));
}

static void test_password_hash_hex_goes_both_ways(void **state)
{
    (void)state;
    struct password_hash hash;
    char hex[PASSWORD_HASH_HEX_LEN + 1];
    assert_int_equal(password_hash_from_hex(&hash, vectors[0].hex, 64), 0);
    assert_true(hash.is_set);
    password_hash_to_hex(&hash, hex);
    assert_string_equal(hex, vectors[0].hex);
}

static void test_password_hash_from_hex_takes_upper_case(void **state)
{
    (void)state;
    struct password_hash lower, upper;
    char hex[PASSWORD_HASH_HEX_LEN];
    memset(hex, 'A', sizeof(hex));
    assert_int_equal(password_hash_from_hex(&upper, hex, 64), 0);
    memset(hex, 'a', sizeof(hex));
    assert_int_equal(password_hash_from_hex(&lower, hex, 64), 0);
    assert_true(password_hash_equals(&lower, &upper));
}

static void test_password_hash_from_hex_refuses_other_lengths_and_digits(void **state)
{
    (void)state;
    static const char wrong[] = {'g', 'G', '/', ':', '@', '`', ' ', '\0', '-', (char)0xff};
    struct password_hash hash = {.is_set = false};
    char hex[PASSWORD_HASH_HEX_LEN + 1];
    memset(hex, '0', sizeof(hex));
    assert_int_equal(password_hash_from_hex(&hash, hex, 63), RELAY_EINVAL);
    assert_int_equal(password_hash_from_hex(&hash, hex, 65), RELAY_EINVAL);
    assert_int_equal(password_hash_from_hex(&hash, hex, 0), RELAY_EINVAL);
    for (size_t at = 0; at < 64; at++) {
        for (size_t i = 0; i < sizeof(wrong); i++) {
            hex[at] = wrong[i];
            assert_int_equal(password_hash_from_hex(&hash, hex, 64), RELAY_EINVAL);
        }
        hex[at] = '0';
    }
    assert_false(hash.is_set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_password_hash_agrees_with_another_implementation),
        cmocka_unit_test(test_password_hash_refuses_a_length_that_openssl_cannot_take),
        cmocka_unit_test(test_password_hash_equals_compares_every_byte),
        cmocka_unit_test(test_password_hash_unset_equals_only_unset),
        cmocka_unit_test(test_password_hash_hex_goes_both_ways),
        cmocka_unit_test(test_password_hash_from_hex_takes_upper_case),
        cmocka_unit_test(test_password_hash_from_hex_refuses_other_lengths_and_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

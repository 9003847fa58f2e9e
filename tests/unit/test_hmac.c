/* test_hmac.c — the vectors of RFC 4231. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/hmac.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define LONG_KEY_LEN 131

/* The secret and the text of a vector: one byte many times, or a text. */
static const struct {
    unsigned char secret_byte;
    const char *secret;
    size_t secret_len;
    unsigned char byte;
    const char *text;
    size_t len;
    const char *hex;
} VECTORS[] = {
    {0x0b, NULL, 20, 0, "Hi There", 8,
     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {0, "Jefe", 4, 0, "what do ya want for nothing?", 28,
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {0xaa, NULL, 20, 0xdd, NULL, 50,
     "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
    {0,
     "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17"
     "\x18\x19",
     25, 0xcd, NULL, 50, "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
    {0xaa, NULL, LONG_KEY_LEN, 0, "Test Using Larger Than Block-Size Key - Hash Key First", 54,
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    {0xaa, NULL, LONG_KEY_LEN, 0,
     "This is a test using a larger than block-size key and a larger than block-size data. The key "
     "needs to be hashed before being used by the HMAC algorithm.",
     152, "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
};

static void test_hmac_gives_the_vectors_of_the_rfc(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(VECTORS); i++) {
        unsigned char out[HMAC_LEN], secret[LONG_KEY_LEN], text[64];
        char hex[2 * HMAC_LEN + 1];
        memset(secret, VECTORS[i].secret_byte, sizeof secret);
        memset(text, VECTORS[i].byte, sizeof text);
        assert_int_equal(
            hmac_compute(out, VECTORS[i].secret ? (const void *)VECTORS[i].secret : secret,
                         VECTORS[i].secret_len,
                         VECTORS[i].text ? (const void *)VECTORS[i].text : text, VECTORS[i].len),
            0);
        for (size_t j = 0; j < HMAC_LEN; j++)
            snprintf(hex + 2 * j, 3, "%02x", out[j]);
        assert_string_equal(hex, VECTORS[i].hex);
    }
}

static void test_hmac_equals_itself_and_nothing_else(void **state)
{
    (void)state;
    unsigned char a[HMAC_LEN], b[HMAC_LEN];
    assert_int_equal(hmac_compute(a, "secret", 6, "text", 4), 0);
    memcpy(b, a, sizeof b);
    assert_true(hmac_equals(a, b, sizeof b));
    assert_false(hmac_equals(a, b, sizeof b - 1));
    assert_false(hmac_equals(a, b, 0));
    for (size_t i = 0; i < 8 * HMAC_LEN; i++) {
        b[i / 8] ^= (unsigned char)(1 << i % 8);
        assert_false(hmac_equals(a, b, sizeof b));
        b[i / 8] ^= (unsigned char)(1 << i % 8);
    }
}

static void test_hmac_refuses_a_secret_that_openssl_cannot_take(void **state)
{
    (void)state;
    unsigned char out[HMAC_LEN];
    assert_int_equal(hmac_compute(out, "", SIZE_MAX, "", 0), RELAY_ESYSTEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hmac_gives_the_vectors_of_the_rfc),
        cmocka_unit_test(test_hmac_equals_itself_and_nothing_else),
        cmocka_unit_test(test_hmac_refuses_a_secret_that_openssl_cannot_take),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

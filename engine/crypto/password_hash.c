/* password_hash.c — OpenSSL does the work; this file fixes the parameters. */
#include "crypto/password_hash.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

int password_hash_compute(struct password_hash *hash, const char *password, size_t password_len,
                          const char *channel, size_t channel_len)
{
    hash->is_set = false;
    if (password_len > INT_MAX || channel_len > INT_MAX)
        return RELAY_ESYSTEM;
    if (PKCS5_PBKDF2_HMAC(password, (int)password_len, (const unsigned char *)channel,
                          (int)channel_len, PASSWORD_HASH_ROUNDS, EVP_sha256(), PASSWORD_HASH_LEN,
                          hash->bytes) != 1)
        return RELAY_ESYSTEM;
    hash->is_set = true;
    return 0;
}

bool password_hash_equals(const struct password_hash *a, const struct password_hash *b)
{
    if (!a->is_set || !b->is_set)
        return a->is_set == b->is_set;
    return CRYPTO_memcmp(a->bytes, b->bytes, PASSWORD_HASH_LEN) == 0;
}

void password_hash_to_hex(const struct password_hash *hash, char out[PASSWORD_HASH_HEX_LEN + 1])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < PASSWORD_HASH_LEN; i++) {
        out[2 * i] = digits[hash->bytes[i] >> 4];
        out[2 * i + 1] = digits[hash->bytes[i] & 15];
    }
    out[PASSWORD_HASH_HEX_LEN] = '\0';
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

int password_hash_from_hex(struct password_hash *hash, const char *hex, size_t len)
{
    struct password_hash read = {.is_set = true};
    if (len != PASSWORD_HASH_HEX_LEN)
        return RELAY_EINVAL;
    for (size_t i = 0; i < PASSWORD_HASH_LEN; i++) {
        int high = hex_value(hex[2 * i]);
        int low = hex_value(hex[2 * i + 1]);
        if (high < 0 || low < 0)
            return RELAY_EINVAL;
        read.bytes[i] = (unsigned char)(high << 4 | low);
    }
    *hash = read;
    return 0;
}

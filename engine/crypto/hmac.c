/* hmac.c — see hmac.h. */
#include "crypto/hmac.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

int hmac_compute(unsigned char out[HMAC_LEN], const void *secret, size_t secret_len,
                 const void *bytes, size_t len)
{
    unsigned written = 0;
    if (secret_len > INT_MAX)
        return RELAY_ESYSTEM;
    if (!HMAC(EVP_sha256(), secret, (int)secret_len, bytes, len, out, &written))
        return RELAY_ESYSTEM;
    return written == HMAC_LEN ? 0 : RELAY_ESYSTEM;
}

bool hmac_equals(const unsigned char hmac[HMAC_LEN], const void *bytes, size_t len)
{
    return len == HMAC_LEN && CRYPTO_memcmp(hmac, bytes, HMAC_LEN) == 0;
}

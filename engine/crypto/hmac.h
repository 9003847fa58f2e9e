/* hmac.h — HMAC-SHA256: a text, signed with a secret that both ends know.
 *
 * Source: RFC 2104, RFC 4231 for the vectors; RFC 7518 section 3.2 calls it HS256. */
#ifndef WSRELAY_CRYPTO_HMAC_H
#define WSRELAY_CRYPTO_HMAC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define HMAC_LEN 32

/* RELAY_ESYSTEM when the library fails. */
int hmac_compute(unsigned char out[HMAC_LEN], const void *secret, size_t secret_len,
                 const void *bytes, size_t len) RELAY_MUST_USE;

/* Whether these bytes are that HMAC; in constant time for the right length. */
bool hmac_equals(const unsigned char hmac[HMAC_LEN], const void *bytes, size_t len);

#endif

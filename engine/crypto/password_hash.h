/* password_hash.h — a channel's password as the network knows it.
 *
 * PBKDF2-HMAC-SHA256 of the password, salt = the channel's name, 32,768 rounds, 32 bytes
 * (protocol-notes "list-reserved-channels"; RFC 8018). It costs about 12 ms of a core: call it on a
 * worker thread. */
#ifndef WSRELAY_CRYPTO_PASSWORD_HASH_H
#define WSRELAY_CRYPTO_PASSWORD_HASH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define PASSWORD_HASH_LEN 32
#define PASSWORD_HASH_HEX_LEN 64
#define PASSWORD_HASH_ROUNDS 32768

/* `is_set` false: the channel has no password (null on the wire). */
struct password_hash {
    bool is_set;
    unsigned char bytes[PASSWORD_HASH_LEN];
};

/* Computes it; RELAY_ESYSTEM when the library fails. Thread-safe. */
int password_hash_compute(struct password_hash *hash, const char *password, size_t password_len,
                          const char *channel, size_t channel_len) RELAY_MUST_USE;

/* In constant time. Two unset ones are equal. */
bool password_hash_equals(const struct password_hash *a, const struct password_hash *b);

/* 64 lower-case digits and a NUL. `hash` must be set. */
void password_hash_to_hex(const struct password_hash *hash, char out[PASSWORD_HASH_HEX_LEN + 1]);

/* From 64 hexadecimal digits. RELAY_EINVAL otherwise. */
int password_hash_from_hex(struct password_hash *hash, const char *hex, size_t len) RELAY_MUST_USE;

#endif

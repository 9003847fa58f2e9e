/* hash.h — SipHash-2-4, the keyed hash under every table whose keys a stranger chooses.
 *
 * The tables themselves are uthash's, through its _BYHASHVALUE macros and hash_bytes(). Without the
 * key nobody can pick names that fall together. Source: Aumasson and Bernstein, "SipHash: a fast
 * short-input PRF". */
#ifndef WSRELAY_BASE_HASH_H
#define WSRELAY_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

struct hash_key {
    uint64_t k0, k1; /* random, one for each process */
};

uint64_t hash_bytes64(const struct hash_key *key, const void *bytes, size_t len);

/* The low half, for uthash. */
static inline unsigned hash_bytes(const struct hash_key *key, const void *bytes, size_t len)
{
    return (unsigned)hash_bytes64(key, bytes, len);
}

#endif

/* inm_nonce.h — the nonces that our own kind gives to its packets: `<boot>.<seq>`.
 *
 * Lower-case hexadecimal without leading zeros, so a packet has one nonce and a nonce one packet.
 * `boot` is when the node started, Unix time in ms; `seq` counts from 1. The surprising rule: a
 * boot before 2004 or after 2527 is none, so a plain peer's "0.844421" or "1795389987.25" is never
 * taken for one of ours. */
#ifndef WSRELAY_PROTOCOL_INM_NONCE_H
#define WSRELAY_PROTOCOL_INM_NONCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INM_BOOT_MIN (UINT64_C(1) << 40) /* eleven digits, no fewer, no more */
#define INM_BOOT_MAX ((UINT64_C(1) << 44) - 1)
#define INM_SEQ_MAX ((UINT64_C(1) << 53) - 1) /* what every JSON number can hold */
#define INM_NONCE_OURS_MAX (11 + 1 + 14)

bool inm_boot_is_valid(uint64_t boot);

/* Whether a nonce, unescaped, is one of our kind's, and which. */
bool inm_nonce_parse(const char *text, size_t len, uint64_t *boot, uint64_t *seq);

/* Writes one; its length (no NUL is written). Both numbers must be in their bounds. */
size_t inm_nonce_write(char out[INM_NONCE_OURS_MAX], uint64_t boot, uint64_t seq);

#endif

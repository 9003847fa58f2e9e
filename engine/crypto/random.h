/* random.h — bytes that nobody can guess, from OpenSSL. */
#ifndef WSRELAY_CRYPTO_RANDOM_H
#define WSRELAY_CRYPTO_RANDOM_H

#include <stddef.h>

#include "base/err.h"

/* Fills `out`. RELAY_ESYSTEM when the generator fails. */
int random_bytes(void *out, size_t len) RELAY_MUST_USE;

#endif

/* random.c — see random.h. */
#include "crypto/random.h"

#include <limits.h>
#include <openssl/rand.h>

int random_bytes(void *out, size_t len)
{
    if (len > INT_MAX)
        return RELAY_ESYSTEM;
    return RAND_bytes(out, (int)len) == 1 ? 0 : RELAY_ESYSTEM;
}

/* rate.h — a bucket that fills with time: so many a second, and so many at once. */
#ifndef WSRELAY_RELAY_RATE_H
#define WSRELAY_RELAY_RATE_H

#include <stdbool.h>
#include <stdint.h>

struct rate {
    double available;
    uint64_t at_ms; /* when `available` was true */
};

/* A full bucket. */
void rate_init(struct rate *rate, double burst, uint64_t now_ms);

/* Takes `cost` out when that much is there. `per_second` and `burst` may change between calls; a
 * burst under 1 counts as 1. */
bool rate_take(struct rate *rate, double per_second, double burst, double cost, uint64_t now_ms);

#endif

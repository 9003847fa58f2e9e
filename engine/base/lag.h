/* lag.h — for how long a loop did not wait: its turns, counted by their length.
 *
 * A value: {0}. A turn goes from the moment in which something had come to the next wait, so it is
 * also how long what came meanwhile had to stand. The surprising rule: it is told in whole ticks of
 * a clock that counts milliseconds. A turn of 20 µs is 0 of them, and 1 when a tick falls into it,
 * once in fifty: so the sum of many is true, and no turn needs a finer clock. */
#ifndef WSRELAY_BASE_LAG_H
#define WSRELAY_BASE_LAG_H

#include <stdint.h>

#define LAG_BOUNDS_MS(X) X(1) X(5) X(10) X(50) X(100) X(500) X(1000)

enum {
#define LAG_BOUND(ms) LAG_UP_TO_##ms,
    LAG_BOUNDS_MS(LAG_BOUND)
#undef LAG_BOUND
        LAG_LONGER,
    LAG_CLASSES
};

struct lag {
    uint64_t turns[LAG_CLASSES]; /* of each length; in LAG_LONGER those beyond the last bound */
    uint64_t sum_ms;
};

/* The last length that belongs to a class but LAG_LONGER. */
uint64_t lag_bound_ms(unsigned class);

/* Counts a turn. */
void lag_add(struct lag *lag, uint64_t ms);

#endif

/* lag.c — see lag.h. */
#include "base/lag.h"

static const uint64_t BOUNDS_MS[] = {
#define LAG_BOUND(ms) ms,
    LAG_BOUNDS_MS(LAG_BOUND)
#undef LAG_BOUND
};

uint64_t lag_bound_ms(unsigned class)
{
    return BOUNDS_MS[class];
}

void lag_add(struct lag *lag, uint64_t ms)
{
    unsigned class = 0;
    while (class < LAG_LONGER && ms > BOUNDS_MS[class])
        class ++;
    lag->turns[class]++;
    lag->sum_ms += ms;
}

/* rate.c — see rate.h. */
#include "relay/rate.h"

void rate_init(struct rate *rate, double burst, uint64_t now_ms)
{
    rate->available = burst < 1 ? 1 : burst;
    rate->at_ms = now_ms;
}

bool rate_take(struct rate *rate, double per_second, double burst, double cost, uint64_t now_ms)
{
    double full = burst < 1 ? 1 : burst;
    rate->available += per_second * (double)(now_ms - rate->at_ms) / 1000.0;
    rate->at_ms = now_ms;
    if (rate->available > full)
        rate->available = full;
    if (rate->available < cost)
        return false;
    rate->available -= cost;
    return true;
}

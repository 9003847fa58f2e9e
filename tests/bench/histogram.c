/* histogram.c — reading a histogram: from a percentage to the bucket that holds it. */
#include "histogram.h"

#include <string.h>

void histogram_reset(struct histogram *h)
{
    memset(h, 0, sizeof *h);
}

/* The largest value that falls into a bucket. */
static uint64_t bucket_top(unsigned index)
{
    unsigned half = 1U << HISTOGRAM_BITS;
    if (index < 2 * half) {
        return index;
    }
    unsigned shift = (index >> HISTOGRAM_BITS) - 1;
    uint64_t base = index - (shift << HISTOGRAM_BITS);
    return ((base + 1) << shift) - 1;
}

uint64_t histogram_percentile(const struct histogram *h, double percent)
{
    uint64_t wanted = (uint64_t)((double)h->count * percent / 100.0 + 0.5);
    uint64_t seen = 0;
    if (h->count == 0) {
        return 0;
    }
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += h->buckets[i];
        if (seen > 0 && seen >= wanted) {
            uint64_t top = bucket_top(i);
            return top < h->max ? top : h->max;
        }
    }
    return h->max;
}

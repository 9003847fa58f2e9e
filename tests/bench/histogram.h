/* histogram.h — a histogram of times with buckets that grow with the value, so that any percentile
 * is right to within 1 % while recording one costs a few instructions. */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdint.h>

enum {
    HISTOGRAM_BITS = 7, /* 128 buckets for each power of two */
    HISTOGRAM_BUCKETS = (64 - HISTOGRAM_BITS + 1) << HISTOGRAM_BITS
};

struct histogram {
    uint64_t count;
    uint64_t max;
    uint64_t buckets[HISTOGRAM_BUCKETS];
};

static inline unsigned histogram_index(uint64_t value)
{
    if (value < (1U << HISTOGRAM_BITS)) {
        return (unsigned)value;
    }
    unsigned shift = 63U - (unsigned)__builtin_clzll(value) - HISTOGRAM_BITS;
    return (unsigned)(value >> shift) + (shift << HISTOGRAM_BITS);
}

static inline void histogram_add(struct histogram *h, uint64_t value)
{
    h->buckets[histogram_index(value)]++;
    h->count++;
    if (value > h->max) {
        h->max = value;
    }
}

void histogram_reset(struct histogram *h);

/* The value that `percent` of the recorded ones do not exceed; 0 when nothing was recorded. */
uint64_t histogram_percentile(const struct histogram *h, double percent);

#endif

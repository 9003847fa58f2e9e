/* verify.h — the book of deliveries: each subscriber must get each message of its channel once, in
 * order and byte for byte as it was published. */
#ifndef BENCH_VERIFY_H
#define BENCH_VERIFY_H

#include <stddef.h>
#include <stdint.h>

#include "histogram.h"
#include "publisher.h"

enum { GAPS_MAX = 65536 };

struct gap {
    const struct conn *subscriber;
    uint64_t sequence;
};

struct tally {
    uint64_t delivered; /* right ones */
    uint64_t lost;
    uint64_t duplicate;
    uint64_t reordered; /* came, but after a later one */
    uint64_t corrupt;   /* not what was published */
    uint64_t stray;     /* to a publisher, or of another channel */
    uint64_t answers;   /* of the server to publishers */
    uint64_t refused;
    struct histogram latency;
    struct gap *gaps; /* what was skipped and may still come late */
    unsigned gap_count;
};

/* Books one delivery that was received at `now`. */
void verify_delivery(struct tally *tally, struct channel *channel, struct conn *subscriber,
                     const char *payload, size_t length, uint64_t now);

/* At the end: what has not come to this subscriber by now is lost. */
void verify_end(struct tally *tally, const struct channel *channel, const struct conn *subscriber);

#endif

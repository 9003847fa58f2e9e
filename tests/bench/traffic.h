/* traffic.h — the traffic run: subscribers and publishers, warm-up, measurement, draining, the
 * books. */
#ifndef BENCH_TRAFFIC_H
#define BENCH_TRAFFIC_H

#include <stdbool.h>
#include <stdint.h>

#include "options.h"
#include "verify.h"

struct traffic_result {
    char error[200]; /* empty: it ran to the end */
    bool stalled;    /* nothing moved for seconds although messages were in flight */
    double seconds;
    uint64_t deliveries; /* in the measured time */
    uint64_t published;  /* in all */
    uint64_t answers_missing;
    uint64_t server_cpu; /* nanoseconds, in the measured time */
    uint64_t server_resident;
    uint64_t load_cpu;
    uint64_t machine_cpu; /* of all processes: what is too much was taken by others */
    struct tally tally;
};

void traffic_run(const struct options *options, struct traffic_result *result);

#endif

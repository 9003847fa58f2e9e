/* idle.h — connect mode: idle subscribers by the thousand, and what each costs the server. */
#ifndef BENCH_IDLE_H
#define BENCH_IDLE_H

#include "options.h"

struct idle_step {
    unsigned connections;
    double connect_us; /* server CPU a connection, over the last `sample` ones of this step */
    unsigned sample;
    double resident; /* server bytes a connection, of all so far */
    double seconds;  /* wall time of the step */
};

struct idle_result {
    char error[200];
    unsigned done; /* steps that were reached */
    struct idle_step steps[STEPS_MAX];
};

void idle_run(const struct options *options, struct idle_result *result);

#endif

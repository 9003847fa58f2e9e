/* report.h — printing results: a line for people, or an object for run.py. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdbool.h>

#include "idle.h"
#include "traffic.h"

/* Return true when the run is to be trusted: it ended, and nothing was lost, doubled or changed. */
bool report_traffic(const struct options *options, const struct traffic_result *result);
bool report_idle(const struct options *options, const struct idle_result *result);

#endif

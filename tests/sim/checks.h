/* checks.h — M1, M2 and M3 at the end of a run. */
#ifndef SIM_CHECKS_H
#define SIM_CHECKS_H

#include "run.h"
#include "scenario.h"

/* Prints each failure and counts it; fills what a result tells of the end. */
void check_all(struct run *run, const struct scenario *scenario, struct scenario_result *result);

#endif

/* idle.c — connects up to each step, waits until the server is at rest, and reads its costs from
 * outside. */
#include "idle.h"

#include <stdio.h>
#include <string.h>

#include "fleet.h"
#include "process.h"

enum { SAMPLE = 1000, REST_MS = 300 };

static bool rest(struct fleet *fleet)
{
    uint64_t until = clock_now() + REST_MS * 1000000ULL;
    bool fine = true;
    while (fine && clock_now() < until) {
        fine = fleet_poll(fleet, 20000000);
    }
    return fine;
}

static bool run_step(struct fleet *fleet, const struct process_tree *tree, unsigned from,
                     struct idle_step *step)
{
    unsigned sample = step->connections - from < SAMPLE ? step->connections - from : SAMPLE;
    unsigned middle = step->connections - sample;
    uint64_t began = clock_now();
    if (!fleet_connect(fleet, from, middle) || !rest(fleet)) {
        return false;
    }
    uint64_t cpu = process_tree_cpu(tree);
    if (!fleet_connect(fleet, middle, step->connections) || !rest(fleet)) {
        return false;
    }
    cpu = process_tree_cpu(tree) - cpu;
    step->sample = sample;
    step->connect_us = (double)cpu / 1e3 / sample;
    step->seconds = (double)(clock_now() - began) / 1e9 - 2 * REST_MS / 1e3;
    return true;
}

void idle_run(const struct options *options, struct idle_result *result)
{
    struct fleet fleet;
    struct process_tree tree;
    memset(result, 0, sizeof *result);
    for (unsigned i = 0; i < options->step_count; i++) {
        result->steps[i].connections = options->steps[i];
    }
    process_tree_find(&tree, options->servers, options->server_count);
    uint64_t before = process_tree_resident(&tree);
    bool fine = fleet_init(&fleet, options, options->steps[options->step_count - 1]);
    unsigned from = 0;
    while (fine && result->done < options->step_count) {
        struct idle_step *step = &result->steps[result->done];
        fine = run_step(&fleet, &tree, from, step);
        if (fine) {
            double grown = (double)process_tree_resident(&tree) - (double)before;
            step->resident = grown / step->connections;
            from = step->connections;
            result->done++;
        }
    }
    snprintf(result->error, sizeof result->error, "%s", fleet.error);
    fleet_free(&fleet);
}

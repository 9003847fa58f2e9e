/* run.h — one simulated network with its traffic, its questions and its ledger. */
#ifndef SIM_RUN_H
#define SIM_RUN_H

#include "ledger.h"
#include "scenario.h"
#include "sim/sim.h"
#include "spread/router.h"

/* A question under way. */
struct ask {
    unsigned node, destination;
    enum route_attempt attempt;
    bool is_answered;
    char nonces[ROUTE_FLOOD + 1][ROUTE_NONCE_LEN + 1]; /* by attempt */
};

struct run {
    struct scenario_options options;
    struct sim *sim;
    struct ledger ledger;
    bool is_over; /* nobody sends any more */
    uint64_t trouble_ms;
    uint64_t calm_max_us;
    uint64_t cut_from_us, cut_until_us; /* a partition; 0: there was none */
    unsigned *cut_part;                 /* by node: its part of the network meanwhile */
    struct ask *asks;
    unsigned ask_count, answered, answered_first, answered_soon;
};

void run_init(struct run *run, const struct scenario_options *options);
void run_deinit(struct run *run);

void run_until(struct run *run, uint64_t ms);
/* Every node broadcasts from now on, until `is_over`. */
void run_start_traffic(struct run *run);
/* Every living node of our own kind asks a living one, with the origin's attempts, over 20 s. */
void run_ask_all(struct run *run);

#endif

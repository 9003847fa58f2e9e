/* scenario.c — see scenario.h. */
#include "scenario.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checks.h"
#include "run.h"
#include "topology.h"

#define TRAFFIC_FROM_MS 2000
#define WARM_PERIODS 3 /* every source has sent some */
#define CALM_MS 10000
#define TROUBLE_MS 20000
#define NOTICE_MS 10000 /* a keep-alive finds a dead end */
#define PARTITION_MS 40000
#define CHURN_MS 60000
#define LASTING_MS 2000 /* older than any message under way */
#define QUIET_MS 8000

const struct scenario scenarios[] = {
    {"calm", SCENARIO_CALM, 0, 0},
    {"deaths-10", SCENARIO_DEATHS, 10, 0},
    {"deaths-33", SCENARIO_DEATHS, 33, 0},
    {"one-a-second", SCENARIO_ONE_A_SECOND, 20, 0},
    {"partition", SCENARIO_PARTITION, 0, 0},
    {"churn", SCENARIO_CHURN, 0, 0},
    {"plain-5", SCENARIO_CALM, 0, 5},
    {"plain-20", SCENARIO_CALM, 0, 20},
    {"plain-50", SCENARIO_CALM, 0, 50},
    {"plain-20-deaths-10", SCENARIO_DEATHS, 10, 20},
    {"plain-20-churn", SCENARIO_CHURN, 0, 20},
    {"routes", SCENARIO_ROUTES, 20, 0},
};
const unsigned scenario_count = sizeof(scenarios) / sizeof(scenarios[0]);

const struct scenario *scenario_find(const char *name)
{
    for (unsigned i = 0; i < scenario_count; i++) {
        if (strcmp(scenarios[i].name, name) == 0)
            return &scenarios[i];
    }
    return NULL;
}

/* The ten seconds before the trouble. */
static void measure_calm(struct run *run, struct scenario_result *result)
{
    run_until(run, run->trouble_ms - CALM_MS);
    uint64_t copies = sim_copies(run->sim), bytes = sim_link_bytes(run->sim);
    size_t messages = run->ledger.count;
    ledger_measure(&run->ledger, sim_now_ms(run->sim), 0);
    run_until(run, run->trouble_ms);
    double sent = (double)(run->ledger.count - messages);
    double others = run->options.nodes - 1;
    result->copies = (double)(sim_copies(run->sim) - copies) / (sent * others);
    result->control =
        (double)(sim_link_bytes(run->sim) - bytes) / (CALM_MS / 1e3) / run->options.nodes;
    result->p99_ms = ledger_percentile(&run->ledger, 0.99);
    run->calm_max_us = run->ledger.latency_max_us;
}

static void begin_trouble(struct run *run)
{
    ledger_measure(&run->ledger, sim_now_ms(run->sim) - 1000, run->calm_max_us * 3 / 2 + 100000);
}

static void kill_some(struct run *run, unsigned count)
{
    while (count > 0) {
        unsigned node = chance_below(sim_chance(run->sim), run->options.nodes);
        if (!sim_is_alive(run->sim, node))
            continue;
        sim_crash(run->sim, node, NOTICE_MS);
        count--;
    }
}

static void die_at_once(struct run *run, unsigned percent)
{
    begin_trouble(run);
    kill_some(run, run->options.nodes * percent / 100);
    run_until(run, run->trouble_ms + TROUBLE_MS);
}

static void die_one_a_second(struct run *run, unsigned percent)
{
    unsigned count = run->options.nodes * percent / 100;
    begin_trouble(run);
    for (unsigned i = 0; i < count; i++) {
        kill_some(run, 1);
        run_until(run, sim_now_ms(run->sim) + 1000);
    }
    run->trouble_ms = sim_now_ms(run->sim) - 1000; /* the last death */
    run_until(run, run->trouble_ms + TROUBLE_MS);
}

/* The regions on one side of an ocean: by number, so that it is the same at the end. */
static bool is_on_first_side(void *context, unsigned node)
{
    const struct run *run = context;
    return node < run->options.nodes / 2;
}

static void part_and_heal(struct run *run)
{
    run->cut_from_us = sim_now_us(run->sim) - 1000000; /* what was under way may be lost */
    sim_partition(run->sim, is_on_first_side, run, NOTICE_MS);
    run->cut_part = calloc(run->options.nodes, sizeof(unsigned));
    if (!run->cut_part)
        abort();
    topology_parts(run->sim, topology_whole, run->cut_part);
    run_until(run, run->trouble_ms + PARTITION_MS);
    sim_heal(run->sim);
    run->trouble_ms += PARTITION_MS;
    run->cut_until_us = sim_now_us(run->sim);
    begin_trouble(run);
    run->ledger.from_us = run->cut_until_us;
    run_until(run, run->trouble_ms + TROUBLE_MS);
}

/* Whether all nodes but one that goes and those that just began hang together by links that stood
 * for a while: then a path lasts for every message under way. */
static bool is_spared(const struct run *run, struct topology_view without)
{
    unsigned main_part = NOBODY, others = 0;
    unsigned *part = calloc(run->options.nodes, sizeof(*part));
    if (!part)
        abort();
    topology_parts(run->sim, without, part);
    for (unsigned node = 0; node < run->options.nodes; node++) {
        if (node == without.without || !ledger_is_settled(&run->ledger, node, LASTING_MS))
            continue;
        if (main_part == NOBODY)
            main_part = part[node];
        others += part[node] != main_part;
    }
    free(part);
    return others == 0;
}

static void restart_one(struct run *run, unsigned node)
{
    struct topology_view without = {LASTING_MS, node, NOBODY, NOBODY};
    if (!is_spared(run, without))
        return;
    sim_crash(run->sim, node, 1 + chance_below(sim_chance(run->sim), NOTICE_MS));
    sim_restart(run->sim, node);
    ledger_restarted(&run->ledger, node);
    topology_relink(run->sim, node, run->options.links / 2 + 1);
}

static void replace_link(struct run *run, unsigned node)
{
    unsigned peer;
    topology_relink(run->sim, node, 1);
    if (sim_peers(run->sim, node, LASTING_MS, &peer, 1) < 3)
        return;
    struct topology_view without = {LASTING_MS, NOBODY, node, peer};
    if (is_spared(run, without))
        sim_cut(run->sim, node, peer, 1 + chance_below(sim_chance(run->sim), NOTICE_MS));
}

static void churn(struct run *run)
{
    unsigned every_ms = 60000 / run->options.nodes + 1; /* each node about once */
    begin_trouble(run);
    for (uint64_t i = 0; i < CHURN_MS / every_ms; i++) {
        unsigned node = chance_below(sim_chance(run->sim), run->options.nodes);
        if (chance_below(sim_chance(run->sim), 4) == 0)
            restart_one(run, node);
        else
            replace_link(run, node);
        topology_connect(run->sim);
        run_until(run, sim_now_ms(run->sim) + every_ms);
    }
    run->trouble_ms = sim_now_ms(run->sim);
    run_until(run, run->trouble_ms + TROUBLE_MS);
}

static void make_trouble(struct run *run, const struct scenario *scenario)
{
    switch (scenario->kind) {
    case SCENARIO_CALM:
        begin_trouble(run);
        run_until(run, run->trouble_ms + TROUBLE_MS / 2);
        break;
    case SCENARIO_DEATHS:
        die_at_once(run, scenario->percent);
        break;
    case SCENARIO_ONE_A_SECOND:
        die_one_a_second(run, scenario->percent);
        break;
    case SCENARIO_PARTITION:
        part_and_heal(run);
        break;
    case SCENARIO_CHURN:
        churn(run);
        break;
    case SCENARIO_ROUTES:
        begin_trouble(run);
        kill_some(run, run->options.nodes * scenario->percent / 100);
        run_ask_all(run);
        break;
    }
}

static void note_end(struct run *run, struct scenario_result *result)
{
    const struct ledger *ledger = &run->ledger;
    result->p999_ms = ledger_percentile(ledger, 0.999);
    result->max_ms = (unsigned)(ledger->latency_max_us / 1000);
    result->messages = ledger->count;
    result->deliveries = ledger->deliveries;
    uint64_t last_slow_ms = ledger->last_slow_us / 1000;
    result->well_ms = last_slow_ms > run->trouble_ms ? last_slow_ms - run->trouble_ms : 0;
    result->asked = run->ask_count;
    result->answered = run->answered;
    result->answered_first = run->answered_first;
    result->answered_soon = run->answered_soon;
    result->virtual_ms = sim_now_ms(run->sim);
}

void scenario_run(const struct scenario *scenario, const struct scenario_options *options,
                  struct scenario_result *result)
{
    struct run run;
    *result = (struct scenario_result){0};
    run_init(&run, options);
    topology_build(run.sim, options->nodes, options->links, scenario->plain_percent);
    run.trouble_ms = TRAFFIC_FROM_MS + WARM_PERIODS * (uint64_t)options->period_ms + CALM_MS;
    run_until(&run, TRAFFIC_FROM_MS);
    run_start_traffic(&run);
    measure_calm(&run, result);
    make_trouble(&run, scenario);
    run.is_over = true;
    run_until(&run, sim_now_ms(run.sim) + QUIET_MS);
    note_end(&run, result);
    check_all(&run, scenario, result);
    run_deinit(&run);
}

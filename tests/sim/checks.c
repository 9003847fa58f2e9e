/* checks.c — see checks.h. */
#include "checks.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "topology.h"

#define GRACE_MS 10000 /* a node that began anew is entitled from then on */
#define STILL_MS 2000
#define COPIES_MAX 1.05

__attribute__((format(printf, 2, 3))) static void fail(struct scenario_result *result,
                                                       const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    printf("  failed: ");
    vprintf(format, arguments);
    printf("\n");
    va_end(arguments);
    result->failures++;
}

struct judge {
    const struct run *run;
    const unsigned *part;
};

/* While a path lasts: the same part at the end, and no partition between them when it was sent. */
static bool is_entitled(void *context, const struct message *message, unsigned receiver)
{
    const struct judge *judge = context;
    const struct run *run = judge->run;
    bool was_cut = message->sent_us >= run->cut_from_us && message->sent_us < run->cut_until_us;
    if (was_cut && run->cut_part[message->sender] != run->cut_part[receiver])
        return false;
    return judge->part[message->sender] == judge->part[receiver];
}

static void check_m1(struct run *run, struct scenario_result *result)
{
    unsigned *part = calloc(run->options.nodes, sizeof(*part));
    if (!part)
        abort();
    struct judge judge = {run, part};
    result->parts = topology_parts(run->sim, topology_whole, part);
    result->lost = ledger_lost(&run->ledger, GRACE_MS, is_entitled, &judge);
    if (run->ledger.faults)
        fail(result, "M1: %u deliveries twice or out of order", run->ledger.faults);
    if (result->lost)
        fail(result, "M1: %" PRIu64 " deliveries lost", result->lost);
    free(part);
}

static void check_m2(const struct scenario *scenario, struct scenario_result *result)
{
    if (scenario->plain_percent == 0 && result->copies > COPIES_MAX)
        fail(result, "M2: %.3f copies a message a node", result->copies);
}

/* What arrived at a node is accounted for. */
static void check_sum(const struct run *run, unsigned node, struct scenario_result *result)
{
    const struct tree_counters *c = sim_counters(run->sim, node);
    if (!c)
        return;
    uint64_t sum = c->delivered + c->duplicates + c->stale + c->echoes + c->refused;
    size_t held = tree_held(sim_tree(run->sim, node));
    result->skipped += c->skipped;
    if (c->received != sum + held)
        fail(result, "M3: node-%u received %" PRIu64 " and accounts for %" PRIu64, node,
             c->received, sum + held);
    if (held)
        fail(result, "M3: node-%u holds %zu back in quiet", node, held);
    if (c->refused)
        fail(result, "M3: node-%u refused %" PRIu64, node, c->refused);
}

static void check_m3(struct run *run, struct scenario_result *result)
{
    for (unsigned node = 0; node < run->options.nodes; node++)
        check_sum(run, node, result);
    uint64_t copies = sim_copies(run->sim);
    run_until(run, sim_now_ms(run->sim) + STILL_MS);
    if (sim_copies(run->sim) != copies)
        fail(result, "M3: %" PRIu64 " copies move in quiet", sim_copies(run->sim) - copies);
    if (sim_surprises(run->sim))
        fail(result, "%" PRIu64 " packets were not understood", sim_surprises(run->sim));
}

static void check_routes(const struct scenario *scenario, struct scenario_result *result)
{
    if (scenario->kind == SCENARIO_ROUTES && result->answered < result->asked)
        fail(result, "%u of %u questions unanswered after 20 s", result->asked - result->answered,
             result->asked);
}

void check_all(struct run *run, const struct scenario *scenario, struct scenario_result *result)
{
    check_m1(run, result);
    check_m2(scenario, result);
    check_m3(run, result);
    check_routes(scenario, result);
    if (scenario->kind == SCENARIO_CALM && scenario->plain_percent == 0 && result->skipped)
        fail(result, "M1: %" PRIu64 " skipped in calm", result->skipped);
}

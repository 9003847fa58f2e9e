/* sim_spread.c — runs scenarios from seeds, and says which seed to repeat when one fails.
 *
 *     sim_spread [--nodes N] [--links K] [--senders N] [--period MS] [--scenario NAME] [--verbose]
 * [SEED…]
 *
 * A seed may be a range, 1-500. Without a scenario all of them run. Exit code 1: something failed.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario.h"

struct tally {
    uint64_t runs, failures, virtual_ms, deliveries;
};

static void print_result(const struct scenario *scenario, const struct scenario_options *options,
                         const struct scenario_result *r)
{
    printf("%-19s seed %-6" PRIu64 " copies %.3f  p99 %u ms  lost %" PRIu64 "  skipped %" PRIu64
           "  p99.9 %u ms  max %u ms  well after %" PRIu64 " ms  control %.0f B/s",
           scenario->name, options->seed, r->copies, r->p99_ms, r->lost, r->skipped, r->p999_ms,
           r->max_ms, r->well_ms, r->control);
    if (scenario->kind == SCENARIO_ROUTES)
        printf("  answered: %u by the first way, %u in 2.5 s, %u of %u in 20 s", r->answered_first,
               r->answered_soon, r->answered, r->asked);
    if (r->parts > 1)
        printf("  in %u parts", r->parts);
    printf("\n");
}

static void run_one(const struct scenario *scenario, const struct scenario_options *options,
                    struct tally *tally)
{
    struct scenario_result result;
    scenario_run(scenario, options, &result);
    tally->runs++;
    tally->failures += result.failures > 0;
    tally->virtual_ms += result.virtual_ms;
    tally->deliveries += result.deliveries;
    if (options->is_verbose || result.failures)
        print_result(scenario, options, &result);
    if (result.failures)
        printf("  repeat: sim_spread --nodes %u --links %u --senders %u --period %u --scenario %s "
               "--verbose %" PRIu64 "\n",
               options->nodes, options->links, options->senders, options->period_ms, scenario->name,
               options->seed);
    fflush(stdout);
}

static void run_seed(const struct scenario *only, const struct scenario_options *options,
                     struct tally *tally)
{
    for (unsigned i = 0; i < scenario_count; i++) {
        if (!only || only == &scenarios[i])
            run_one(&scenarios[i], options, tally);
    }
}

static void run_range(const char *range, const struct scenario *only,
                      struct scenario_options *options, struct tally *tally)
{
    char *end;
    uint64_t first = strtoull(range, &end, 10);
    uint64_t last = *end == '-' ? strtoull(end + 1, NULL, 10) : first;
    for (options->seed = first; options->seed <= last; options->seed++)
        run_seed(only, options, tally);
}

static unsigned number_of(const char *text)
{
    return text ? (unsigned)strtoul(text, NULL, 10) : 0;
}

/* Takes an option with a value; false when it is none. */
static bool take_option(struct scenario_options *options, const struct scenario **only,
                        const char *name, const char *value)
{
    if (strcmp(name, "--nodes") == 0)
        options->nodes = number_of(value);
    else if (strcmp(name, "--links") == 0)
        options->links = number_of(value);
    else if (strcmp(name, "--senders") == 0)
        options->senders = number_of(value);
    else if (strcmp(name, "--period") == 0)
        options->period_ms = number_of(value);
    else if (strcmp(name, "--scenario") == 0 && value)
        *only = scenario_find(value);
    else
        return false;
    return true;
}

int main(int argc, char **argv)
{
    struct scenario_options options = {.nodes = 40, .links = 6, .period_ms = 3000};
    const struct scenario *only = NULL;
    struct tally tally = {0};
    bool has_seed = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--verbose") == 0) {
            options.is_verbose = true;
        } else if (argv[i][0] != '-') {
            run_range(argv[i], only, &options, &tally);
            has_seed = true;
        } else if (!take_option(&options, &only, argv[i], argv[i + 1])) {
            fprintf(stderr, "sim_spread: what is %s?\n", argv[i]);
            return 2;
        } else {
            i++;
        }
    }
    if (!has_seed)
        run_range("1", only, &options, &tally);
    printf("%" PRIu64 " runs, %" PRIu64 " failed; %.1f virtual hours, %" PRIu64 " deliveries\n",
           tally.runs, tally.failures, (double)tally.virtual_ms / 3.6e6, tally.deliveries);
    return tally.failures ? 1 : 0;
}

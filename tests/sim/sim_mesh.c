/* sim_mesh.c — whole nodes with clients in networks that break, from seeds; says which seed to
 * repeat when one fails.
 *
 *     sim_mesh [--nodes N] [--calm] [--large] [--verbose] [--loud] [SEED…]
 *
 * A seed may be a range, 1-500. A run: calm, faults, quiet, calm, nobody left. Without --nodes the
 * seed says how many, 3 to 40; --large is 200 nodes with few channels. --loud logs all nodes. Exit
 * code 1: something failed. Passwords' hashes are cheap here (__wrap_password_hash_compute). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "whole/crowd.h"
#include "whole/faults.h"
#include "whole/verdict.h"

#define CALM_MS 20000
#define FAULTS_MS 90000
#define QUIET_MS 120000
#define LAST_MS 15000
#define NAME_MAX_LEN 16

struct options {
    unsigned nodes;
    bool is_calm, is_large, is_verbose, is_loud;
    uint64_t seed;
};

struct tally {
    uint64_t runs, failed, virtual_ms, heard;
};

struct run {
    const struct options *options;
    struct whole_net *net;
    struct crowd crowd;
    struct faults faults;
    char (*names)[NAME_MAX_LEN];
    unsigned act_ms; /* somebody acts, about so often */
};

int __wrap_password_hash_compute(struct password_hash *hash, const char *password,
                                 size_t password_len, const char *channel, size_t channel_len);

int __wrap_password_hash_compute(struct password_hash *hash, const char *password,
                                 size_t password_len, const char *channel, size_t channel_len)
{
    struct hash_key key = {hash_bytes64(&(struct hash_key){3, 4}, password, password_len), 0};
    hash->is_set = true;
    for (size_t i = 0; i < PASSWORD_HASH_LEN; i += sizeof(uint64_t), key.k1++) {
        uint64_t part = hash_bytes64(&key, channel, channel_len);
        memcpy(hash->bytes + i, &part, sizeof(part));
    }
    return 0;
}

/* A node dials the one before it and some other ones, by the seed also ones behind it. */
static void add_node(struct run *run, struct chance *chance, unsigned number, unsigned count)
{
    bool is_crossing = run->options->seed % 3 == 0;
    struct whole_config config = {
        .name = run->names[number], .token = WHOLE_TOKEN, .pool = 64, .region = number % 8};
    if (run->options->seed % 2)
        config.region = 0;
    if (number > 0)
        config.peers[config.peer_count++] = run->names[number - 1];
    for (unsigned i = 0; i < 2 && number > 1; i++) {
        unsigned other = chance_below(chance, is_crossing ? count : number - 1);
        bool is_new = other != number;
        for (size_t at = 0; at < config.peer_count; at++)
            is_new &= config.peers[at] != run->names[other];
        if (is_new)
            config.peers[config.peer_count++] = run->names[other];
    }
    whole_net_add(run->net, &config);
}

static void build(struct run *run, const struct options *options)
{
    struct chance chance = {options->seed};
    unsigned count = options->nodes ? options->nodes : 3 + chance_below(&chance, 38);
    if (options->is_large)
        count = 200;
    *run = (struct run){.options = options, .act_ms = 1 + 400 / count};
    run->names = calloc(count, NAME_MAX_LEN);
    if (!run->names)
        abort();
    crowd_init(&run->crowd, options->seed, options->is_large ? 4 : 6, 2);
    run->net = whole_net_new(options->seed, crowd_watch(&run->crowd));
    run->net->is_loud = options->is_loud;
    for (unsigned i = 0; i < count; i++)
        snprintf(run->names[i], NAME_MAX_LEN, "n%03u", i);
    for (unsigned i = 0; i < count; i++)
        add_node(run, &chance, i, count);
    crowd_seat(&run->crowd, run->net, options->is_large ? 1 : 3);
    faults_init(&run->faults, run->net, options->seed);
    if (options->is_large)
        run->act_ms = 20;
}

static void live(struct run *run, uint64_t ms, bool has_faults)
{
    struct whole_net *net = run->net;
    uint64_t until_ms = whole_net_ms(net) + ms;
    uint64_t fault_ms = whole_net_ms(net) + 2000;
    while (whole_net_ms(net) < until_ms) {
        whole_net_advance(net, 1 + chance_below(&run->crowd.chance, 2 * run->act_ms));
        crowd_act(&run->crowd);
        faults_mend(&run->faults, false);
        if (has_faults && whole_net_ms(net) >= fault_ms) {
            faults_happen(&run->faults);
            fault_ms += 500 + chance_below(&run->crowd.chance, 8000);
        }
    }
}

/* Whoever is in hears all that is said, churn or not. */
static void live_strictly(struct run *run, uint64_t ms)
{
    crowd_phase(&run->crowd, true);
    live(run, ms, false);
    crowd_all_talk(&run->crowd);
    whole_net_advance(run->net, 8000);
    crowd_check(&run->crowd);
    verdict_quiet(&run->crowd);
}

static void break_and_mend(struct run *run)
{
    crowd_phase(&run->crowd, false);
    live(run, FAULTS_MS, true);
    faults_mend(&run->faults, true);
    whole_net_advance(run->net, 4000);
    faults_mend(&run->faults, true); /* who was closing has ended */
    whole_net_advance(run->net, QUIET_MS);
    verdict_quiet(&run->crowd);
}

static void end(struct run *run)
{
    crowd_all_leave(&run->crowd);
    whole_net_advance(run->net, 10000);
    verdict_empty(&run->crowd);
    verdict_quiet(&run->crowd);
}

static void report(const struct run *run)
{
    const struct crowd *crowd = &run->crowd;
    const struct faults *faults = &run->faults;
    printf("seed %-6" PRIu64 " %3u nodes  %7.1f s  %" PRIu64 " sent, %" PRIu64 " heard, %" PRIu64
           " opened, %" PRIu64 " refused, %" PRIu64 " busy, %" PRIu64
           " lost  cuts %u, partitions %u, crashes %u, freezes %u, closes %u\n",
           run->options->seed, run->net->node_count, (double)whole_net_ms(run->net) / 1000,
           crowd->sent, crowd->heard, crowd->opened, crowd->refused, crowd->busy, crowd->lost,
           faults->cuts, faults->partitions, faults->crashes, faults->freezes, faults->closes);
}

static void run_seed(const struct options *options, struct tally *tally)
{
    struct run run;
    build(&run, options);
    whole_net_advance(run.net, 5000 + 10000 * options->is_large);
    live_strictly(&run, CALM_MS);
    if (!options->is_calm)
        break_and_mend(&run);
    live_strictly(&run, LAST_MS);
    end(&run);
    tally->runs++;
    tally->failed += run.crowd.failures > 0;
    tally->virtual_ms += whole_net_ms(run.net);
    tally->heard += run.crowd.heard;
    if (options->is_verbose || run.crowd.failures)
        report(&run);
    if (run.crowd.failures)
        printf("  repeat: sim_mesh --nodes %u%s%s --verbose %" PRIu64 "\n", run.net->node_count,
               options->is_calm ? " --calm" : "", options->is_large ? " --large" : "",
               options->seed);
    fflush(stdout);
    run.net->watch = (struct whole_watch){0};
    whole_net_free(run.net);
    faults_deinit(&run.faults);
    crowd_deinit(&run.crowd);
    free(run.names);
}

static void run_range(const char *range, struct options *options, struct tally *tally)
{
    char *rest;
    uint64_t first = strtoull(range, &rest, 10);
    uint64_t last = *rest == '-' ? strtoull(rest + 1, NULL, 10) : first;
    for (options->seed = first; options->seed <= last; options->seed++)
        run_seed(options, tally);
}

static bool take_option(struct options *options, const char *name)
{
    if (strcmp(name, "--calm") == 0)
        options->is_calm = true;
    else if (strcmp(name, "--large") == 0)
        options->is_large = true;
    else if (strcmp(name, "--verbose") == 0)
        options->is_verbose = true;
    else if (strcmp(name, "--loud") == 0)
        options->is_loud = true;
    else
        return false;
    return true;
}

int main(int argc, char **argv)
{
    struct options options = {0};
    struct tally tally = {0};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--nodes") == 0 && i + 1 < argc) {
            options.nodes = (unsigned)strtoul(argv[++i], NULL, 10);
        } else if (argv[i][0] != '-') {
            run_range(argv[i], &options, &tally);
        } else if (!take_option(&options, argv[i])) {
            fprintf(stderr, "sim_mesh: what is %s?\n", argv[i]);
            return 2;
        }
    }
    if (tally.runs == 0)
        run_range("1", &options, &tally);
    printf("%" PRIu64 " runs, %" PRIu64 " failed; %.1f virtual hours, %" PRIu64 " deliveries\n",
           tally.runs, tally.failed, (double)tally.virtual_ms / 3.6e6, tally.heard);
    return tally.failed ? 1 : 0;
}

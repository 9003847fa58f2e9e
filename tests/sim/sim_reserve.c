/* sim_reserve.c — storms of opens, joins and leaves on 4 to 60 nodes, and R1 to R5 of mesh.md.
 *
 *     sim_reserve                          the short run: all kinds, some of each
 *     sim_reserve --kind storm --runs 1000 [--from SEED]
 *     sim_reserve --kind storm --seed 17   one run, again
 *
 * The kinds: storm (no faults), available and majority (cuts, partitions, crashes and restarts
 * under either mode), plain and plain-faults (plain peers among the nodes), race (simultaneous
 * opens with different passwords). A run that fails prints its seed and ends the program with 1. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reserve/world.h"

#define STORM_OPERATIONS 120
#define STORM_MS 60000
#define FAULTS_MS 120000
#define LEVEL_MS 10000 /* R3: so long after the last fault */
#define DEAD_TOO_MS 50000

struct kind {
    const char *name;
    enum fault_mode mode;
    bool has_plain, is_race;
    unsigned short_runs;
};

static const struct kind kinds[] = {
    {"storm", CALM, false, false, 30},
    {"available", AVAILABLE, false, false, 18},
    {"majority", MAJORITY, false, false, 18},
    {"plain", CALM, true, false, 30},
    {"plain-faults", AVAILABLE, true, false, 14},
    {"race", CALM, false, true, 60},
};

struct totals {
    uint64_t runs, events, nodes, opens, granted, refused, busy, lost, delivered, withheld;
    uint64_t broadcasts, digest_bytes, simulated_ms;
};

static unsigned dice_nodes(struct world *world, unsigned most)
{
    return 4 + (unsigned)dice_roll(world, dice_chance(world, 100) ? most - 3 : 13);
}

static void add_operations(struct world *world, uint64_t within_ms)
{
    for (unsigned i = 0; i < STORM_OPERATIONS; i++) {
        struct event *event = world_add(world, dice_roll(world, within_ms), EVENT_CLIENT, 0,
                                        (unsigned)dice_roll(world, world->node_count));
        event->round = dice_roll(world, 10);
        event->name = (unsigned)dice_roll(world, NAMES);
        event->password = (unsigned)dice_roll(world, PASSWORDS);
    }
}

static void cut_some_links(struct world *world)
{
    for (unsigned a = 0; a < world->node_count; a++) {
        for (unsigned b = 0; b < a; b++)
            world->is_cut[a][b] = world->is_cut[b][a] = dice_chance(world, 300);
    }
}

/* Two halves, at random. */
static void part(struct world *world)
{
    bool is_left[NODES_MAX];
    for (unsigned i = 0; i < world->node_count; i++)
        is_left[i] = dice_chance(world, 500);
    for (unsigned a = 0; a < world->node_count; a++) {
        for (unsigned b = 0; b < a; b++)
            world->is_cut[a][b] = world->is_cut[b][a] = is_left[a] != is_left[b];
    }
}

static void crash_one(struct world *world)
{
    struct node *node = &world->nodes[dice_roll(world, world->node_count)];
    if (node->is_running)
        node_stop(node);
    else
        node_start(node);
}

static void cause_fault(struct world *world)
{
    switch (dice_roll(world, 5)) {
    case 0:
        cut_some_links(world);
        break;
    case 1:
        part(world);
        break;
    case 2:
        memset(world->is_cut, 0, sizeof(world->is_cut));
        break;
    default:
        crash_one(world);
        break;
    }
    world_connect(world);
}

static void mend(struct world *world, bool restarts_all)
{
    world->breaks = false;
    memset(world->is_cut, 0, sizeof(world->is_cut));
    for (unsigned i = 0; i < world->node_count && restarts_all; i++) {
        if (!world->nodes[i].is_running)
            node_start(&world->nodes[i]);
    }
    world_connect(world);
}

/* Whether links of our own kind stand between all of it that run: digests do not pass plain peers.
 */
static bool is_whole(const struct world *world)
{
    bool is_reached[NODES_MAX] = {false};
    unsigned ours = world->node_count - world->plain_count;
    unsigned first = 0;
    while (first < ours && !world->nodes[first].is_running)
        first++;
    if (first == ours)
        return false;
    is_reached[first] = true;
    for (bool grows = true; grows;) {
        grows = false;
        for (unsigned a = 0; a < ours; a++) {
            for (unsigned b = 0; b < world->node_count; b++) {
                if (!is_reached[a] || is_reached[b] || !world_is_linked(world, a, b))
                    continue;
                is_reached[b] = grows = true;
            }
        }
    }
    for (unsigned i = 0; i < world->node_count; i++) {
        if (world->nodes[i].is_running && !is_reached[i])
            return false;
    }
    return true;
}

/* Faults every few seconds until all stands again. Some runs leave the dead dead. */
static void run_faults(struct world *world)
{
    uint64_t until_ms = world->now_ms + FAULTS_MS;
    bool restarts_all = dice_chance(world, 700);
    world->breaks = true;
    while (world->now_ms < until_ms && !world->has_failed) {
        world_run(world, 500 + dice_roll(world, dice_chance(world, 200) ? 40000 : 8000));
        cause_fault(world);
    }
    mend(world, restarts_all);
    if (!restarts_all && !is_whole(world)) {
        restarts_all = true;
        mend(world, true);
    }
    world_run(world, restarts_all ? LEVEL_MS : DEAD_TOO_MS);
}

static void all_leave(struct world *world)
{
    for (unsigned i = 0; i < world->node_count; i++) {
        if (world->nodes[i].is_running)
            node_all_leave(&world->nodes[i]);
    }
}

/* The master's routine: reserved channels of plain peers that missed something are compared. */
static void compare_plain(struct world *world)
{
    for (unsigned a = 0; a < world->node_count; a++) {
        for (unsigned b = 0; b < world->node_count; b++) {
            if (world->nodes[a].is_plain && !world->nodes[b].is_plain &&
                world_is_linked(world, a, b))
                plain_onboard(&world->nodes[a], &world->nodes[b]);
        }
    }
    world_run(world, 2000);
}

static size_t subscribers(const struct world *world, unsigned name)
{
    size_t count = 0;
    for (unsigned i = 0; i < world->node_count; i++)
        count += world->nodes[i].locals[name].subscribers;
    return count;
}

/* R4: every name opens on any node, with any password. */
static void open_anew(struct world *world)
{
    for (unsigned name = 0; name < NAMES && !world->has_failed; name++) {
        struct node *node;
        do
            node = &world->nodes[dice_roll(world, world->node_count)];
        while (!node->is_running);
        if (node->is_plain)
            plain_client_opens(node, name, (unsigned)dice_roll(world, PASSWORDS));
        else
            node_client_opens(node, name, (unsigned)dice_roll(world, PASSWORDS));
        world_run(world, RESERVE_VOTE_MS + 500);
        if (subscribers(world, name) != 1)
            world_fail(world, "R4: %s does not open on %s", name_text(name), node->name);
    }
}

static void run_storm(struct world *world)
{
    if (world->mode == CALM) {
        add_operations(world, STORM_MS);
        world_run(world, STORM_MS + LEVEL_MS);
    } else {
        add_operations(world, FAULTS_MS);
        run_faults(world);
    }
    if (!world->has_failed)
        check_replicas(world);
    all_leave(world);
    world_run(world, LEVEL_MS);
    if (!world->has_failed)
        check_nothing_left(world);
    if (world->mode != CALM)
        compare_plain(world);
    open_anew(world);
}

/* R2: simultaneous opens with different passwords, on nodes that know nothing of each other's. */
static void run_race(struct world *world)
{
    for (unsigned round = 0; round < 3 && !world->has_failed; round++) {
        unsigned racers = 2 + (unsigned)dice_roll(world, PASSWORDS - 2);
        unsigned name = (unsigned)dice_roll(world, NAMES);
        uint64_t within_ms = dice_chance(world, 500) ? 1 : 200;
        uint64_t refused = world->count.refused;
        for (unsigned i = 0; i < racers; i++) {
            unsigned on = (i * world->node_count / racers + round) % world->node_count;
            struct event *event =
                world_add(world, dice_roll(world, within_ms), EVENT_CLIENT, 0, on);
            event->name = name;
            event->password = 1 + i; /* a channel without one would take any */
        }
        world_run(world, RESERVE_VOTE_MS + 1000);
        if (subscribers(world, name) != 1 || world->count.refused != refused + racers - 1)
            world_fail(world, "R2: of %u opens of %s %zu succeeded", racers, name_text(name),
                       subscribers(world, name));
        all_leave(world);
        world_run(world, 3000);
    }
    check_nothing_left(world);
}

static void add_totals(struct totals *totals, const struct world *world, uint64_t began_ms)
{
    totals->runs++;
    totals->events += world->count.events;
    totals->nodes += world->node_count;
    totals->opens += world->count.opens;
    totals->granted += world->count.granted;
    totals->refused += world->count.refused;
    totals->busy += world->count.busy;
    totals->lost += world->count.lost;
    totals->delivered += world->count.delivered;
    totals->withheld += world->count.withheld;
    totals->broadcasts += world->count.broadcasts;
    totals->digest_bytes += world->count.digest_bytes;
    totals->simulated_ms += world->now_ms - began_ms;
}

static bool run_one(const struct kind *kind, uint64_t seed, struct totals *totals)
{
    static struct world world; /* large; one at a time */
    world.dice = (seed + 7) * 0x9e3779b97f4a7c15u;
    unsigned nodes = dice_nodes(&world, kind->has_plain ? NODES_MAX - 4 : NODES_MAX);
    unsigned plain = kind->has_plain ? 1 + (unsigned)dice_roll(&world, 4) : 0;
    world_init(&world, seed, kind->mode, nodes, plain);
    uint64_t began_ms = world.now_ms;
    if (kind->is_race)
        run_race(&world);
    else
        run_storm(&world);
    add_totals(totals, &world, began_ms);
    if (world.has_failed)
        printf("again: sim_reserve --kind %s --seed %llu\n", kind->name, (unsigned long long)seed);
    world_deinit(&world);
    return !world.has_failed;
}

static bool run_kind(const struct kind *kind, uint64_t from, uint64_t runs)
{
    struct totals totals = {0};
    bool is_fine = true;
    for (uint64_t seed = from; seed < from + runs && is_fine; seed++)
        is_fine = run_one(kind, seed, &totals);
    printf(
        "%s: %llu runs, %.1f nodes each, %.1f simulated hours, %llu events; opens %llu, ok %llu, "
        "refused %llu, busy %llu, lost %llu; messages delivered %llu, withheld %llu; "
        "broadcasts %llu, digests %.1f MB\n",
        kind->name, (unsigned long long)totals.runs, (double)totals.nodes / (double)totals.runs,
        (double)totals.simulated_ms / 3600000, (unsigned long long)totals.events,
        (unsigned long long)totals.opens, (unsigned long long)totals.granted,
        (unsigned long long)totals.refused, (unsigned long long)totals.busy,
        (unsigned long long)totals.lost, (unsigned long long)totals.delivered,
        (unsigned long long)totals.withheld, (unsigned long long)totals.broadcasts,
        (double)totals.digest_bytes / 1e6);
    fflush(stdout);
    return is_fine;
}

int main(int argc, char **argv)
{
    const char *only = NULL;
    uint64_t from = 1, runs = 0;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--kind") == 0)
            only = argv[i + 1];
        else if (strcmp(argv[i], "--runs") == 0)
            runs = strtoull(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--from") == 0)
            from = strtoull(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--seed") == 0) {
            from = strtoull(argv[i + 1], NULL, 10);
            runs = 1;
        }
    }
    bool is_fine = true;
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (!only || strcmp(only, kinds[i].name) == 0)
            is_fine &= run_kind(&kinds[i], from, runs ? runs : kinds[i].short_runs);
    }
    return is_fine ? 0 : 1;
}

/* topology.c — see topology.h. */
#include "topology.h"

#include <stdlib.h>

#include "sim/region.h"

#define PEERS_MAX 256
#define TRIES 64

static bool is_linked(const struct sim *sim, unsigned a, unsigned b)
{
    unsigned peers[PEERS_MAX];
    unsigned count = sim_peers(sim, a, 0, peers, PEERS_MAX);
    for (unsigned i = 0; i < count && i < PEERS_MAX; i++) {
        if (peers[i] == b)
            return true;
    }
    return false;
}

static unsigned any_node(struct sim *sim)
{
    return chance_below(sim_chance(sim), sim_node_count(sim));
}

static bool is_choice(const struct sim *sim, unsigned node, unsigned other)
{
    return other != node && sim_is_alive(sim, other) && !is_linked(sim, node, other);
}

static void link_random(struct sim *sim, unsigned node)
{
    for (unsigned try = 0; try < TRIES; try++) {
        unsigned other = any_node(sim);
        if (!is_choice(sim, node, other))
            continue;
        sim_link(sim, node, other);
        return;
    }
}

/* One of the nearest, whichever chance finds first. */
static void link_near(struct sim *sim, unsigned node)
{
    unsigned best = node, from = any_node(sim), count = sim_node_count(sim);
    for (unsigned i = 0; i < count; i++) {
        unsigned other = (from + i) % count;
        if (is_choice(sim, node, other) &&
            (best == node || sim_delay_us(sim, node, other) < sim_delay_us(sim, node, best)))
            best = other;
    }
    if (best != node)
        sim_link(sim, node, best);
}

static void link_ring(struct sim *sim, unsigned count)
{
    unsigned *order = calloc(count, sizeof(*order));
    if (!order)
        abort();
    for (unsigned i = 0; i < count; i++) {
        unsigned j = chance_below(sim_chance(sim), i + 1);
        order[i] = order[j];
        order[j] = i;
    }
    for (unsigned i = 0; i < count; i++)
        sim_link(sim, order[i], order[(i + 1) % count]);
    free(order);
}

void topology_build(struct sim *sim, unsigned count, unsigned links, unsigned plain_percent)
{
    unsigned plain = count * plain_percent / 100;
    for (unsigned i = 0; i < count; i++) /* spread evenly over the numbers, so over the ring too */
        sim_add_node(sim, chance_below(sim_chance(sim), REGION_COUNT),
                     (i + 1) * plain / count > i * plain / count);
    link_ring(sim, count);
    for (unsigned dialled = 0; 2 + 2 * dialled < links; dialled++) {
        for (unsigned node = 0; node < count; node++) {
            if (dialled % 2 == 0)
                link_near(sim, node);
            else
                link_random(sim, node);
        }
    }
}

const struct topology_view topology_whole = {0, NOBODY, NOBODY, NOBODY};

static bool is_hidden(struct topology_view view, unsigned a, unsigned b)
{
    return b == view.without || (a == view.without_link_a && b == view.without_link_b) ||
           (b == view.without_link_a && a == view.without_link_b);
}

/* Marks all that hangs together with `first`. */
static void mark(const struct sim *sim, struct topology_view view, unsigned *part, unsigned first,
                 unsigned number, unsigned *stack)
{
    unsigned depth = 0;
    part[first] = number;
    stack[depth++] = first;
    while (depth > 0) {
        unsigned peers[PEERS_MAX];
        unsigned node = stack[--depth];
        unsigned count = sim_peers(sim, node, view.min_age_ms, peers, PEERS_MAX);
        for (unsigned i = 0; i < count && i < PEERS_MAX; i++) {
            if (part[peers[i]] != NOBODY || is_hidden(view, node, peers[i]))
                continue;
            part[peers[i]] = number;
            stack[depth++] = peers[i];
        }
    }
}

unsigned topology_parts(const struct sim *sim, struct topology_view view, unsigned *part)
{
    unsigned count = sim_node_count(sim), parts = 0;
    unsigned *stack = calloc(count, sizeof(*stack));
    if (!stack)
        abort();
    for (unsigned i = 0; i < count; i++)
        part[i] = NOBODY;
    for (unsigned i = 0; i < count; i++) {
        if (sim_is_alive(sim, i) && i != view.without && part[i] == NOBODY)
            mark(sim, view, part, i, parts++, stack);
    }
    free(stack);
    return parts;
}

void topology_connect(struct sim *sim)
{
    unsigned count = sim_node_count(sim), main_node = count;
    unsigned *part = calloc(count, sizeof(*part));
    if (!part)
        abort();
    while (topology_parts(sim, topology_whole, part) > 1) {
        for (unsigned i = 0; i < count; i++) {
            if (part[i] == 0)
                main_node = i;
            if (part[i] == 1) {
                sim_link(sim, i, main_node);
                break;
            }
        }
    }
    free(part);
}

void topology_relink(struct sim *sim, unsigned node, unsigned links)
{
    for (unsigned i = 0; i < links; i++) {
        if (i % 2 == 0)
            link_random(sim, node);
        else
            link_near(sim, node);
    }
}

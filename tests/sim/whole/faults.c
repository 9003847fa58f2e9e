/* faults.c — see faults.h. */
#include "faults.h"

#include <stdlib.h>

#define PARTED_MS 40000
#define DOWN_MS 60000
#define FROZEN_MS 25000

void faults_init(struct faults *faults, struct whole_net *net, uint64_t seed)
{
    *faults = (struct faults){.net = net, .chance = {seed}};
    faults->until_ms = calloc(net->node_count, sizeof(uint64_t));
    if (!faults->until_ms)
        abort();
}

void faults_deinit(struct faults *faults)
{
    free(faults->until_ms);
}

static unsigned below(struct faults *faults, unsigned sides)
{
    return chance_below(&faults->chance, sides);
}

static struct whole_node *any(struct faults *faults)
{
    return faults->net->nodes[below(faults, faults->net->node_count)];
}

static void cut(struct faults *faults)
{
    const struct whole_node *node = any(faults);
    struct mesh_peer peer;
    size_t cursor = 0, skip;
    if (!node->is_alive || mesh_peer_count(node->mesh) == 0)
        return;
    skip = below(faults, (unsigned)mesh_peer_count(node->mesh));
    while (mesh_next_peer(node->mesh, &cursor, &peer) && skip > 0)
        skip--;
    faults->cuts++;
    whole_net_cut(faults->net, node, whole_net_find(faults->net, peer.name.at, peer.name.len));
}

static void part(struct faults *faults)
{
    struct whole_net *net = faults->net;
    if (faults->is_parted)
        return;
    for (unsigned i = 0; i < net->node_count; i++)
        net->nodes[i]->group = below(faults, 2);
    faults->is_parted = true;
    faults->partitions++;
    faults->heal_ms = whole_net_ms(net) + 500 + below(faults, PARTED_MS);
    whole_net_partition(net, below(faults, 2) == 0);
}

/* Silent, reset, or closed as it should be. */
static void down(struct faults *faults)
{
    struct whole_node *node = any(faults);
    unsigned how = below(faults, 3);
    if (!node->is_alive || faults->until_ms[node->number])
        return;
    if (how == 2)
        whole_node_close(node);
    else
        whole_node_crash(node, how == 0);
    faults->closes += how == 2;
    faults->crashes += how != 2;
    faults->until_ms[node->number] = whole_net_ms(faults->net) + 3500 + below(faults, DOWN_MS);
}

static void freeze(struct faults *faults)
{
    struct whole_node *node = any(faults);
    if (!node->is_alive || faults->until_ms[node->number])
        return;
    whole_node_freeze(node, true);
    faults->freezes++;
    faults->until_ms[node->number] = whole_net_ms(faults->net) + 100 + below(faults, FROZEN_MS);
}

void faults_happen(struct faults *faults)
{
    switch (below(faults, 8)) {
    case 0:
        part(faults);
        break;
    case 1:
    case 2:
        down(faults);
        break;
    case 3:
    case 4:
        freeze(faults);
        break;
    default:
        cut(faults);
        break;
    }
}

void faults_mend(struct faults *faults, bool is_all)
{
    struct whole_net *net = faults->net;
    uint64_t now_ms = whole_net_ms(net);
    for (unsigned i = 0; i < net->node_count; i++) {
        uint64_t *until_ms = &faults->until_ms[i];
        bool is_due = *until_ms > 0 && *until_ms <= now_ms;
        if (!is_due && !is_all)
            continue;
        *until_ms = 0;
        if (net->nodes[i]->is_frozen)
            whole_node_freeze(net->nodes[i], false);
        else
            whole_node_start(net->nodes[i]);
    }
    if (faults->is_parted && (is_all || faults->heal_ms <= now_ms)) {
        faults->is_parted = false;
        whole_net_heal(net);
    }
}

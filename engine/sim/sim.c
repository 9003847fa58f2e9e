/* sim.c — see sim.h. */
#include "sim/sim.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/event_queue.h"
#include "sim/mesh_node.h"
#include "sim/network.h"
#include "sim/plain_node.h"

#define NOT_DUE UINT64_MAX

/* Exactly one of the two runs; none while it is dead. */
struct sim_node {
    struct mesh_node *mesh;
    struct plain_node *plain;
    bool is_plain;
    uint64_t due_ms; /* for which an event stands; NOT_DUE: none */
    char name[24];
};

struct cut {
    unsigned a, b;
};

struct sim {
    struct event_queue events;
    struct chance chance;
    struct network *network;
    struct sim_observer observer;
    struct sim_node **nodes;
    unsigned node_count;
    struct cut *cuts; /* what a partition cut */
    size_t cut_count;
    uint64_t copies, link_bytes_before; /* of nodes that ended */
    uint64_t surprises_before;
};

static void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

static uint64_t read_ms(void *context)
{
    return ((const struct sim *)context)->events.now_us / 1000;
}

/* A call in the queue: which node, or which number. */
struct call {
    struct sim *sim;
    void (*call)(void *context, unsigned number);
    void *context;
    unsigned number;
};

static void plan(struct sim *sim, unsigned number);

static void fire_due(void *context, void *payload)
{
    struct sim *sim = context;
    unsigned number = ((struct call *)payload)->number;
    struct sim_node *node = sim->nodes[number];
    free(payload);
    node->due_ms = NOT_DUE;
    if (node->mesh && tree_due_ms(node->mesh->tree) <= read_ms(sim))
        tree_tick(node->mesh->tree);
    plan(sim, number);
}

/* Puts the node's next tick into the queue, unless an earlier event stands there. */
static void plan(struct sim *sim, unsigned number)
{
    struct sim_node *node = sim->nodes[number];
    if (!node->mesh)
        return;
    uint64_t due_ms = tree_due_ms(node->mesh->tree);
    if (due_ms >= node->due_ms)
        return;
    node->due_ms = due_ms;
    struct call *call = must(calloc(1, sizeof(*call)));
    call->number = number;
    event_queue_add(&sim->events, due_ms * 1000, fire_due, sim, call);
}

static uint32_t latency_ms(const struct sim *sim, unsigned a, unsigned b)
{
    return (network_delay_us(sim->network, a, b) + 500) / 1000;
}

static void up(void *context, unsigned number, unsigned slot, unsigned peer)
{
    struct sim *sim = context;
    struct sim_node *node = sim->nodes[number];
    const struct sim_node *other = sim->nodes[peer];
    struct text name = {other->name, strlen(other->name)};
    if (node->plain)
        plain_node_up(node->plain, slot);
    else
        mesh_node_up(node->mesh, slot, name, other->is_plain, latency_ms(sim, number, peer));
    plan(sim, number);
}

static void down(void *context, unsigned number, unsigned slot)
{
    struct sim *sim = context;
    struct sim_node *node = sim->nodes[number];
    if (node->plain)
        plain_node_down(node->plain, slot);
    else if (node->mesh)
        mesh_node_down(node->mesh, slot);
    plan(sim, number);
}

static void arrive(void *context, unsigned number, unsigned slot, const char *text, size_t len)
{
    struct sim *sim = context;
    struct sim_node *node = sim->nodes[number];
    if (node->plain)
        plain_node_arrive(node->plain, slot, text, len);
    else if (node->mesh)
        mesh_node_arrive(node->mesh, slot, text, len);
    plan(sim, number);
}

static void send_text(void *context, unsigned node, unsigned link, const char *text, size_t len)
{
    network_send(((struct sim *)context)->network, node, link, text, len);
}

static size_t queued_bytes(void *context, unsigned node, unsigned link)
{
    return network_queued(((struct sim *)context)->network, node, link);
}

static void copied(void *context, unsigned node, unsigned link)
{
    (void)node;
    (void)link;
    ((struct sim *)context)->copies++;
}

static void deliver(void *context, unsigned node, const struct inm_packet *packet)
{
    const struct sim *sim = context;
    sim->observer.delivered(sim->observer.context, node, packet);
}

struct sim *sim_new(uint64_t seed, struct sim_observer observer)
{
    struct sim *sim = must(calloc(1, sizeof(*sim)));
    struct network_owner owner = {.context = sim, .up = up, .down = down, .arrive = arrive};
    sim->chance.state = seed;
    sim->observer = observer;
    event_queue_init(&sim->events);
    sim->network = network_new(&sim->events, &sim->chance, owner);
    return sim;
}

void sim_free(struct sim *sim)
{
    for (unsigned i = 0; i < sim->node_count; i++) {
        mesh_node_free(sim->nodes[i]->mesh);
        plain_node_free(sim->nodes[i]->plain);
        free(sim->nodes[i]);
    }
    free(sim->nodes);
    free(sim->cuts);
    network_free(sim->network);
    event_queue_deinit(&sim->events);
    free(sim);
}

static void start(struct sim *sim, unsigned number)
{
    struct sim_node *node = sim->nodes[number];
    struct station station = {
        .context = sim,
        .node = number,
        .name = {node->name, strlen(node->name)},
        .clock = {read_ms, sim},
        .chance = &sim->chance,
        .send = send_text,
        .queued_bytes = queued_bytes,
        .copied = copied,
        .deliver = deliver,
    };
    if (node->is_plain)
        node->plain = plain_node_new(&station);
    else
        node->mesh = mesh_node_new(&station, SIM_WALL_MS + read_ms(sim));
    plan(sim, number);
}

unsigned sim_add_node(struct sim *sim, unsigned region, bool is_plain)
{
    unsigned number = network_add_node(sim->network, region);
    struct sim_node *node = must(calloc(1, sizeof(*node)));
    sim->nodes = must(realloc(sim->nodes, (number + 1) * sizeof(struct sim_node *)));
    sim->nodes[number] = node;
    sim->node_count = number + 1;
    node->is_plain = is_plain;
    node->due_ms = NOT_DUE;
    snprintf(node->name, sizeof(node->name), "node-%u", number);
    start(sim, number);
    return number;
}

unsigned sim_node_count(const struct sim *sim)
{
    return sim->node_count;
}

bool sim_is_alive(const struct sim *sim, unsigned node)
{
    return sim->nodes[node]->mesh || sim->nodes[node]->plain;
}

bool sim_is_plain(const struct sim *sim, unsigned node)
{
    return sim->nodes[node]->is_plain;
}

void sim_link(struct sim *sim, unsigned a, unsigned b)
{
    assert(sim_is_alive(sim, a) && sim_is_alive(sim, b));
    network_link(sim->network, a, b);
}

void sim_cut(struct sim *sim, unsigned a, unsigned b, uint64_t notice_ms)
{
    network_cut(sim->network, a, b, notice_ms);
}

static void cut_and_remember(struct sim *sim, unsigned a, unsigned b, uint64_t notice_ms)
{
    if (!network_cut(sim->network, a, b, notice_ms))
        return;
    sim->cuts = must(realloc(sim->cuts, (sim->cut_count + 1) * sizeof(struct cut)));
    sim->cuts[sim->cut_count++] = (struct cut){a, b};
}

void sim_partition(struct sim *sim, bool (*side)(void *context, unsigned node), void *context,
                   uint64_t notice_ms)
{
    for (unsigned a = 0; a < sim->node_count; a++) {
        for (unsigned b = a + 1; b < sim->node_count; b++) {
            if (side(context, a) != side(context, b))
                cut_and_remember(sim, a, b, notice_ms);
        }
    }
}

void sim_heal(struct sim *sim)
{
    for (size_t i = 0; i < sim->cut_count; i++) {
        struct cut cut = sim->cuts[i];
        if (sim_is_alive(sim, cut.a) && sim_is_alive(sim, cut.b))
            network_link(sim->network, cut.a, cut.b);
    }
    sim->cut_count = 0;
}

void sim_crash(struct sim *sim, unsigned number, uint64_t notice_ms)
{
    struct sim_node *node = sim->nodes[number];
    if (!sim_is_alive(sim, number))
        return;
    network_crash(sim->network, number, notice_ms);
    if (node->mesh) {
        sim->link_bytes_before += node->mesh->link_bytes;
        sim->surprises_before += node->mesh->malformed;
    } else {
        sim->surprises_before += node->plain->surprises;
    }
    mesh_node_free(node->mesh);
    plain_node_free(node->plain);
    node->mesh = NULL;
    node->plain = NULL;
}

void sim_restart(struct sim *sim, unsigned node)
{
    assert(!sim_is_alive(sim, node));
    start(sim, node);
}

void sim_limit(struct sim *sim, unsigned a, unsigned b, uint32_t bytes_per_ms)
{
    network_limit(sim->network, a, b, bytes_per_ms);
}

unsigned sim_peers(const struct sim *sim, unsigned node, uint64_t min_age_ms, unsigned *peers,
                   unsigned max)
{
    return network_peers(sim->network, node, min_age_ms, peers, max);
}

uint32_t sim_delay_us(const struct sim *sim, unsigned a, unsigned b)
{
    return network_delay_us(sim->network, a, b);
}

void sim_publish(struct sim *sim, unsigned number, const char *message)
{
    struct sim_node *node = sim->nodes[number];
    if (node->plain)
        plain_node_publish(node->plain, message);
    else if (node->mesh)
        mesh_node_publish(node->mesh, message);
}

void sim_ask(struct sim *sim, unsigned node, unsigned destination, enum route_attempt attempt,
             char nonce[ROUTE_NONCE_LEN + 1])
{
    const char *name = sim->nodes[destination]->name;
    assert(sim->nodes[node]->mesh);
    mesh_node_ask(sim->nodes[node]->mesh, (struct text){name, strlen(name)}, attempt, nonce);
}

uint32_t sim_patience_ms(const struct sim *sim, unsigned node, unsigned destination)
{
    const char *name = sim->nodes[destination]->name;
    return router_patience_ms(&sim->nodes[node]->mesh->router, (struct text){name, strlen(name)});
}

void sim_run_until(struct sim *sim, uint64_t ms)
{
    event_queue_run(&sim->events, ms * 1000);
}

uint64_t sim_now_ms(const struct sim *sim)
{
    return sim->events.now_us / 1000;
}

uint64_t sim_now_us(const struct sim *sim)
{
    return sim->events.now_us;
}

struct chance *sim_chance(struct sim *sim)
{
    return &sim->chance;
}

static void fire_call(void *context, void *payload)
{
    struct call call = *(struct call *)payload;
    (void)context;
    free(payload);
    call.call(call.context, call.number);
}

void sim_at(struct sim *sim, uint64_t ms, void (*call)(void *context, unsigned number),
            void *context, unsigned number)
{
    struct call *planned = must(malloc(sizeof(*planned)));
    *planned = (struct call){sim, call, context, number};
    event_queue_add(&sim->events, ms * 1000, fire_call, sim, planned);
}

uint64_t sim_copies(const struct sim *sim)
{
    return sim->copies;
}

uint64_t sim_link_bytes(const struct sim *sim)
{
    uint64_t bytes = sim->link_bytes_before;
    for (unsigned i = 0; i < sim->node_count; i++)
        bytes += sim->nodes[i]->mesh ? sim->nodes[i]->mesh->link_bytes : 0;
    return bytes;
}

const struct tree *sim_tree(const struct sim *sim, unsigned node)
{
    return sim->nodes[node]->mesh ? sim->nodes[node]->mesh->tree : NULL;
}

const struct tree_counters *sim_counters(const struct sim *sim, unsigned node)
{
    return sim->nodes[node]->mesh ? tree_counters(sim->nodes[node]->mesh->tree) : NULL;
}

uint64_t sim_surprises(const struct sim *sim)
{
    uint64_t count = sim->surprises_before;
    for (unsigned i = 0; i < sim->node_count; i++) {
        const struct sim_node *node = sim->nodes[i];
        count += node->mesh ? node->mesh->malformed : 0;
        count += node->plain ? node->plain->surprises : 0;
    }
    return count;
}

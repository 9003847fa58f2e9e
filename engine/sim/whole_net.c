/* whole_net.c — see whole_net.h. */
#include "sim/whole_net.h"

#include <stdlib.h>
#include <string.h>

#include "sim/region.h"

#define TICK_US 10000
#define FROZEN_AGAIN_US 50000
#define DIAL_TRIPS 3 /* one way: TCP's, and the upgrade there */

static void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

struct whole_net *whole_net_new(uint64_t seed, struct whole_watch watch)
{
    struct whole_net *net = must(calloc(1, sizeof(*net)));
    event_queue_init(&net->events);
    net->chance.state = seed;
    net->watch = watch;
    list_init(&net->clients);
    cables_init(&net->cables, &net->events, &net->chance);
    return net;
}

void whole_net_free(struct whole_net *net)
{
    for (unsigned i = 0; i < net->node_count; i++) {
        whole_node_crash(net->nodes[i], true);
        whole_node_free(net->nodes[i]);
    }
    struct list *node;
    while ((node = list_shift(&net->clients)))
        whole_client_free(list_entry(node, struct whole_client, all));
    cables_deinit(&net->cables);
    event_queue_deinit(&net->events);
    free(net->nodes);
    free(net);
}

static void fire_tick(void *context, void *payload)
{
    struct whole_node *node = context;
    struct event_queue *events = &node->net->events;
    (void)payload;
    whole_node_tick(node);
    event_queue_add(events, events->now_us + TICK_US, fire_tick, node, NULL);
}

struct whole_node *whole_net_add(struct whole_net *net, const struct whole_config *config)
{
    struct whole_node *node = whole_node_new(net, config, net->node_count);
    size_t size = (net->node_count + 1) * sizeof(struct whole_node *);
    net->nodes = must(realloc(net->nodes, size));
    net->nodes[net->node_count++] = node;
    whole_node_start(node);
    event_queue_add(&net->events, net->events.now_us + chance_below(&net->chance, TICK_US),
                    fire_tick, node, NULL);
    return node;
}

struct whole_node *whole_net_find(const struct whole_net *net, const char *name, size_t len)
{
    for (unsigned i = 0; i < net->node_count; i++) {
        const char *own = net->nodes[i]->config.name;
        if (strlen(own) == len && memcmp(own, name, len) == 0)
            return net->nodes[i];
    }
    return NULL;
}

void whole_net_advance(struct whole_net *net, uint64_t ms)
{
    event_queue_run(&net->events, net->events.now_us + ms * 1000);
}

/* --- Dials --- */

struct attempt {
    struct whole_node *from, *to;
    unsigned starts; /* of `from`: another one has forgotten the attempt */
    uint64_t dial;
    struct cable *cable; /* when it stands */
    char token[];
};

static uint32_t trip_us(const struct attempt *attempt)
{
    const struct whole_paths *paths = &attempt->from->net->paths;
    if (paths->delay_us)
        return paths->delay_us(paths->context, attempt->from, attempt->to);
    return region_delay_us(attempt->from->config.region, attempt->to->config.region);
}

static bool has_way(const struct attempt *attempt)
{
    return attempt->to && trip_us(attempt) != UINT32_MAX;
}

static bool is_forgotten(const struct attempt *attempt)
{
    return !attempt->from->is_alive || attempt->from->starts != attempt->starts;
}

/* The other end took it; this one hears of it. */
static void fire_open(void *context, void *payload)
{
    struct whole_net *net = context;
    struct attempt *attempt = payload;
    struct cable_end *end = &attempt->cable->ends[0];
    if (attempt->from->is_frozen) {
        event_queue_add(&net->events, net->events.now_us + FROZEN_AGAIN_US, fire_open, net,
                        attempt);
        return;
    }
    if (!is_forgotten(attempt) && !end->is_gone)
        end->session =
            mesh_dialled(attempt->from->mesh, attempt->dial, &cable_transport, end, "192.0.2.1");
    if (!end->session)
        cable_drop_end(end);
    free(attempt);
}

static void fire_failure(void *context, void *payload)
{
    struct attempt *attempt = payload;
    (void)context;
    if (!is_forgotten(attempt))
        mesh_dial_failed(attempt->from->mesh, attempt->dial, "nobody there");
    free(attempt);
}

/* It has come as far as the other end. */
static void fire_arrival(void *context, void *payload)
{
    struct whole_net *net = context;
    struct attempt *attempt = payload;
    struct whole_node *from = attempt->from, *to = attempt->to;
    struct text token = {attempt->token, strlen(attempt->token)};
    bool is_lost = !has_way(attempt) || to->group != from->group || to->is_frozen;
    uint64_t at_us =
        net->events.now_us + (is_lost ? WHOLE_DIAL_MS * UINT64_C(1000) : trip_us(attempt));
    bool is_refused = is_lost || !to->is_alive;
    if (!is_refused && !mesh_admits(to->mesh, token)) {
        net->refused++;
        is_refused = true;
    }
    if (is_refused) {
        event_queue_add(&net->events, at_us, fire_failure, net, attempt);
        return;
    }
    attempt->cable = cable_new(&net->cables, trip_us(attempt), from, to);
    struct cable_end *end = &attempt->cable->ends[1];
    end->session = mesh_accept(to->mesh, &cable_transport, end, "192.0.2.2", token);
    must(end->session);
    event_queue_add(&net->events, at_us, fire_open, net, attempt);
}

void whole_net_dial(struct whole_node *node, uint64_t dial, struct whole_node *to,
                    const char *token)
{
    struct whole_net *net = node->net;
    size_t size = strlen(token) + 1;
    struct attempt *attempt = must(calloc(1, sizeof(*attempt) + size));
    attempt->from = node;
    attempt->to = to;
    attempt->starts = node->starts;
    attempt->dial = dial;
    memcpy(attempt->token, token, size);
    uint64_t after_us = has_way(attempt) ? DIAL_TRIPS * (uint64_t)trip_us(attempt) : 0;
    event_queue_add(&net->events, net->events.now_us + after_us, fire_arrival, net, attempt);
}

/* --- Connections and their faults --- */

void whole_net_ends(struct whole_net *net, const struct whole_node *node,
                    void (*each)(struct cable_end *end))
{
    for (struct list *at = net->cables.all.next; at != &net->cables.all; at = at->next) {
        struct cable *cable = list_entry(at, struct cable, node);
        for (unsigned i = 0; i < 2; i++) {
            if (cable->ends[i].owner == node && !cable->ends[i].is_gone)
                each(&cable->ends[i]);
        }
    }
}

void whole_net_cut(struct whole_net *net, const struct whole_node *a, const struct whole_node *b)
{
    for (struct list *at = net->cables.all.next; at != &net->cables.all; at = at->next) {
        struct cable *cable = list_entry(at, struct cable, node);
        const void *one = cable->ends[0].owner, *other = cable->ends[1].owner;
        if ((one == a && other == b) || (one == b && other == a))
            cable_cut(cable);
    }
}

void whole_net_partition(struct whole_net *net, bool is_slow)
{
    for (struct list *at = net->cables.all.next; at != &net->cables.all; at = at->next) {
        struct cable *cable = list_entry(at, struct cable, node);
        const struct whole_node *one = cable->ends[0].owner, *other = cable->ends[1].owner;
        if (one->group != other->group && is_slow)
            cable_stop(cable, true);
        else if (one->group != other->group)
            cable_cut(cable);
    }
}

void whole_net_heal(struct whole_net *net)
{
    for (unsigned i = 0; i < net->node_count; i++)
        net->nodes[i]->group = 0;
    for (struct list *at = net->cables.all.next; at != &net->cables.all; at = at->next)
        cable_stop(list_entry(at, struct cable, node), false);
}

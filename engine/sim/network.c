/* network.c — see network.h. */
#include "sim/network.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/region.h"

/* One direction of a link. */
struct lane {
    unsigned node, slot; /* the sending end */
    uint64_t free_us;    /* when all that was sent has left */
    uint64_t last_us;    /* when the last of it arrives */
};

struct link {
    struct link *older; /* all of them, until the end */
    struct lane lanes[2];
    uint64_t since_us;
    uint32_t bytes_per_ms;
    bool is_cut;
};

struct end {
    struct link *link; /* NULL: a free slot */
    unsigned side;
};

struct place {
    unsigned region;
    struct end *ends;
    unsigned end_count;
};

struct network {
    struct event_queue *events;
    struct chance *chance;
    struct network_owner owner;
    struct place *places;
    unsigned place_count;
    struct link *links;
};

/* A text on its way. */
struct flight {
    struct link *link;
    unsigned side; /* the sender's */
    size_t len;
    char text[];
};

static void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

struct network *network_new(struct event_queue *events, struct chance *chance,
                            struct network_owner owner)
{
    struct network *network = must(calloc(1, sizeof(*network)));
    network->events = events;
    network->chance = chance;
    network->owner = owner;
    return network;
}

void network_free(struct network *network)
{
    while (network->links) {
        struct link *link = network->links;
        network->links = link->older;
        free(link);
    }
    for (unsigned i = 0; i < network->place_count; i++)
        free(network->places[i].ends);
    free(network->places);
    free(network);
}

unsigned network_add_node(struct network *network, unsigned region)
{
    size_t size = (network->place_count + 1) * sizeof(struct place);
    network->places = must(realloc(network->places, size));
    network->places[network->place_count] = (struct place){.region = region % REGION_COUNT};
    return network->place_count++;
}

/* The first free slot of a node, made where there is none. */
static unsigned take_slot(struct network *network, unsigned node, struct end end)
{
    struct place *place = &network->places[node];
    unsigned slot = 0;
    while (slot < place->end_count && place->ends[slot].link)
        slot++;
    if (slot == place->end_count) {
        place->ends = must(realloc(place->ends, (slot + 1) * sizeof(struct end)));
        place->end_count++;
    }
    place->ends[slot] = end;
    return slot;
}

static struct link *find(const struct network *network, unsigned a, unsigned b)
{
    const struct place *place = &network->places[a];
    for (unsigned slot = 0; slot < place->end_count; slot++) {
        struct link *link = place->ends[slot].link;
        if (link && !link->is_cut && link->lanes[1 - place->ends[slot].side].node == b)
            return link;
    }
    return NULL;
}

bool network_is_linked(const struct network *network, unsigned a, unsigned b)
{
    return find(network, a, b) != NULL;
}

void network_link(struct network *network, unsigned a, unsigned b)
{
    if (a == b || find(network, a, b))
        return;
    struct link *link = must(calloc(1, sizeof(*link)));
    link->older = network->links;
    network->links = link;
    link->since_us = network->events->now_us;
    link->lanes[0] = (struct lane){.node = a, .slot = take_slot(network, a, (struct end){link, 0})};
    link->lanes[1] = (struct lane){.node = b, .slot = take_slot(network, b, (struct end){link, 1})};
    network->owner.up(network->owner.context, a, link->lanes[0].slot, b);
    network->owner.up(network->owner.context, b, link->lanes[1].slot, a);
}

/* One end hears that its link is cut. */
struct notice {
    struct link *link;
    unsigned side;
};

static void free_slot(struct network *network, const struct link *link, unsigned side)
{
    struct place *place = &network->places[link->lanes[side].node];
    place->ends[link->lanes[side].slot].link = NULL;
}

static void fire_notice(void *context, void *payload)
{
    struct network *network = context;
    struct notice notice = *(struct notice *)payload;
    const struct lane *lane = &notice.link->lanes[notice.side];
    free(payload);
    if (network->places[lane->node].ends[lane->slot].link != notice.link)
        return; /* the node crashed meanwhile */
    free_slot(network, notice.link, notice.side);
    network->owner.down(network->owner.context, lane->node, lane->slot);
}

static void notify(struct network *network, struct link *link, unsigned side, uint64_t notice_ms)
{
    struct notice *notice = must(malloc(sizeof(*notice)));
    *notice = (struct notice){link, side};
    event_queue_add(network->events, network->events->now_us + notice_ms * 1000, fire_notice,
                    network, notice);
}

bool network_cut(struct network *network, unsigned a, unsigned b, uint64_t notice_ms)
{
    struct link *link = find(network, a, b);
    if (!link)
        return false;
    link->is_cut = true;
    notify(network, link, 0, notice_ms);
    notify(network, link, 1, notice_ms);
    return true;
}

void network_crash(struct network *network, unsigned node, uint64_t notice_ms)
{
    struct place *place = &network->places[node];
    for (unsigned slot = 0; slot < place->end_count; slot++) {
        struct end end = place->ends[slot];
        if (!end.link)
            continue;
        if (!end.link->is_cut)
            notify(network, end.link, 1 - end.side, notice_ms);
        end.link->is_cut = true;
        place->ends[slot].link = NULL;
    }
}

void network_limit(struct network *network, unsigned a, unsigned b, uint32_t bytes_per_ms)
{
    struct link *link = find(network, a, b);
    if (link)
        link->bytes_per_ms = bytes_per_ms;
}

unsigned network_peers(const struct network *network, unsigned node, uint64_t min_age_ms,
                       unsigned *peers, unsigned max)
{
    const struct place *place = &network->places[node];
    unsigned count = 0;
    for (unsigned slot = 0; slot < place->end_count; slot++) {
        const struct end *end = &place->ends[slot];
        if (!end->link || end->link->is_cut ||
            end->link->since_us + min_age_ms * 1000 > network->events->now_us)
            continue;
        if (count < max)
            peers[count] = end->link->lanes[1 - end->side].node;
        count++;
    }
    return count;
}

uint32_t network_delay_us(const struct network *network, unsigned a, unsigned b)
{
    return region_delay_us(network->places[a].region, network->places[b].region);
}

static void fire_arrival(void *context, void *payload)
{
    struct network *network = context;
    struct flight *flight = payload;
    const struct lane *to = &flight->link->lanes[1 - flight->side];
    if (!flight->link->is_cut)
        network->owner.arrive(network->owner.context, to->node, to->slot, flight->text,
                              flight->len);
    free(flight);
}

/* When a text that is sent now arrives: behind what waits, then the delay, never before the last.
 */
static uint64_t arrival_us(struct network *network, const struct link *link, struct lane *lane,
                           unsigned to, size_t len)
{
    uint64_t now_us = network->events->now_us;
    uint32_t delay_us = network_delay_us(network, lane->node, to);
    lane->free_us = lane->free_us > now_us ? lane->free_us : now_us;
    if (link->bytes_per_ms)
        lane->free_us += len * 1000 / link->bytes_per_ms;
    uint64_t at_us = lane->free_us + delay_us + chance_below(network->chance, delay_us / 10 + 1);
    lane->last_us = at_us > lane->last_us ? at_us : lane->last_us;
    return lane->last_us;
}

static struct end end_at(const struct network *network, unsigned node, unsigned slot)
{
    const struct place *place = &network->places[node];
    assert(slot < place->end_count && place->ends[slot].link);
    return place->ends[slot];
}

void network_send(struct network *network, unsigned node, unsigned slot, const char *text,
                  size_t len)
{
    struct end end = end_at(network, node, slot);
    if (end.link->is_cut)
        return;
    struct lane *lane = &end.link->lanes[end.side];
    struct flight *flight = must(malloc(sizeof(*flight) + len));
    flight->link = end.link;
    flight->side = end.side;
    flight->len = len;
    memcpy(flight->text, text, len);
    unsigned to = end.link->lanes[1 - end.side].node;
    event_queue_add(network->events, arrival_us(network, end.link, lane, to, len), fire_arrival,
                    network, flight);
}

size_t network_queued(const struct network *network, unsigned node, unsigned slot)
{
    struct end end = end_at(network, node, slot);
    const struct lane *lane = &end.link->lanes[end.side];
    uint64_t now_us = network->events->now_us;
    return lane->free_us > now_us ? (lane->free_us - now_us) * end.link->bytes_per_ms / 1000 : 0;
}

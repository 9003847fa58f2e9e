/* world.c — time, chance, links and what travels over them. */
#include "world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define START_MS 1795389987000u
#define SCAN_MS 500
#define DEAD_MS 15000

uint64_t dice_roll(struct world *world, uint64_t sides)
{
    uint64_t x = world->dice; /* xorshift64* */
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    world->dice = x;
    return (x * 0x2545f4914f6cdd1du >> 16) % sides;
}

bool dice_chance(struct world *world, unsigned permille)
{
    return dice_roll(world, 1000) < permille;
}

void world_fail(struct world *world, const char *format, ...)
{
    va_list arguments;
    if (world->has_failed)
        return;
    world->has_failed = true;
    printf("FAILED at %llu ms: ", (unsigned long long)(world->now_ms - START_MS));
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
}

static bool is_earlier(const struct event *a, const struct event *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

static void swap(struct event *a, struct event *b)
{
    struct event other = *a;
    *a = *b;
    *b = other;
}

static void sift_down(struct event *heap, size_t count)
{
    size_t at = 0;
    for (;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < count; child++) {
            if (is_earlier(&heap[child], &heap[least]))
                least = child;
        }
        if (least == at)
            return;
        swap(&heap[at], &heap[least]);
        at = least;
    }
}

static struct event *sift_up(struct event *heap, size_t at)
{
    while (at > 0 && is_earlier(&heap[at], &heap[(at - 1) / 2])) {
        swap(&heap[at], &heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    return &heap[at];
}

/* What is set in the event that is returned must not be its time. */
struct event *world_add(struct world *world, uint64_t delay_ms, enum event_kind kind, unsigned from,
                        unsigned to)
{
    if (world->event_count == world->event_capacity) {
        world->event_capacity = world->event_capacity ? 2 * world->event_capacity : 1024;
        world->heap = realloc(world->heap, world->event_capacity * sizeof(*world->heap));
        if (!world->heap)
            abort();
    }
    world->heap[world->event_count++] = (struct event){
        .at_ms = world->now_ms + delay_ms,
        .order = ++world->last_order,
        .kind = kind,
        .from = from,
        .to = to,
        .life = world->nodes[to].life,
    };
    return sift_up(world->heap, world->event_count - 1);
}

static struct event take_event(struct world *world)
{
    struct event event = world->heap[0];
    world->heap[0] = world->heap[--world->event_count];
    sift_down(world->heap, world->event_count);
    return event;
}

struct packet *packet_empty(void)
{
    struct packet *packet = calloc(1, sizeof(*packet));
    if (!packet)
        abort();
    packet->references = 1;
    return packet;
}

void packet_drop(struct packet *packet)
{
    if (!packet || --packet->references > 0)
        return;
    buf_deinit(&packet->text);
    free(packet);
}

uint64_t world_latency(struct world *world, unsigned from, unsigned to)
{
    uint64_t latency_ms = world->latency_ms[from][to];
    return latency_ms + dice_roll(world, latency_ms / 2 + 2);
}

uint64_t world_in_order(struct world *world, uint64_t (*last)[NODES_MAX], unsigned from,
                        unsigned to)
{
    uint64_t at_ms = world->now_ms + world_latency(world, from, to);
    if (at_ms < last[from][to])
        at_ms = last[from][to];
    last[from][to] = at_ms;
    return at_ms - world->now_ms;
}

bool world_is_linked(const struct world *world, unsigned a, unsigned b)
{
    return world->has_link[a][b] && !world->is_cut[a][b] && world->nodes[a].is_running &&
           world->nodes[b].is_running;
}

static void reach(struct world *world, unsigned from, unsigned group)
{
    world->group[from] = group;
    for (unsigned i = 0; i < world->node_count; i++) {
        if (world->group[i] == 0 && world_is_linked(world, from, i))
            reach(world, i, group);
    }
}

void world_connect(struct world *world)
{
    memset(world->group, 0, sizeof(world->group));
    for (unsigned i = 0; i < world->node_count; i++) {
        if (world->group[i] == 0)
            reach(world, i, i + 1);
    }
}

static void send_copy(struct world *world, unsigned from, unsigned to, uint64_t at_ms,
                      struct packet *packet)
{
    if (at_ms < world->arrives_ms[from][to])
        at_ms = world->arrives_ms[from][to];
    world->arrives_ms[from][to] = at_ms;
    world_add(world, at_ms - world->now_ms, EVENT_BROADCAST, from, to)->packet = packet;
    packet->references++;
}

/* Now and then the tree takes a long way, and what is sent directly is there before. */
static uint64_t broadcast_latency(struct world *world, unsigned from, unsigned to)
{
    uint64_t latency_ms = world_latency(world, from, to);
    return dice_chance(world, 50) ? 5 * latency_ms + 20 : latency_ms;
}

/* A link keeps the order of what goes over it, so what a node tells a plain peer comes behind the
 * broadcasts that it forwarded before. */
static void forward(struct world *world, unsigned from, unsigned beside, unsigned to,
                    struct packet *packet)
{
    struct event *event = world_add(world, world_in_order(world, world->told_ms, beside, to),
                                    EVENT_BROADCAST, from, to);
    event->packet = packet;
    packet->references++;
}

void world_forward(struct world *world, unsigned from, unsigned beside, struct packet *packet)
{
    for (unsigned to = world->node_count - world->plain_count; to < world->node_count; to++) {
        if (to != from && world_is_linked(world, beside, to))
            forward(world, from, beside, to, packet);
    }
}

void world_broadcast(struct world *world, unsigned from, struct packet *packet)
{
    unsigned ours = world->node_count - world->plain_count; /* plain peers have the last numbers */
    world->count.broadcasts++;
    for (unsigned to = 0; to < ours; to++) {
        bool is_lost = world->breaks && dice_chance(world, 3);
        if (to != from && world->group[to] == world->group[from] && !is_lost)
            send_copy(world, from, to, world->now_ms + broadcast_latency(world, from, to), packet);
    }
    if (!world->nodes[from].is_plain)
        world_forward(world, from, from, packet);
    packet_drop(packet);
}

int world_index(const struct world *world, const char *node)
{
    for (unsigned i = 0; i < world->node_count; i++) {
        if (strcmp(world->nodes[i].name, node) == 0)
            return (int)i;
    }
    return -1;
}

/* The ends of a link notice what became of it. */
static void scan_link(struct world *world, unsigned a, unsigned b)
{
    bool is_up = world_is_linked(world, a, b);
    if (is_up == world->is_up[a][b])
        return;
    world->is_up[a][b] = world->is_up[b][a] = is_up;
    node_link(&world->nodes[a], b, is_up);
    node_link(&world->nodes[b], a, is_up);
    if (is_up && world->nodes[a].is_plain != world->nodes[b].is_plain)
        plain_onboard(&world->nodes[world->nodes[a].is_plain ? a : b],
                      &world->nodes[world->nodes[a].is_plain ? b : a]);
}

static void scan_life(struct world *world, unsigned a, unsigned b)
{
    struct node *node = &world->nodes[a];
    bool is_connected = world->nodes[b].is_running && world->group[a] == world->group[b];
    if (is_connected)
        world->heard_ms[a][b] = world->now_ms;
    bool is_alive = is_connected || world->now_ms - world->heard_ms[a][b] < DEAD_MS;
    if (node->is_plain || !node->is_running || is_alive == world->is_alive[a][b])
        return;
    world->is_alive[a][b] = is_alive;
    if (!is_alive)
        reservation_node_down(node->reservation, world->nodes[b].name);
    else if (reservation_node_up(node->reservation, world->nodes[b].name, world->nodes[b].is_plain))
        abort();
}

static void scan(struct world *world)
{
    world_connect(world);
    for (unsigned a = 0; a < world->node_count; a++) {
        for (unsigned b = 0; b < world->node_count; b++) {
            if (a != b)
                scan_life(world, a, b);
        }
    }
    for (unsigned a = 0; a < world->node_count; a++) {
        for (unsigned b = a + 1; b < world->node_count; b++)
            scan_link(world, a, b);
    }
}

static void add_link(struct world *world, unsigned a, unsigned b)
{
    if (a != b)
        world->has_link[a][b] = world->has_link[b][a] = true;
}

/* A ring and some more; plain peers hang on one to three of ours. */
static void make_links(struct world *world)
{
    unsigned ours = world->node_count - world->plain_count;
    for (unsigned i = 0; i < ours; i++) {
        add_link(world, i, (i + 1) % ours);
        add_link(world, i, (unsigned)dice_roll(world, ours));
    }
    for (unsigned i = ours; i < world->node_count; i++) {
        uint64_t links = 1 + dice_roll(world, 3);
        while (links-- > 0)
            add_link(world, i, (unsigned)dice_roll(world, ours));
    }
    uint64_t widest = dice_chance(world, 300) ? 5 : 150;
    for (unsigned a = 0; a < world->node_count; a++) {
        for (unsigned b = 0; b < a; b++)
            world->latency_ms[a][b] = world->latency_ms[b][a] =
                1 + (uint32_t)dice_roll(world, widest);
    }
}

void world_init(struct world *world, uint64_t seed, enum fault_mode mode, unsigned nodes,
                unsigned plain)
{
    memset(world, 0, sizeof(*world));
    world->seed = seed;
    world->dice = (seed + 1) * 0x9e3779b97f4a7c15u;
    world->mode = mode;
    world->now_ms = START_MS;
    world->node_count = nodes + plain;
    world->plain_count = plain;
    int64_t skew_ms = dice_chance(world, 500) ? 1 : 3000;
    for (unsigned i = 0; i < world->node_count; i++) {
        struct node *node = &world->nodes[i];
        node->world = world;
        node->index = i;
        node->is_plain = i >= nodes;
        node->skew_ms = (int64_t)dice_roll(world, (uint64_t)skew_ms * 2) - skew_ms;
        node->drops_first = dice_chance(world, 500);
        snprintf(node->name, sizeof(node->name), "%s-%u", node->is_plain ? "plain" : "node", i);
    }
    make_links(world);
    for (unsigned i = 0; i < world->node_count; i++)
        node_start(&world->nodes[i]);
    scan(world);
    world_add(world, SCAN_MS, EVENT_SCAN, 0, 0);
}

void world_deinit(struct world *world)
{
    for (size_t i = 0; i < world->event_count; i++)
        packet_drop(world->heap[i].packet);
    for (unsigned i = 0; i < world->node_count; i++)
        node_stop(&world->nodes[i]);
    free(world->heap);
    world->heap = NULL;
}

static bool still_arrives(struct world *world, const struct event *event)
{
    const struct node *to = &world->nodes[event->to];
    if (event->kind == EVENT_CLIENT || event->kind == EVENT_FAULT)
        return true;
    if (!to->is_running || to->life != event->life)
        return false;
    if (event->kind == EVENT_REQUEST || event->kind == EVENT_ANSWER)
        return world_is_linked(world, event->from, event->to);
    if (event->from == event->to || world->group[event->from] == world->group[event->to])
        return true;
    return dice_chance(world, 500);
}

static void handle(struct world *world, struct event *event)
{
    struct node *to = &world->nodes[event->to];
    world->count.events++;
    if (event->kind == EVENT_SCAN) {
        scan(world);
        world_add(world, SCAN_MS, EVENT_SCAN, 0, 0);
    } else if (still_arrives(world, event)) {
        if (to->is_plain)
            plain_handle(to, event);
        else
            node_handle(to, event);
    }
    packet_drop(event->packet);
}

void world_run(struct world *world, uint64_t for_ms)
{
    uint64_t until_ms = world->now_ms + for_ms;
    while (!world->has_failed && world->event_count > 0 && world->heap[0].at_ms <= until_ms) {
        struct event event = take_event(world);
        world->now_ms = event.at_ms;
        handle(world, &event);
    }
    world->now_ms = until_ms;
}

const char *name_text(unsigned name)
{
    static const char *const names[NAMES] = {"garden", "lobby", "\"quoted\"", "\xc3\xa9t\xc3\xa9",
                                             "news",   "a"};
    return names[name];
}

int name_index(const char *name, size_t len)
{
    for (unsigned i = 0; i < NAMES; i++) {
        if (strlen(name_text(i)) == len && memcmp(name_text(i), name, len) == 0)
            return (int)i;
    }
    return -1;
}

struct password_hash hash_of(unsigned name, unsigned password)
{
    struct password_hash hash = {.is_set = password > 0};
    for (unsigned i = 0; hash.is_set && i < PASSWORD_HASH_LEN; i++)
        hash.bytes[i] = (unsigned char)((name * 7 + password * 41) * (i + 3) >> 1);
    return hash;
}

int password_of(unsigned name, const struct password_hash *hash)
{
    for (unsigned i = 0; i < PASSWORDS; i++) {
        struct password_hash one = hash_of(name, i);
        if (password_hash_equals(&one, hash))
            return (int)i;
    }
    return -1;
}

/* traffic.c — two rings of slots, a fine one and a coarse one; a slot is known by its number, time
 * divided by the slot's width, and is emptied when the time comes round to its place again. */
#include "relay/traffic.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define FINE_MS 100
#define COARSE_MS 1000
#define FINE_SLOTS 11   /* a second, and the slot that is leaving it */
#define COARSE_SLOTS 61 /* a minute, and the slot that is leaving it */

struct slot {
    uint64_t bytes;
    uint32_t packets;
};

struct traffic_slots {
    uint64_t fine_newest, coarse_newest; /* the numbers of the slots that were counted in last */
    struct slot fine[FINE_SLOTS];
    struct slot coarse[COARSE_SLOTS];
};

/* A ring with its measures, so that the code below is written once. */
struct ring {
    struct slot *slots;
    uint64_t count, newest;
    uint64_t width_ms;
};

static struct ring fine_ring(struct traffic_slots *slots)
{
    return (struct ring){slots->fine, FINE_SLOTS, slots->fine_newest, FINE_MS};
}

static struct ring coarse_ring(struct traffic_slots *slots)
{
    return (struct ring){slots->coarse, COARSE_SLOTS, slots->coarse_newest, COARSE_MS};
}

/* Empties the slots from the newest to `number`, which becomes the newest. */
static void advance(const struct ring *ring, uint64_t number)
{
    uint64_t steps = number - ring->newest;
    for (uint64_t i = 1; i <= steps && i <= ring->count; i++)
        ring->slots[(ring->newest + i) % ring->count] = (struct slot){0};
}

/* Counts in the slot of `now_ms`; the newest slot's number. */
static uint64_t count_in(const struct ring *ring, size_t bytes, uint64_t now_ms)
{
    uint64_t number = now_ms / ring->width_ms;
    if (number > ring->newest)
        advance(ring, number);
    else
        number = ring->newest;
    struct slot *slot = &ring->slots[number % ring->count];
    slot->packets++;
    slot->bytes += bytes;
    return number;
}

void traffic_add(struct traffic *traffic, size_t bytes, uint64_t now_ms)
{
    if (!traffic->slots)
        traffic->slots = calloc(1, sizeof(*traffic->slots));
    struct traffic_slots *slots = traffic->slots;
    if (!slots)
        return;
    struct ring fine = fine_ring(slots), coarse = coarse_ring(slots);
    slots->fine_newest = count_in(&fine, bytes, now_ms);
    slots->coarse_newest = count_in(&coarse, bytes, now_ms);
}

/* The slot of that number; an empty one when it was never counted in or is gone. */
static struct slot slot_at(const struct ring *ring, uint64_t number)
{
    bool is_kept = number <= ring->newest && ring->newest - number < ring->count;
    return is_kept ? ring->slots[number % ring->count] : (struct slot){0};
}

/* `part` of `whole` of an amount, to the nearest. */
static uint64_t share(uint64_t amount, uint64_t part, uint64_t whole)
{
    return (amount * part + whole / 2) / whole;
}

/* The newest slots of a window, and of the one that is leaving it the part that is still inside. */
static void sum(const struct ring *ring, uint64_t window_ms, uint64_t now_ms, uint64_t *packets,
                uint64_t *bytes)
{
    uint64_t number = now_ms / ring->width_ms;
    uint64_t whole = window_ms / ring->width_ms;
    *packets = *bytes = 0;
    for (uint64_t i = 0; i < whole && i <= number; i++) {
        struct slot slot = slot_at(ring, number - i);
        *packets += slot.packets;
        *bytes += slot.bytes;
    }
    if (number < whole)
        return;
    struct slot leaving = slot_at(ring, number - whole);
    uint64_t inside_ms = ring->width_ms - now_ms % ring->width_ms;
    *packets += share(leaving.packets, inside_ms, ring->width_ms);
    *bytes += share(leaving.bytes, inside_ms, ring->width_ms);
}

void traffic_read(const struct traffic *traffic, uint64_t now_ms, struct traffic_sums *sums)
{
    *sums = (struct traffic_sums){0};
    if (!traffic->slots)
        return;
    struct ring fine = fine_ring(traffic->slots), coarse = coarse_ring(traffic->slots);
    sum(&fine, 1000, now_ms, &sums->packets[TRAFFIC_1S], &sums->bytes[TRAFFIC_1S]);
    sum(&coarse, 15000, now_ms, &sums->packets[TRAFFIC_15S], &sums->bytes[TRAFFIC_15S]);
    sum(&coarse, 60000, now_ms, &sums->packets[TRAFFIC_60S], &sums->bytes[TRAFFIC_60S]);
}

void traffic_sweep(struct traffic *traffic, uint64_t now_ms)
{
    if (traffic->slots && now_ms / COARSE_MS >= traffic->slots->coarse_newest + COARSE_SLOTS)
        traffic_deinit(traffic);
}

void traffic_deinit(struct traffic *traffic)
{
    free(traffic->slots);
    traffic->slots = NULL;
}

/* In whole bits a second, so no locale writes a comma. */
static void add_bandwidth(struct buf *buf, const char *key, uint64_t bytes, uint64_t seconds)
{
    char text[64];
    uint64_t bits = share(bytes, 8, seconds);
    int len = snprintf(text, sizeof(text), "\"%s\":%" PRIu64 ".%03u", key, bits / 1000,
                       (unsigned)(bits % 1000));
    buf_add(buf, text, (size_t)len);
}

static void add_packets(struct buf *buf, const char *key, uint64_t packets)
{
    char text[64];
    int len = snprintf(text, sizeof(text), "\"%s\":%" PRIu64, key, packets);
    buf_add(buf, text, (size_t)len);
}

void traffic_write(struct buf *buf, const struct traffic *traffic, uint64_t now_ms)
{
    static const struct {
        const char *key;
        uint64_t seconds;
    } windows[] = {
        [TRAFFIC_1S] = {"1s", 1}, [TRAFFIC_15S] = {"15s", 15}, [TRAFFIC_60S] = {"60s", 60}};
    struct traffic_sums sums;
    traffic_read(traffic, now_ms, &sums);
    buf_add_text(buf, "{\"packets\":");
    for (int i = 0; i < TRAFFIC_WINDOWS; i++) {
        buf_add_byte(buf, i == 0 ? '{' : ',');
        add_packets(buf, windows[i].key, sums.packets[i]);
    }
    buf_add_text(buf, "},\"bandwidth\":");
    for (int i = 0; i < TRAFFIC_WINDOWS; i++) {
        buf_add_byte(buf, i == 0 ? '{' : ',');
        add_bandwidth(buf, windows[i].key, sums.bytes[i], windows[i].seconds);
    }
    buf_add_text(buf, "}}");
}

/* traffic.h — how many messages, and how many bytes of them, in the last 1, 15 and 60 seconds.
 *
 * One for a node and one for each of its channels. The owner's storage: {0}, then traffic_deinit;
 * what has no traffic owns no memory: the first message brings it, traffic_sweep takes it back.
 * Counted in slots (a tenth of a second for the shortest window, a second for the others), so a
 * message leaves a window not at an instant but in the course of one slot, evenly. Nothing older
 * than 61 s is kept. */
#ifndef WSRELAY_RELAY_TRAFFIC_H
#define WSRELAY_RELAY_TRAFFIC_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct traffic {
    struct traffic_slots *slots; /* NULL: nothing for 60 s */
};

enum traffic_window { TRAFFIC_1S, TRAFFIC_15S, TRAFFIC_60S, TRAFFIC_WINDOWS };

struct traffic_sums {
    uint64_t packets[TRAFFIC_WINDOWS];
    uint64_t bytes[TRAFFIC_WINDOWS];
};

/* Counts one message of this many bytes. Should there be no memory for the first one's slots, it is
 * not counted. */
void traffic_add(struct traffic *traffic, size_t bytes, uint64_t now_ms);

/* What each window holds now. */
void traffic_read(const struct traffic *traffic, uint64_t now_ms, struct traffic_sums *sums);

/* Frees the slots when no window holds anything any more. Call it now and then. */
void traffic_sweep(struct traffic *traffic, uint64_t now_ms);

void traffic_deinit(struct traffic *traffic);

/* Adds the notes' network dictionary of `node-stats`:
 * {"packets":{"1s":…,"15s":…,"60s":…},"bandwidth":{…}}, the bandwidth in kilobits (1,000 bits) a
 * second, averaged over the window. */
void traffic_write(struct buf *buf, const struct traffic *traffic, uint64_t now_ms);

#endif

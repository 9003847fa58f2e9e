/* station.h — what a simulated node needs of the world, and says to it.
 *
 * Implemented by sim.c for every kind of node. */
#ifndef WSRELAY_SIM_STATION_H
#define WSRELAY_SIM_STATION_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "protocol/inm_packet.h"
#include "sim/chance.h"
#include "spread/packet.h"

struct station {
    void *context;
    unsigned node; /* its number, first of all arguments below */
    struct text name;
    struct clock clock;
    struct chance *chance;
    void (*send)(void *context, unsigned node, unsigned link, const char *text, size_t len);
    size_t (*queued_bytes)(void *context, unsigned node, unsigned link);
    /* A copy of a broadcast leaves, to be counted. */
    void (*copied)(void *context, unsigned node, unsigned link);
    /* A broadcast arrived, or a packet for this node alone. */
    void (*deliver)(void *context, unsigned node, const struct inm_packet *packet);
};

#endif

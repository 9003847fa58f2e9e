/* host_network.h — what the host's network interfaces carried in the last 15, 30, 45 and 60
 * seconds.
 *
 * Source: protocol-notes "host-stats": collected every 15 seconds, four entries kept. Pure: the
 * counters and the time come in as arguments. The surprising rule: what is told is as old as the
 * last sample, up to 15 s, and says nothing before the second one. The owner's storage: {0}. */
#ifndef WSRELAY_HOST_HOST_NETWORK_H
#define WSRELAY_HOST_HOST_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

#define HOST_NETWORK_SAMPLE_MS 15000
#define HOST_NETWORK_ENTRIES 4

/* Of all interfaces but the loopback one, together. */
struct host_counters {
    uint64_t bytes_in, bytes_out;
    uint64_t packets_in, packets_out;
};

struct host_network {
    bool has_sample;
    uint64_t sampled_at_ms;
    struct host_counters last;                          /* as the kernel counted them then */
    struct host_counters entries[HOST_NETWORK_ENTRIES]; /* 15 s each, the newest first */
};

/* Reads the text of /proc/net/dev. RELAY_ESYNTAX when it is none. */
int host_counters_parse(struct host_counters *counters, const char *text) RELAY_MUST_USE;

/* Takes a sample. One that comes early is left out; one that comes late counts evenly for each 15 s
 * that passed. A counter that went back (an interface is gone) counts as nothing. */
void host_network_sample(struct host_network *network, const struct host_counters *counters,
                         uint64_t now_ms);

/* Adds {"bytes":{"15s_in":…,"15s_out":…,"30s_in":…},"packets":{…}}. */
void host_network_write(struct buf *buf, const struct host_network *network);

#endif

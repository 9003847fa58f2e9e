/* host_stats.h — a host's load, memory and disks, and the `host-stats` dictionary around them.
 *
 * Source: protocol-notes "host-stats", docs/protocol.md for the units. Pure: texts of /proc and
 * figures come in as arguments (host_linux.h brings them). The owner's storage: {0}, then
 * host_stats_deinit, which frees the text that the disks' paths point into. */
#ifndef WSRELAY_HOST_HOST_STATS_H
#define WSRELAY_HOST_HOST_STATS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "host/host_disks.h"
#include "host/host_network.h"

struct host_load {
    uint64_t hundredths[3]; /* over 1, 5 and 15 minutes: 150 is 1.50 */
};

/* In bytes. `used` is what psutil calls so: neither free nor the kernel's buffers and cache. */
struct host_memory {
    uint64_t used, free, available, total;
};

struct host_stats {
    struct host_load load;
    struct host_memory memory;
    struct host_disk disks[HOST_DISKS_MAX];
    size_t disk_count;
    struct buf mounts; /* the text of /proc/self/mountinfo */
};

void host_stats_deinit(struct host_stats *stats);

/* Reads the text of /proc/loadavg. RELAY_ESYNTAX when it is none. */
int host_load_parse(struct host_load *load, const char *text) RELAY_MUST_USE;

/* Reads the text of /proc/meminfo. RELAY_ESYNTAX when it names no total. */
int host_memory_parse(struct host_memory *memory, const char *text) RELAY_MUST_USE;

/* Adds the dictionary: cpu, mem, disk, network, exactly the notes' keys in their order. */
void host_stats_write(struct buf *buf, const struct host_stats *stats,
                      const struct host_network *network);

#endif

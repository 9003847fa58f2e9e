/* host_linux.h — where the figures of host_stats.h come from: /proc and statvfs.
 *
 * The only file of host/ that does I/O, all of it on kernel memory: it does not wait for a disk or
 * a network. What fails is logged here. */
#ifndef WSRELAY_HOST_HOST_LINUX_H
#define WSRELAY_HOST_HOST_LINUX_H

#include "base/log.h"
#include "host/host_network.h"
#include "host/host_stats.h"

/* Reads load, memory and disks into `stats`, which is {0} or was read into before. A disk that
 * gives no figures is left out. RELAY_ESYSTEM, RELAY_ENOMEM; `stats` can be read into again. */
int host_linux_read(struct host_stats *stats, const struct log *log) RELAY_MUST_USE;

/* What this process has of the machine. */
struct host_process {
    double cpu_seconds;       /* of all threads */
    double thread_seconds;    /* of the calling one */
    size_t resident_bytes;    /* 0: not known */
    size_t virtual_bytes;     /* the same */
    size_t descriptors;       /* 0: not known, before Linux 6.2 */
    uint64_t descriptors_max; /* the soft limit; UINT64_MAX: there is none */
};

void host_linux_read_process(struct host_process *process, const struct log *log);

/* The memory that this process has, in bytes; 0: not known. */
size_t host_linux_resident_bytes(const struct log *log);

/* Reads the counters of the network interfaces. The same failures. */
int host_linux_read_counters(struct host_counters *counters, const struct log *log) RELAY_MUST_USE;

#endif

/* host_disks.h — which disks of a host to tell about: every mounted block device, once.
 *
 * Pure: reads the text of /proc/self/mountinfo (proc(5)). The surprising rule: a disk is left out
 * when the way to its mount point leads through a file system that may hang (a network's, FUSE, one
 * not known), for whoever asks after it would hang too. */
#ifndef WSRELAY_HOST_HOST_DISKS_H
#define WSRELAY_HOST_HOST_DISKS_H

#include <stddef.h>
#include <stdint.h>

#define HOST_DISKS_MAX 256

struct host_disk {
    char *mount; /* the path, in the text that was read */
    size_t mount_len;
    const char *source; /* "/dev/sda1", no NUL behind it */
    size_t source_len;
    uint64_t major, minor;
    uint64_t used, free, total; /* bytes; 0 until the caller fills them in */
};

/* Finds the disks, in the order of the text; how many. The text must live as long as they do: the
 * paths are unescaped and ended in it. Disks past `most` and lines that do not parse are left out.
 */
size_t host_disks_find(char *mountinfo, struct host_disk *disks, size_t most);

#endif

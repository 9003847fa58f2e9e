/* host_linux.c — see host_linux.h. */
#include "host/host_linux.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "host/proc_text.h"

#define READ_SIZE 4096
#define FILE_MAX (16 * 1024 * 1024) /* of mounts; a text over it is refused */

/* Adds what is left of a file. */
static int read_all(struct buf *text, int file)
{
    for (;;) {
        char *room = buf_reserve(text, READ_SIZE);
        if (!room)
            return RELAY_ENOMEM;
        ssize_t len = read(file, room, READ_SIZE);
        if (len == 0)
            return 0;
        if (len > 0)
            text->len += (size_t)len;
        else if (errno != EINTR)
            return RELAY_ESYSTEM;
    }
}

/* Replaces `text` with a file's, and a NUL behind it. */
static int read_file(struct buf *text, const char *path, const struct log *log)
{
    buf_clear(text);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    int err = file < 0 ? RELAY_ESYSTEM : read_all(text, file);
    if (err == RELAY_ESYSTEM)
        log_warn(log, "cannot read", LOG_STR("file", path), LOG_STR("reason", strerror(errno)));
    if (file >= 0)
        close(file);
    buf_add_byte(text, '\0');
    if (err == 0 && text->failed)
        err = RELAY_ENOMEM;
    return err;
}

/* A file that says something else than it should is the system's failure. */
static int not_understood(const char *path, const struct log *log)
{
    log_warn(log, "cannot read", LOG_STR("file", path), LOG_STR("reason", "not understood"));
    return RELAY_ESYSTEM;
}

static int read_load(struct host_load *load, struct buf *text, const struct log *log)
{
    static const char path[] = "/proc/loadavg";
    int err = read_file(text, path, log);
    if (err == 0 && host_load_parse(load, text->bytes) != 0)
        err = not_understood(path, log);
    return err;
}

static int read_memory(struct host_memory *memory, struct buf *text, const struct log *log)
{
    static const char path[] = "/proc/meminfo";
    int err = read_file(text, path, log);
    if (err == 0 && host_memory_parse(memory, text->bytes) != 0)
        err = not_understood(path, log);
    return err;
}

/* psutil's figures: what is free for others than root, and used by all. */
static bool measure(struct host_disk *disk)
{
    struct statvfs figures;
    if (statvfs(disk->mount, &figures) != 0 || figures.f_blocks == 0)
        return false;
    uint64_t block = figures.f_frsize;
    disk->total = figures.f_blocks * block;
    disk->used = (figures.f_blocks - figures.f_bfree) * block;
    disk->free = figures.f_bavail * block;
    return true;
}

static int read_disks(struct host_stats *stats, const struct log *log)
{
    stats->disk_count = 0;
    int err = read_file(&stats->mounts, "/proc/self/mountinfo", log);
    if (err)
        return err;
    size_t found = host_disks_find(stats->mounts.bytes, stats->disks, HOST_DISKS_MAX);
    for (size_t i = 0; i < found; i++)
        if (measure(&stats->disks[i]))
            stats->disks[stats->disk_count++] = stats->disks[i];
    return 0;
}

int host_linux_read(struct host_stats *stats, const struct log *log)
{
    struct buf text;
    buf_init(&text, FILE_MAX);
    stats->mounts.max = FILE_MAX;
    int err = read_load(&stats->load, &text, log);
    if (err == 0)
        err = read_memory(&stats->memory, &text, log);
    if (err == 0)
        err = read_disks(stats, log);
    buf_deinit(&text);
    return err;
}

int host_linux_read_counters(struct host_counters *counters, const struct log *log)
{
    static const char path[] = "/proc/net/dev";
    struct buf text;
    buf_init(&text, FILE_MAX);
    int err = read_file(&text, path, log);
    if (err == 0 && host_counters_parse(counters, text.bytes) != 0)
        err = not_understood(path, log);
    buf_deinit(&text);
    return err;
}

/* In bytes: the addresses, and what of them is in memory. */
static void read_own_memory(size_t bytes[2], const struct log *log)
{
    struct buf text;
    uint64_t pages[2];
    bool is_known = false;
    buf_init(&text, FILE_MAX);
    if (read_file(&text, "/proc/self/statm", log) == 0) {
        const char *at = text.bytes;
        is_known = proc_read_numbers(&at, pages, 2);
    }
    for (int i = 0; i < 2; i++)
        bytes[i] = is_known ? (size_t)pages[i] * (size_t)sysconf(_SC_PAGESIZE) : 0;
    buf_deinit(&text);
}

size_t host_linux_resident_bytes(const struct log *log)
{
    size_t bytes[2];
    read_own_memory(bytes, log);
    return bytes[1];
}

static double seconds_of(clockid_t clock)
{
    struct timespec time;
    return clock_gettime(clock, &time) == 0 ? (double)time.tv_sec + (double)time.tv_nsec / 1e9 : 0;
}

/* Since Linux 6.2 the directory's size is how many there are. To read it, as older ones need, costs
 * 2 µs a descriptor, and the loop stands still meanwhile. */
static size_t count_descriptors(void)
{
    struct stat status;
    return stat("/proc/self/fd", &status) == 0 ? (size_t)status.st_size : 0;
}

void host_linux_read_process(struct host_process *process, const struct log *log)
{
    size_t bytes[2];
    struct rlimit limit;
    read_own_memory(bytes, log);
    double thread_seconds = seconds_of(CLOCK_THREAD_CPUTIME_ID); /* before that of all */
    bool is_limited = getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
    *process = (struct host_process){
        .cpu_seconds = seconds_of(CLOCK_PROCESS_CPUTIME_ID),
        .thread_seconds = thread_seconds,
        .resident_bytes = bytes[1],
        .virtual_bytes = bytes[0],
        .descriptors = count_descriptors(),
        .descriptors_max = is_limited ? limit.rlim_cur : UINT64_MAX,
    };
}

/* process.c — processor time through the clock of the other process (exact to the nanosecond, all
 * threads, also ended ones), resident memory from smaps_rollup (exact, where statm may lag behind).
 */
#include "process.h"

#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static pid_t parent_of(pid_t pid)
{
    char path[64];
    char text[512] = {0};
    int parent = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return 0;
    }
    char *line = fgets(text, sizeof text, file);
    fclose(file);
    /* The name stands in brackets and may hold anything: what counts comes after the last one. */
    char *after = line == NULL ? NULL : strrchr(text, ')');
    if (after == NULL || sscanf(after, ") %*c %d", &parent) != 1) {
        return 0;
    }
    return parent;
}

static bool is_among(const pid_t *pids, unsigned count, pid_t pid)
{
    for (unsigned i = 0; i < count; i++) {
        if (pids[i] == pid) {
            return true;
        }
    }
    return false;
}

void process_tree_find(struct process_tree *tree, const pid_t *pids, unsigned count)
{
    struct dirent *entry;
    tree->count = 0;
    for (unsigned i = 0; i < count && i < PROCESS_TREE_MAX; i++) {
        tree->pids[tree->count++] = pids[i];
    }
    if (count == 0) {
        return;
    }
    DIR *proc = opendir("/proc");
    while (proc != NULL && (entry = readdir(proc)) != NULL && tree->count < PROCESS_TREE_MAX) {
        if (!isdigit((unsigned char)entry->d_name[0])) {
            continue;
        }
        pid_t child = (pid_t)atoi(entry->d_name);
        if (is_among(pids, count, parent_of(child))) {
            tree->pids[tree->count++] = child;
        }
    }
    if (proc != NULL) {
        closedir(proc);
    }
}

static uint64_t in_nanoseconds(const struct timespec *time)
{
    return (uint64_t)time->tv_sec * 1000000000U + (uint64_t)time->tv_nsec;
}

static uint64_t read_clock(clockid_t clock)
{
    struct timespec time;
    return clock_gettime(clock, &time) == 0 ? in_nanoseconds(&time) : 0;
}

uint64_t process_tree_cpu(const struct process_tree *tree)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < tree->count; i++) {
        clockid_t clock;
        if (clock_getcpuclockid(tree->pids[i], &clock) == 0) {
            sum += read_clock(clock);
        }
    }
    return sum;
}

static uint64_t resident(pid_t pid)
{
    char path[64];
    char line[256];
    uint64_t kib = 0;
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "Rss: %" SCNu64, &kib) == 1) {
            break;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return kib * 1024;
}

uint64_t process_tree_resident(const struct process_tree *tree)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < tree->count; i++) {
        sum += resident(tree->pids[i]);
    }
    return sum;
}

uint64_t process_own_cpu(void)
{
    return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

uint64_t machine_cpu(void)
{
    uint64_t user = 0, nice = 0, system = 0, irq = 0, softirq = 0, steal = 0;
    FILE *file = fopen("/proc/stat", "r");
    if (file == NULL) {
        return 0;
    }
    int found = fscanf(
        file, "cpu %" SCNu64 " %" SCNu64 " %" SCNu64 " %*u %*u %" SCNu64 " %" SCNu64 " %" SCNu64,
        &user, &nice, &system, &irq, &softirq, &steal);
    fclose(file);
    uint64_t ticks = found == 6 ? user + nice + system + irq + softirq + steal : 0;
    return ticks * (1000000000ULL / (uint64_t)sysconf(_SC_CLK_TCK));
}

uint64_t clock_now(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

void process_allow_files(uint64_t wanted)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) {
        return;
    }
    struct rlimit raised = {wanted, limit.rlim_max > wanted ? limit.rlim_max : wanted};
    if (setrlimit(RLIMIT_NOFILE, &raised) != 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

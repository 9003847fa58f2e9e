/* process.h — what a server process costs, read from outside: processor time and resident memory of
 * it and its children (nginx works in a child of the process that was started). */
#ifndef BENCH_PROCESS_H
#define BENCH_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

enum { PROCESS_TREE_MAX = 64 };

struct process_tree {
    pid_t pids[PROCESS_TREE_MAX];
    unsigned count;
};

/* The processes and their children as they are now. */
void process_tree_find(struct process_tree *tree, const pid_t *pids, unsigned count);

/* Processor time of all threads, user and system, in nanoseconds. */
uint64_t process_tree_cpu(const struct process_tree *tree);

/* Resident bytes. */
uint64_t process_tree_resident(const struct process_tree *tree);

/* Processor time of this process in nanoseconds. */
uint64_t process_own_cpu(void);

/* Processor time of everything on this machine, in nanoseconds, in steps of a clock tick. */
uint64_t machine_cpu(void);

/* Nanoseconds on the monotonic clock. */
uint64_t clock_now(void);

/* Allows this process as many descriptors as `wanted`, or as many as it may have. */
void process_allow_files(uint64_t wanted);

#endif

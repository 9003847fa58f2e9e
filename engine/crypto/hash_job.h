/* hash_job.h — password hashes off the loop: queued, joined, bounded, and remembered.
 *
 * A request is a (password, channel) pair. Requests for the same pair share one job; at most
 * `parallel` jobs run at a time and at most `queue_max` wait. A hash that the owner found right is
 * remembered under a keyed digest of the pair (never the password), so that the next request for it
 * is answered at once. The table itself knows no thread: it hands jobs to a struct hash_worker and
 * is told when they are done, on the thread that owns it. */
#ifndef WSRELAY_CRYPTO_HASH_JOB_H
#define WSRELAY_CRYPTO_HASH_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/list.h"
#include "crypto/password_hash.h"

#define HASH_REMEMBERED_MAX 16384 /* remembered pairs; the one used longest ago goes */

#define HASH_DIGEST_LEN 32

struct hash_jobs;
struct hash_job;

/* Runs hash_job_run(job) on any other thread, then hash_job_finish(job) on the owner's. */
struct hash_worker {
    int (*start)(void *context, struct hash_job *job);
    void *context;
};

/* One who waits for a hash; embedded in its owner's struct and zeroed before its first use. */
struct hash_waiter {
    void (*done)(struct hash_waiter *waiter, const struct password_hash *hash, int err);
    struct list node;
    struct hash_job *job;                  /* NULL: waits for nothing */
    unsigned char digest[HASH_DIGEST_LEN]; /* the keyed digest of the pair asked for last */
};

/* NULL for want of memory or randomness. */
struct hash_jobs *hash_jobs_new(struct hash_worker worker, unsigned parallel, size_t queue_max,
                                const struct hash_key *key);
/* No job may be running; waiters are forgotten without a call. */
void hash_jobs_free(struct hash_jobs *jobs);

/* Applies to requests from now on. */
void hash_jobs_set_queue_max(struct hash_jobs *jobs, size_t queue_max);

/* Asks for a hash. 1: `*hash` is it, remembered, and `done` is not called. 0: `done` will be
 * called, never from inside this call. RELAY_EFULL: the queue is full. RELAY_ENOMEM.
 * RELAY_ESYSTEM: the worker did not take the job, or the library failed. The password is copied,
 * and wiped when the job ends. */
int hash_jobs_request(struct hash_jobs *jobs, struct hash_waiter *waiter, const char *password,
                      size_t password_len, const char *channel, size_t channel_len,
                      struct password_hash *hash) RELAY_MUST_USE;

/* Its `done` will not be called. A job that nobody waits for any more and that has not started is
 * dropped. */
void hash_waiter_cancel(struct hash_jobs *jobs, struct hash_waiter *waiter);

/* The owner found that the hash of the pair that `waiter` asked for last is right (opened or joined
 * with it). */
void hash_jobs_remember(struct hash_jobs *jobs, const struct hash_waiter *waiter,
                        const struct password_hash *hash);

size_t hash_jobs_waiting(const struct hash_jobs *jobs); /* jobs not yet started */
size_t hash_jobs_running(const struct hash_jobs *jobs);

/* The worker's two calls. */
void hash_job_run(struct hash_job *job);
void hash_job_finish(struct hash_job *job);

#endif

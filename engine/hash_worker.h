/* hash_worker.h — libuv's thread pool as the worker of crypto/hash_job. */
#ifndef WSRELAY_HASH_WORKER_H
#define WSRELAY_HASH_WORKER_H

#include <uv.h>

#include "crypto/hash_job.h"

#define HASH_WORKER_NICENESS                                                                       \
    5 /* of the threads: behind the loop, and not starved on a full machine */

/* How many hashes may be computed at one time: all processors but the loop's. */
unsigned hash_worker_parallel(void);

/* A worker that runs jobs on the loop's thread pool, behind everything else: niceness 5. */
struct hash_worker hash_worker_on(uv_loop_t *loop);

/* Queues other work for the same threads, as uv_queue_work does. The pool must be asked through
 * this alone: it starts the threads, and with signals blocked. */
int hash_worker_queue(uv_loop_t *loop, uv_work_t *work, uv_work_cb run,
                      uv_after_work_cb after) RELAY_MUST_USE;

#endif

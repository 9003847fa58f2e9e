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

#endif

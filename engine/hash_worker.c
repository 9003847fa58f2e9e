/* hash_worker.c — see hash_worker.h. */
#include "hash_worker.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

#define POOL_THREADS 4 /* of libuv, unless UV_THREADPOOL_SIZE says otherwise */

struct task {
    uv_work_t work;
    struct hash_job *job;
};

/* On Linux a thread has a niceness of its own. A flood of passwords then leaves the loop's thread
 * its processor. */
static void run(uv_work_t *work)
{
    struct task *task = work->data;
    setpriority(PRIO_PROCESS, 0, HASH_WORKER_NICENESS);
    hash_job_run(task->job);
    OPENSSL_thread_stop(); /* the pool's threads end too late to give back what OpenSSL keeps for
                              each */
}

static void after(uv_work_t *work, int status)
{
    struct task *task = work->data;
    struct hash_job *job = task->job;
    assert(status == 0); /* nobody cancels a job */
    (void)status;
    free(task);
    hash_job_finish(job);
}

/* libuv starts its threads here: with all signals blocked, so that one that comes at the very end,
 * when the loop's handlers are gone, finds no thread to kill the process by. */
int hash_worker_queue(uv_loop_t *loop, uv_work_t *work, uv_work_cb run_it,
                      uv_after_work_cb after_it)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int err = uv_queue_work(loop, work, run_it, after_it);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return err;
}

static int start(void *context, struct hash_job *job)
{
    struct task *task = calloc(1, sizeof(*task));
    if (!task)
        return RELAY_ENOMEM;
    task->work.data = task;
    task->job = job;
    if (hash_worker_queue(context, &task->work, run, after)) {
        free(task);
        return RELAY_ESYSTEM;
    }
    return 0;
}

unsigned hash_worker_parallel(void)
{
    unsigned processors = uv_available_parallelism();
    if (processors < 2)
        return 1;
    return processors - 1 < POOL_THREADS ? processors - 1 : POOL_THREADS;
}

struct hash_worker hash_worker_on(uv_loop_t *loop)
{
    return (struct hash_worker){.start = start, .context = loop};
}

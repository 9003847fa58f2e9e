/* hash_worker.c — see hash_worker.h. */
#include "hash_worker.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <sys/resource.h>

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

static int start(void *context, struct hash_job *job)
{
    struct task *task = calloc(1, sizeof(*task));
    if (!task)
        return RELAY_ENOMEM;
    task->work.data = task;
    task->job = job;
    if (uv_queue_work(context, &task->work, run, after)) {
        free(task);
        return RELAY_ESYSTEM;
    }
    return 0;
}

unsigned hash_worker_parallel(void)
{
    unsigned processors = uv_available_parallelism();
    return processors > 1 ? processors - 1 : 1;
}

struct hash_worker hash_worker_on(uv_loop_t *loop)
{
    return (struct hash_worker){.start = start, .context = loop};
}

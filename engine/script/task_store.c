/* task_store.c — handlers that wait for a store. See task.h. */
#include <stdlib.h>
#include <string.h>

#include "script/runtime.h"

/* What is asked of a store cannot be taken back: its end finds the task, or that there is none any
 * more. */
struct task_store {
    struct task *task;
    const struct script_stores *stores;
    struct script_store **slot;
};

/* The task that still waits, if there is one. */
static struct task *take_task(struct task_store *wait)
{
    struct task *task = wait->task;
    free(wait);
    if (task)
        task->store = NULL;
    return task;
}

static void answer_error(struct task *task, const char *error)
{
    task_answer(task, ANSWER_REASON, (struct text){error, strlen(error)});
}

static void on_opened(void *context, struct script_store *store, const char *error)
{
    struct task_store *wait = context;
    const struct script_stores *stores = wait->stores;
    struct script_store **slot = wait->slot;
    struct task *task = take_task(wait);
    if (!task && store)
        stores->release(stores->context, store);
    if (!task)
        return;
    *slot = store;
    if (error)
        answer_error(task, error);
    else
        task_answer(task, ANSWER_TRUE, (struct text){"", 0});
}

static void on_ran(void *context, const struct buf *answer, const char *error)
{
    struct task *task = take_task(context);
    if (!task)
        return;
    if (error)
        answer_error(task, error);
    else
        task_answer(task, ANSWER_ROWS, (struct text){answer->bytes, answer->len});
}

static struct task_store *wait_new(struct task *task)
{
    struct task_store *wait = calloc(1, sizeof *wait);
    if (wait) {
        wait->task = task;
        wait->stores = task->runtime->world.stores;
    }
    return wait;
}

/* From now on the task waits, unless asking failed. */
static int begin(struct task *task, struct task_store *wait, int err)
{
    if (err) {
        free(wait);
        return err;
    }
    task->store = wait;
    task->wait = WAIT_STORE;
    return 0;
}

int task_open_store(struct task *task, const char *path, uint64_t bytes_max,
                    struct script_store **slot)
{
    struct task_store *wait = wait_new(task);
    if (!wait)
        return RELAY_ENOMEM;
    wait->slot = slot;
    return begin(task, wait,
                 wait->stores->open(wait->stores->context, path, bytes_max, on_opened, wait));
}

int task_run_store(struct task *task, struct script_store *store, const struct buf *job)
{
    struct task_store *wait = wait_new(task);
    if (!wait)
        return RELAY_ENOMEM;
    return begin(task, wait, wait->stores->run(wait->stores->context, store, job, on_ran, wait));
}

void task_cancel_store(struct task *task)
{
    if (task->store)
        task->store->task = NULL;
    task->store = NULL;
}

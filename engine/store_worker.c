/* store_worker.c — see store_worker.h. */
#include "store_worker.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/store.h"

enum request_kind { REQUEST_OPEN, REQUEST_RUN, REQUEST_CLOSE };

/* On its way to the thread and back. */
struct request {
    struct list node;
    enum request_kind kind;
    struct script_store *store;
    uint64_t bytes_max; /* OPEN */
    struct buf job;     /* RUN */
    script_store_opened *opened;
    script_store_ran *ran;
    void *context;

    /* What the thread made of it. */
    int err;
    struct buf answer, error;
};

struct script_store {
    struct list node; /* worker->open; alone once it is to be closed */
    size_t holders;   /* scripts, and requests that open it */
    bool is_closed;
    struct request close; /* kept here, so that closing needs no room */
    struct store *store;  /* the thread's; NULL: it could not be opened */
    char path[];
};

#define ERROR_MAX 1024

/* --- On the thread --- */

/* One whose file is gone is opened anew for all who hold it. */
static void open_store(struct store_worker *worker, struct request *request)
{
    struct script_store *store = request->store;
    if (store->store && store_is_lost(store->store)) {
        store_close(store->store);
        store->store = NULL;
    }
    if (store->store)
        store_limit(store->store, request->bytes_max);
    else
        request->err = store_open(&store->store, store->path, request->bytes_max,
                                  &worker->is_stopped, &request->error);
}

static int run_job(struct request *request)
{
    struct store *store = request->store->store;
    if (store)
        return store_run(store, &request->job, &request->answer, &request->error);
    buf_add_text(&request->error, "the file was deleted, and could not be opened anew");
    return RELAY_ESYSTEM;
}

static void serve(struct store_worker *worker, struct request *request)
{
    if (request->kind == REQUEST_OPEN)
        open_store(worker, request);
    else if (request->kind == REQUEST_RUN)
        request->err = run_job(request);
    else
        store_close(request->store->store);
    if (request->err && !request->error.len)
        buf_add_text(&request->error, relay_err_text(request->err));
    buf_add_byte(&request->error, '\0');
}

/* The next request, once there is one; NULL: there will be none. With the mutex held. */
static struct request *next(struct store_worker *worker)
{
    while (list_is_empty(&worker->waiting) && !worker->is_last)
        uv_cond_wait(&worker->has_more, &worker->mutex);
    struct list *node = list_shift(&worker->waiting);
    return node ? list_entry(node, struct request, node) : NULL;
}

static void work(void *context)
{
    struct store_worker *worker = context;
    struct request *request;
    uv_mutex_lock(&worker->mutex);
    while ((request = next(worker)) != NULL) {
        uv_mutex_unlock(&worker->mutex);
        serve(worker, request);
        uv_mutex_lock(&worker->mutex);
        list_append(&worker->finished, &request->node);
        uv_async_send(&worker->finished_some);
    }
    worker->is_over = true;
    uv_mutex_unlock(&worker->mutex);
    uv_async_send(&worker->finished_some);
}

/* --- On the loop's --- */

/* With all signals blocked there: they are the loop's. */
static int start_thread(struct store_worker *worker)
{
    sigset_t all, before;
    if (worker->has_thread)
        return 0;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    worker->has_thread = uv_thread_create(&worker->thread, work, worker) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return worker->has_thread ? 0 : RELAY_ESYSTEM;
}

static void queue(struct store_worker *worker, struct request *request)
{
    worker->waiting_count++;
    worker->waiting_bytes += request->job.len;
    uv_mutex_lock(&worker->mutex);
    list_append(&worker->waiting, &request->node);
    uv_cond_signal(&worker->has_more);
    uv_mutex_unlock(&worker->mutex);
}

static struct request *request_new(enum request_kind kind, struct script_store *store,
                                   void *context)
{
    struct request *request = calloc(1, sizeof *request);
    if (!request)
        return NULL;
    request->kind = kind;
    request->store = store;
    request->context = context;
    list_init(&request->node);
    request->error.max = ERROR_MAX;
    return request;
}

static void request_free(struct request *request)
{
    buf_deinit(&request->job);
    buf_deinit(&request->answer);
    buf_deinit(&request->error);
    free(request);
}

/* Nobody finds it by its path any more: whoever wants the same opens it anew, behind this. */
static void begin_closing(struct store_worker *worker, struct script_store *store)
{
    list_remove(&store->node);
    worker->open_count--;
    queue(worker, &store->close);
}

static void release(void *context, struct script_store *store)
{
    struct store_worker *worker = context;
    if (--store->holders > 0)
        return;
    if (store->is_closed)
        free(store);
    else if (!worker->is_closing) /* else it is on its way */
        begin_closing(worker, store);
}

static void finish(struct store_worker *worker, struct request *request)
{
    struct script_store *store = request->store;
    const char *error = !request->err          ? NULL
                        : request->error.bytes ? request->error.bytes
                                               : "out of memory";
    worker->waiting_count--;
    worker->waiting_bytes -= request->job.len;
    if (request->kind == REQUEST_CLOSE) {
        buf_deinit(&request->error);
        store->is_closed = true;
        if (store->holders == 0)
            free(store);
        return;
    }
    if (request->kind == REQUEST_OPEN) {
        request->opened(request->context, error ? NULL : store, error);
        if (error)
            release(worker, store);
    } else {
        request->ran(request->context, &request->answer, error);
        release(worker, store);
    }
    request_free(request);
}

static void end(struct store_worker *worker)
{
    uv_thread_join(&worker->thread);
    worker->has_thread = false;
    uv_close((uv_handle_t *)&worker->patience, NULL);
    uv_close((uv_handle_t *)&worker->finished_some, NULL);
}

static void on_finished_some(uv_async_t *async)
{
    struct store_worker *worker = async->data;
    struct list finished, *node;
    list_init(&finished);
    uv_mutex_lock(&worker->mutex);
    while ((node = list_shift(&worker->finished)) != NULL)
        list_append(&finished, node);
    bool is_over = worker->is_over;
    uv_mutex_unlock(&worker->mutex);
    while ((node = list_shift(&finished)) != NULL)
        finish(worker, list_entry(node, struct request, node));
    if (is_over && worker->has_thread)
        end(worker);
}

/* --- What scripts are given --- */

static struct script_store *find(struct store_worker *worker, const char *path)
{
    for (struct list *node = worker->open.next; node != &worker->open; node = node->next) {
        struct script_store *store = list_entry(node, struct script_store, node);
        if (strcmp(store->path, path) == 0)
            return store;
    }
    return NULL;
}

static struct script_store *store_new(struct store_worker *worker, const char *path)
{
    size_t size = strlen(path) + 1;
    struct script_store *store = calloc(1, sizeof *store + size);
    if (!store)
        return NULL;
    memcpy(store->path, path, size);
    store->close = (struct request){.kind = REQUEST_CLOSE, .store = store};
    list_init(&store->close.node);
    list_append(&worker->open, &store->node);
    worker->open_count++;
    return store;
}

/* Whether there is room for one more request. */
static int check_room(struct store_worker *worker, size_t bytes)
{
    if (worker->is_closing)
        return RELAY_EINVAL;
    if (worker->waiting_count >= STORE_WAITING_MAX ||
        worker->waiting_bytes + bytes > STORE_WAITING_BYTES_MAX)
        return RELAY_EFULL;
    return start_thread(worker);
}

static int call_open(void *context, const char *path, uint64_t bytes_max, script_store_opened *done,
                     void *done_context)
{
    struct store_worker *worker = context;
    struct script_store *store = find(worker, path);
    int err = check_room(worker, 0);
    if (!err && !store && worker->open_count == STORES_MAX)
        err = RELAY_EFULL;
    if (err)
        return err;
    struct request *request = request_new(REQUEST_OPEN, NULL, done_context);
    if (request && !store)
        store = store_new(worker, path);
    if (!request || !store) {
        free(request);
        return RELAY_ENOMEM;
    }
    store->holders++; /* from now on whoever asked */
    request->store = store;
    request->bytes_max = bytes_max;
    request->opened = done;
    queue(worker, request);
    return 0;
}

static int call_run(void *context, struct script_store *store, const struct buf *job,
                    script_store_ran *done, void *done_context)
{
    struct store_worker *worker = context;
    int err = check_room(worker, job->len);
    if (err)
        return err;
    struct request *request = request_new(REQUEST_RUN, store, done_context);
    if (!request)
        return RELAY_ENOMEM;
    buf_add(&request->job, job->bytes, job->len);
    if (request->job.failed) {
        request_free(request);
        return RELAY_ENOMEM;
    }
    store->holders++; /* until it was run */
    request->ran = done;
    queue(worker, request);
    return 0;
}

struct script_stores store_worker_stores(struct store_worker *worker)
{
    return (struct script_stores){worker, call_open, call_run, release};
}

/* --- Its life --- */

int store_worker_open(struct store_worker *worker, uv_loop_t *loop, struct log *log)
{
    *worker = (struct store_worker){.log = log};
    list_init(&worker->open);
    list_init(&worker->waiting);
    list_init(&worker->finished);
    if (uv_mutex_init(&worker->mutex))
        return RELAY_ESYSTEM;
    if (uv_cond_init(&worker->has_more)) {
        uv_mutex_destroy(&worker->mutex);
        return RELAY_ESYSTEM;
    }
    if (uv_async_init(loop, &worker->finished_some, on_finished_some)) {
        uv_cond_destroy(&worker->has_more);
        uv_mutex_destroy(&worker->mutex);
        return RELAY_ESYSTEM;
    }
    uv_timer_init(loop, &worker->patience);
    worker->finished_some.data = worker->patience.data = worker;
    worker->loop = loop;
    return 0;
}

static void on_impatient(uv_timer_t *timer)
{
    const struct store_worker *worker = timer->data;
    log_warn(worker->log, "stopped while a disk does not take what the stores write");
    _exit(0);
}

static void on_late(uv_timer_t *timer)
{
    struct store_worker *worker = timer->data;
    log_warn(worker->log, "the stores are closed, and some jobs are not done",
             LOG_INT("waiting", worker->waiting_count));
    atomic_store(&worker->is_stopped, true);
    uv_timer_start(timer, on_impatient, STORE_PATIENCE_MS - STORE_END_MS, 0);
}

void store_worker_close(struct store_worker *worker)
{
    if (!worker->loop || worker->is_closing)
        return;
    worker->is_closing = true;
    while (!list_is_empty(&worker->open))
        begin_closing(worker, list_entry(worker->open.next, struct script_store, node));
    if (!worker->has_thread) {
        uv_close((uv_handle_t *)&worker->patience, NULL);
        uv_close((uv_handle_t *)&worker->finished_some, NULL);
        return;
    }
    uv_mutex_lock(&worker->mutex);
    worker->is_last = true;
    uv_cond_signal(&worker->has_more);
    uv_mutex_unlock(&worker->mutex);
    uv_timer_start(&worker->patience, on_late, STORE_END_MS, 0);
}

void store_worker_deinit(struct store_worker *worker)
{
    if (!worker->loop)
        return;
    uv_cond_destroy(&worker->has_more);
    uv_mutex_destroy(&worker->mutex);
}

/* store_worker.h — the databases of the scripts, on a thread of their own: nothing of them is ever
 * waited for by the loop.
 *
 * A part of engine.c, its storage: store_worker_open, store_worker_close, and when loop and scripts
 * are gone store_worker_deinit. One thread for all, begun when the first one is opened: a queue of
 * jobs, in order and bounded. It is not libuv's pool, which passwords need. A store outlives the
 * generation that opened it while another one holds it, too. The surprising rule: what a script
 * asked for is written although the script has gone meanwhile, also at the node's end. */
#ifndef WSRELAY_STORE_WORKER_H
#define WSRELAY_STORE_WORKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "base/list.h"
#include "base/log.h"
#include "script/stores.h"

#define STORE_WAITING_MAX 64 /* jobs; one more is refused */
#define STORE_WAITING_BYTES_MAX ((size_t)16 * 1024 * 1024)
#define STORES_MAX 16 /* paths */
/* At the node's end: then jobs fail that still wait, and then the process exits where it is, if a
 * disk holds the thread. */
#define STORE_END_MS 5000
#define STORE_PATIENCE_MS 8000

struct store_worker {
    uv_loop_t *loop; /* NULL: not open */
    struct log *log;
    uv_thread_t thread;
    uv_async_t finished_some; /* sent by the thread */
    uv_timer_t patience;
    bool has_thread, is_closing;
    struct list open; /* struct script_store.node, by path */
    size_t open_count;
    size_t waiting_count, waiting_bytes;

    /* Both threads'. */
    uv_mutex_t mutex;
    uv_cond_t has_more;
    struct list waiting, finished; /* struct request */
    bool is_last;                  /* nothing more will come */
    bool is_over;                  /* the thread has done all */
    atomic_bool is_stopped;        /* jobs fail from now on */
};

/* RELAY_ESYSTEM. */
int store_worker_open(struct store_worker *worker, uv_loop_t *loop, struct log *log) RELAY_MUST_USE;
/* What scripts are given. */
struct script_stores store_worker_stores(struct store_worker *worker);
/* What waits is done and every store closed, within STORE_END_MS; then the handles close. */
void store_worker_close(struct store_worker *worker);
void store_worker_deinit(struct store_worker *worker);

#endif

/* store.h — one SQLite database, used by one thread: open, run jobs, close.
 *
 * store_open, store_close; what a script may do with it is script/bind_store.c, and the thread
 * store_worker.c. A job is a list of statements in one transaction: all of it happened, or nothing.
 * One whose statements all read waits for nobody; any other has the lock for writing from its
 * start. The file is readable by others while it is written (a write-ahead log), and sound after a
 * kill at any moment: what store_run answered 0 for is in it. The surprising rule: a loss of power
 * may take the last jobs, in order, from the end; it never damages what was before them. */
#ifndef WSRELAY_STORE_STORE_H
#define WSRELAY_STORE_STORE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

#define STORE_ROWS_MAX 5000 /* of a job's answer */
#define STORE_ANSWER_MAX ((size_t)2 * 1024 * 1024)
#define STORE_TEXT_MAX (1024 * 1024) /* of a value or a statement, in bytes */
#define STORE_JOB_SECONDS 30         /* a job that takes longer fails */
#define STORE_BUSY_MS 1000           /* waits so long for another process that writes */
/* A reader of another process that does not end keeps the log from being written back; when the log
 * is so large, nothing more is written. */
#define STORE_LOG_BYTES_MAX ((int64_t)64 * 1024 * 1024)

struct store;

/* Opens the database at `path`, makes it (for its owner alone, 0600) when there is none, and keeps
 * it below `bytes_max`; the log beside it comes to that. While `*is_stopped` (outlives the store)
 * is set, jobs fail. RELAY_ESYSTEM: it is not open, and `error` says why. */
int store_open(struct store **store, const char *path, uint64_t bytes_max,
               const atomic_bool *is_stopped, struct buf *error) RELAY_MUST_USE;

/* A larger bound takes effect at once; a smaller one when the file has become so small. */
void store_limit(struct store *store, uint64_t bytes_max);

/* Whether the file is not the one at its path any more. Such a store runs no job: nobody would find
 * what it writes. */
bool store_is_lost(const struct store *store);

/* Runs a job and adds its answer (store_items.h). RELAY_ESYSTEM: nothing of it happened, `answer`
 * is empty and `error` says why. */
int store_run(struct store *store, const struct buf *job, struct buf *answer,
              struct buf *error) RELAY_MUST_USE;

/* NULL is allowed. Writes the log back into the file. */
void store_close(struct store *store);

#endif

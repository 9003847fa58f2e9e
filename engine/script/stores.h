/* stores.h — the databases that scripts may open, as function pointers: store_worker.c fills them
 * in.
 *
 * Nothing here waits, and nothing calls back from inside: jobs run elsewhere, in order, and `done`
 * comes on this thread, once, also when the node ends meanwhile. */
#ifndef WSRELAY_SCRIPT_STORES_H
#define WSRELAY_SCRIPT_STORES_H

#include <stdint.h>

#include "base/buf.h"

struct script_store; /* an open database; whoever opened it holds it until he releases it */

/* `error` is NULL, or a message for a person and there is no store. */
typedef void script_store_opened(void *context, struct script_store *store, const char *error);
/* The same; `answer` (store_items.h) is borrowed. */
typedef void script_store_ran(void *context, const struct buf *answer, const char *error);

struct script_stores {
    void *context;
    /* One that is open at this path already is shared, and takes the new bound. RELAY_EFULL: too
     * much waits; RELAY_EINVAL: the node ends; RELAY_ENOMEM, RELAY_ESYSTEM. */
    int (*open)(void *context, const char *path, uint64_t bytes_max, script_store_opened *done,
                void *done_context);
    /* Runs a job, which is copied. The same errors. */
    int (*run)(void *context, struct script_store *store, const struct buf *job,
               script_store_ran *done, void *done_context);
    /* Closed when nobody holds it any more, after the jobs that wait. */
    void (*release)(void *context, struct script_store *store);
};

#endif

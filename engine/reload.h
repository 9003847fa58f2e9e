/* reload.h — loads a new generation on a thread of its own, so that the loop goes on meanwhile,
 * whatever the scripts do while they load.
 *
 * A part of engine.c, its storage: reload_open, reload_close. What was loaded is handed over on the
 * loop's thread, between two events. The surprising rule: what is asked for while one loads is done
 * by another one after it, since the files may have changed. */
#ifndef WSRELAY_RELOAD_H
#define WSRELAY_RELOAD_H

#include <stdbool.h>
#include <uv.h>

#include "base/list.h"
#include "script/script.h"
#include "socket/sockets.h"

/* How a reload ended: `error` NULL for well, else a message for a person. */
typedef void reload_done(void *context, uint64_t generation, const char *error);

#define RELOAD_PATIENCE_MS 8000

struct reload_calls {
    void *context;
    void (*begins)(void *context); /* one begins to load */
    /* A generation was loaded: takes both over and answers 0, with what they replace in `change`;
     * or leaves both, with why in `error`. */
    int (*take)(void *context, struct script *script, struct sockets_change *change,
                struct buf *error);
    /* One is over; `files` are those that it read (script_source.files). */
    void (*over)(void *context, const struct buf *files, bool is_refused);
};

struct reload {
    uv_loop_t *loop;
    uv_thread_t thread;
    uv_async_t loaded;   /* sent by the thread when it is done */
    uv_timer_t patience; /* a node that ends waits for it */
    bool is_loading, has_thread, is_closing;
    struct list waiting; /* struct reload_waiter: for the one that loads */
    struct list later;   /* for the next one */
    bool is_wanted;      /* a next one */

    struct script_source source;
    struct reload_calls calls;

    /* What the thread made. */
    struct script *script;
    struct sockets_change change;
    struct buf error, files;
    int err;
    uint64_t began_us;

    struct script_reloads tally; /* of those that are over */
};

/* `source` is what scripts are loaded from; `generation` in it is the one that runs. RELAY_ESYSTEM.
 */
int reload_open(struct reload *reload, uv_loop_t *loop, const struct script_source *source,
                const struct reload_calls *calls) RELAY_MUST_USE;

/* Begins one. `done`, when not NULL, is called once, never from inside of this call, at the latest
 * by reload_close. RELAY_EINVAL: it is ending; RELAY_ENOMEM. */
int reload_begin(struct reload *reload, reload_done *done, void *context) RELAY_MUST_USE;

/* No other one begins; the handles close when the thread is done. One that is not done after
 * RELOAD_PATIENCE_MS (it waits in a C function, which nothing can interrupt) is waited for no
 * longer: the process exits with 0, where it is. */
void reload_close(struct reload *reload);

#endif

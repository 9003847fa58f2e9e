/* generations.h — the generations of the scripts on the loop: the one that serves, and older ones
 * whose handlers still wait for something.
 *
 * A part of engine.c, its storage: generations_open, generations_close, and when the loop has run
 * out generations_free. An older generation is freed once its handlers are done, at the latest
 * after GENERATION_RETIRED_MS, or when GENERATIONS_RETIRED_MAX newer ones are retired, too. */
#ifndef WSRELAY_GENERATIONS_H
#define WSRELAY_GENERATIONS_H

#include <uv.h>

#include "base/list.h"
#include "script/script.h"

#define GENERATION_RETIRED_MS 30000
#define GENERATIONS_RETIRED_MAX 8

struct generation;

struct generations {
    uv_loop_t *loop;
    struct generation *serving; /* NULL: none yet */
    struct list retired;        /* struct generation.node, the oldest first */
    size_t retired_count;
    uv_timer_t sweep;
};

void generations_open(struct generations *generations, uv_loop_t *loop);

/* Room for one more; NULL for want of memory. Give it to generations_serve, or forget
 * it. */
struct generation *generation_new(struct generations *generations, struct script *script);
/* The script stays with the caller. For one that did not serve. */
void generation_forget(struct generation *generation);

/* From now on this one serves, in this world (its `context` and `wake_at` are filled in here), and
 * what served retires. RELAY_ENOMEM: it serves, and some of its timers do not run. */
int generations_serve(struct generations *generations, struct generation *generation,
                      struct script_world world) RELAY_MUST_USE;

/* The handles close; scripts stay. */
void generations_close(struct generations *generations);
void generations_free(struct generations *generations);

#endif

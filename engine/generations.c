/* generations.c — see generations.h. */
#include "generations.h"

#include <stdlib.h>

#define SWEEP_MS 100

struct generation {
    struct list node;
    struct generations *all;
    struct script *script;
    uv_timer_t timer; /* when its scripts want to be called */
    bool is_ticking;
    uint64_t ends_ms; /* retired: the latest */
};

static void on_timer(uv_timer_t *timer)
{
    struct generation *generation = timer->data;
    generation->is_ticking = true;
    script_tick(generation->script);
    generation->is_ticking = false;
}

/* libuv runs a timer that is due at once in the turn that set it: what goes on and on would hold
 * the loop. */
static uint64_t delay_of(const struct generation *generation, uint64_t ms)
{
    uint64_t now_ms = uv_now(generation->all->loop);
    uint64_t least_ms = generation->is_ticking ? 1 : 0;
    return ms > now_ms + least_ms ? ms - now_ms : least_ms;
}

static void wake_at(void *context, uint64_t ms)
{
    struct generation *generation = context;
    uv_timer_stop(&generation->timer);
    if (ms != UINT64_MAX)
        uv_timer_start(&generation->timer, on_timer, delay_of(generation, ms), 0);
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

/* What its handlers wait for must not hold the loop: a hash may stand behind a thousand others. */
static void stop(struct generation *generation)
{
    script_end(generation->script);
    uv_close((uv_handle_t *)&generation->timer, NULL);
}

/* Its handle still stands in the loop. */
static void end(struct generation *generation)
{
    list_remove(&generation->node);
    generation->all->retired_count--;
    script_free(generation->script);
    uv_close((uv_handle_t *)&generation->timer, on_closed);
}

static bool is_over(const struct generation *generation)
{
    const struct generations *all = generation->all;
    return script_is_idle(generation->script) || uv_now(all->loop) >= generation->ends_ms ||
           all->retired_count > GENERATIONS_RETIRED_MAX;
}

static void sweep(struct generations *generations)
{
    for (struct list *node = generations->retired.next; node != &generations->retired;) {
        struct generation *generation = list_entry(node, struct generation, node);
        node = node->next;
        if (is_over(generation))
            end(generation);
    }
    if (list_is_empty(&generations->retired))
        uv_timer_stop(&generations->sweep);
}

static void on_sweep(uv_timer_t *timer)
{
    sweep(timer->data);
}

void generations_open(struct generations *generations, uv_loop_t *loop)
{
    *generations = (struct generations){.loop = loop};
    list_init(&generations->retired);
    uv_timer_init(loop, &generations->sweep);
    generations->sweep.data = generations;
}

struct generation *generation_new(struct generations *generations, struct script *script)
{
    struct generation *generation = calloc(1, sizeof(*generation));
    if (!generation)
        return NULL;
    generation->all = generations;
    generation->script = script;
    list_init(&generation->node);
    return generation;
}

void generation_forget(struct generation *generation)
{
    free(generation);
}

/* Never freed from here: one of its own handlers may have asked for the reload. */
static void retire(struct generation *generation)
{
    struct generations *all = generation->all;
    generation->ends_ms = uv_now(all->loop) + GENERATION_RETIRED_MS;
    script_retire(generation->script);
    list_append(&all->retired, &generation->node);
    all->retired_count++;
    uv_timer_start(&all->sweep, on_sweep, 0, SWEEP_MS);
}

int generations_serve(struct generations *generations, struct generation *generation,
                      struct script_world world)
{
    if (generations->serving)
        retire(generations->serving);
    generations->serving = generation;
    uv_timer_init(generations->loop, &generation->timer);
    generation->timer.data = generation;
    world.context = generation;
    world.wake_at = wake_at;
    return script_start(generation->script, &world);
}

void generations_close(struct generations *generations)
{
    if (!generations->loop)
        return;
    uv_close((uv_handle_t *)&generations->sweep, NULL);
    if (generations->serving)
        stop(generations->serving);
    for (struct list *node = generations->retired.next; node != &generations->retired;
         node = node->next)
        stop(list_entry(node, struct generation, node));
}

static void free_whole(struct generation *generation)
{
    script_free(generation->script);
    free(generation);
}

void generations_free(struct generations *generations)
{
    struct list *node;
    if (!generations->loop)
        return;
    while ((node = list_shift(&generations->retired)) != NULL)
        free_whole(list_entry(node, struct generation, node));
    if (generations->serving)
        free_whole(generations->serving);
    generations->serving = NULL;
}

/* drain.c — see drain.h. */
#include "drain.h"

#include <math.h>

#define TICK_MS 100
#define SPREAD 0.8         /* of the drain time: the rest is for the answers */
#define EACH_TICK_LEAST 10 /* so a few clients do not wait */

void drain_open(struct drain *drain, uv_loop_t *loop, struct relay *relay,
                void (*over)(void *context), void *context)
{
    *drain = (struct drain){.relay = relay, .over = over, .context = context};
    uv_timer_init(loop, &drain->timer);
    drain->timer.data = drain;
}

static void on_tick(uv_timer_t *timer)
{
    struct drain *drain = timer->data;
    relay_drain(drain->relay, drain->each_tick);
    if (drain->relay->client_count > 0 && uv_now(timer->loop) < drain->until_ms)
        return;
    uv_timer_stop(timer);
    drain->over(drain->context);
}

void drain_begin(struct drain *drain, double seconds)
{
    double ticks = seconds * SPREAD * 1000 / TICK_MS;
    double each = ceil((double)drain->relay->client_count / (ticks < 1 ? 1 : ticks));
    drain->each_tick = each < EACH_TICK_LEAST ? EACH_TICK_LEAST : (size_t)each;
    drain->until_ms = uv_now(drain->timer.loop) + (uint64_t)(seconds * 1000);
    uv_timer_start(&drain->timer, on_tick, 0, TICK_MS);
}

bool drain_is_active(const struct drain *drain)
{
    return uv_is_active((const uv_handle_t *)&drain->timer) != 0;
}

void drain_close(struct drain *drain)
{
    uv_close((uv_handle_t *)&drain->timer, NULL);
}

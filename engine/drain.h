/* drain.h — sends the clients away, a few each tick, so that they do not all come back at once.
 *
 * The owner's storage: drain_open, drain_close, which ends asynchronously with the loop's other
 * handles. It begins once. */
#ifndef WSRELAY_DRAIN_H
#define WSRELAY_DRAIN_H

#include <stdbool.h>
#include <uv.h>

#include "relay/relay.h"

struct drain {
    uv_timer_t timer;
    struct relay *relay;
    size_t each_tick; /* clients */
    uint64_t until_ms;
    void (*over)(void *context);
    void *context;
};

/* `over` is called when nobody is left, or the time is over. */
void drain_open(struct drain *drain, uv_loop_t *loop, struct relay *relay,
                void (*over)(void *context), void *context);

/* Lets nobody in any more: the relay drains from now on. */
void drain_begin(struct drain *drain, double seconds);

/* Whether it began and is not over. */
bool drain_is_active(const struct drain *drain);

void drain_close(struct drain *drain);

#endif

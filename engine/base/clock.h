/* clock.h — the time, as the owner of the loop tells it.
 *
 * Milliseconds on a steady clock: never the wall's, never going back. The core asks for it here, so
 * a simulator can put an hour into a second. */
#ifndef WSRELAY_BASE_CLOCK_H
#define WSRELAY_BASE_CLOCK_H

#include <stdint.h>

struct clock {
    uint64_t (*read_ms)(void *context);
    void *context;
};

static inline uint64_t clock_ms(const struct clock *clock)
{
    return clock->read_ms(clock->context);
}

#endif

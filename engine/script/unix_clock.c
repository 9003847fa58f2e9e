/* unix_clock.c — the wall clock is asked for every message, so it is the kernel's coarse one. */
#include "script/unix_clock.h"

#include <time.h>

double unix_clock_read(const struct unix_clock *clock)
{
    struct timespec now;
    if (clock->read)
        return clock->read(clock->context);
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

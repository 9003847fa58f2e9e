/* unix_clock.h — the time of day, as policies see it: a fact like any other.
 *
 * Unix seconds. The one clock of the engine that follows the wall's, for what was written down
 * elsewhere (a token's end); nothing is measured with it. A simulator gives its own. */
#ifndef WSRELAY_SCRIPT_UNIX_CLOCK_H
#define WSRELAY_SCRIPT_UNIX_CLOCK_H

struct unix_clock {
    double (*read)(void *context); /* NULL: the wall clock, exact to some milliseconds */
    void *context;
};

double unix_clock_read(const struct unix_clock *clock);

#endif

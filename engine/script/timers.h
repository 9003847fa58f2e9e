/* timers.h — what is due when; a heap, so that the next one is always at hand.
 *
 * Timers are their owners' storage. A timer that stands in no heap has place 0 ({0} is one). */
#ifndef WSRELAY_SCRIPT_TIMERS_H
#define WSRELAY_SCRIPT_TIMERS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct timer {
    void (*fire)(struct timer *timer); /* for the owner, who calls it when the time has come */
    uint64_t due_ms;
    size_t place; /* from 1 on */
};

/* {0}, then timers_deinit. */
struct timers {
    struct timer **heap;
    size_t count, capacity;
};

void timers_deinit(struct timers *timers);

/* Sets one that stands in no heap. RELAY_ENOMEM. */
int timers_add(struct timers *timers, struct timer *timer, uint64_t due_ms) RELAY_MUST_USE;
/* Takes one out; one that stands in no heap is left alone. */
void timers_remove(struct timers *timers, struct timer *timer);

/* When the next one is due; UINT64_MAX: there is none. */
uint64_t timers_due_ms(const struct timers *timers);
/* Takes out the next one when it is due; NULL when none is. Of timers that are due together the
 * order is not told. */
struct timer *timers_pop(struct timers *timers, uint64_t now_ms);

#endif

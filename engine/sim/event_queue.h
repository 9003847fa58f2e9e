/* event_queue.h — what will happen, by its virtual time; what is due at one time, in the order in
 * which it was added.
 *
 * A heap; the owner's storage: event_queue_init, event_queue_deinit. An event owns its payload
 * until it fires; what never fires is freed by the end. */
#ifndef WSRELAY_SIM_EVENT_QUEUE_H
#define WSRELAY_SIM_EVENT_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct event {
    uint64_t at_us;
    uint64_t order; /* the queue's */
    /* Takes over the payload, which is from malloc or NULL. */
    void (*fire)(void *context, void *payload);
    void *context;
    void *payload;
};

struct event_queue {
    struct event *heap;
    size_t count, capacity;
    uint64_t added;
    uint64_t now_us; /* of the event that fired last, or what the run was until */
};

void event_queue_init(struct event_queue *queue);
void event_queue_deinit(struct event_queue *queue);

/* At `at_us`, or now when that is past. Without memory the process ends: a simulation that lost an
 * event would be wrong in silence. */
void event_queue_add(struct event_queue *queue, uint64_t at_us,
                     void (*fire)(void *context, void *payload), void *context, void *payload);

/* Fires all up to and with `until_us`, those that are added meanwhile too. */
void event_queue_run(struct event_queue *queue, uint64_t until_us);

#endif

/* outbox.h — the frames that wait for one connection, first in, first out.
 *
 * A ring of references; an empty one owns little memory or none. `bytes` is what waits, the figure
 * that limits.send_queue_bytes bounds; whoever pushes compares it. The owner's storage:
 * outbox_init, then outbox_deinit; the same outbox can be filled again after that. */
#ifndef WSRELAY_RELAY_OUTBOX_H
#define WSRELAY_RELAY_OUTBOX_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "relay/frame.h"

struct outbox {
    struct frame **ring;
    uint32_t first, count, capacity; /* capacity: 0 or a power of two */
    size_t bytes;
    size_t *all_bytes; /* the sum of `bytes` of many outboxes, kept by all of them */
};

/* An empty one. `all_bytes` is borrowed for its life. */
static inline void outbox_init(struct outbox *outbox, size_t *all_bytes)
{
    *outbox = (struct outbox){.all_bytes = all_bytes};
}

/* Takes a reference of its own. RELAY_ENOMEM leaves the outbox as it was. */
int outbox_push(struct outbox *outbox, struct frame *frame) RELAY_MUST_USE;

/* The frame that goes next, borrowed; NULL when none waits. */
static inline struct frame *outbox_first(const struct outbox *outbox)
{
    return outbox->count ? outbox->ring[outbox->first] : NULL;
}

/* Drops the first frame: it was sent. The outbox must not be empty. */
void outbox_shift(struct outbox *outbox);

/* Drops all that waits, and the memory. */
void outbox_deinit(struct outbox *outbox);

#endif

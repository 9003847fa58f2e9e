/* cable.h — a simulated WebSocket connection between two sessions: whole frames, in order, late.
 *
 * Each end is a session (relay/session.h) with a struct transport of this file. What a session
 * queues leaves at the end of its turn and arrives after the cable's delay; a ping is answered by
 * the other end's transport; a Close frame ends both. At most CABLE_WINDOW bytes are on their way,
 * the rest waits in the outbox. A cut cable loses all that is and will be on its way, and tells
 * nobody. A stopped one keeps it until it goes on. The surprising rule: cables are freed by
 * cables_deinit alone, so an event may come after both ends are gone. */
#ifndef WSRELAY_SIM_CABLE_H
#define WSRELAY_SIM_CABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "relay/session.h"
#include "sim/chance.h"
#include "sim/event_queue.h"

#define CABLE_WINDOW (256u * 1024)
#define CABLE_CLOSE_MS 2000 /* how long a Close frame's answer is waited for */

struct cables {
    struct event_queue *events;
    struct chance *chance;
    struct list all; /* struct cable.node */
};

struct cable_end {
    struct cable *cable;
    void *owner;             /* the place that it is plugged into; the cable does not look at it */
    struct session *session; /* NULL: not yet, or gone */
    struct list flights;     /* toward this end, the next one first */
    size_t flying_bytes;
    uint64_t last_us; /* when the last of them arrives */
    unsigned waiting; /* arrivals that fired while it was stopped */
    bool is_stopped;  /* its process is frozen */
    bool is_flushing; /* an event will empty its outbox */
    bool is_closing, is_gone;
};

struct cable {
    struct list node;
    struct cables *cables;
    uint32_t delay_us; /* one way */
    bool is_cut, is_stopped;
    struct cable_end ends[2];
};

/* Without memory the process ends. */
void cables_init(struct cables *cables, struct event_queue *events, struct chance *chance);
/* All sessions must be gone. */
void cables_deinit(struct cables *cables);

/* A new one whose ends have no sessions yet. */
struct cable *cable_new(struct cables *cables, uint32_t delay_us, void *owner, void *other);
/* What its sessions are made with; the connection is the struct cable_end. */
extern const struct transport cable_transport;

static inline struct cable_end *cable_other(struct cable_end *end)
{
    return &end->cable->ends[end == &end->cable->ends[0]];
}

void cable_cut(struct cable *cable);
/* Nothing arrives until it goes on. */
void cable_stop(struct cable *cable, bool is_stopped);
void cable_stop_end(struct cable_end *end, bool is_stopped);
/* The end's process is gone, its session without a word; the other end hears of it by a reset,
 * unless the cable was cut before. */
void cable_drop_end(struct cable_end *end);

#endif

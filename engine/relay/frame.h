/* frame.h — one WebSocket frame, made once and shared by every outbox that sends it.
 *
 * Immutable after frame_new and counted by references; one allocation holds the count, the frame's
 * header and its payload. It goes out unmasked, so never to a peer that we dialled. */
#ifndef WSRELAY_RELAY_FRAME_H
#define WSRELAY_RELAY_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "protocol/ws_frame.h"

struct frame {
    uint32_t references;
    uint32_t len; /* header and payload */
    unsigned char bytes[];
};

/* A frame with one reference, the caller's; NULL for want of memory. */
struct frame *frame_new(enum ws_opcode opcode, const void *payload, size_t len);

/* A Close frame with `code` and at most WS_REASON_MAX bytes of `reason`. */
struct frame *frame_new_close(unsigned code, const char *reason);

static inline struct frame *frame_ref(struct frame *frame)
{
    frame->references++;
    return frame;
}

/* NULL is allowed. */
void frame_unref(struct frame *frame);

#endif

/* outbox.c — see outbox.h. */
#include "relay/outbox.h"

#include <assert.h>
#include <stdlib.h>

#define CAPACITY_FIRST 4
#define CAPACITY_KEPT                                                                              \
    64 /* an emptied ring up to this size is kept: a busy subscriber fills it again */

static int grow(struct outbox *outbox)
{
    uint32_t capacity = outbox->capacity ? outbox->capacity * 2 : CAPACITY_FIRST;
    struct frame **ring = malloc(capacity * sizeof(struct frame *));
    if (!ring)
        return RELAY_ENOMEM;
    for (uint32_t i = 0; i < outbox->count; i++)
        ring[i] = outbox->ring[(outbox->first + i) & (outbox->capacity - 1)];
    free(outbox->ring);
    outbox->ring = ring;
    outbox->first = 0;
    outbox->capacity = capacity;
    return 0;
}

int outbox_push(struct outbox *outbox, struct frame *frame)
{
    if (outbox->count == outbox->capacity && grow(outbox))
        return RELAY_ENOMEM;
    outbox->ring[(outbox->first + outbox->count) & (outbox->capacity - 1)] = frame_ref(frame);
    outbox->count++;
    outbox->bytes += frame->len;
    *outbox->all_bytes += frame->len;
    return 0;
}

void outbox_shift(struct outbox *outbox)
{
    assert(outbox->count > 0);
    struct frame *frame = outbox->ring[outbox->first];
    outbox->first = (outbox->first + 1) & (outbox->capacity - 1);
    outbox->count--;
    outbox->bytes -= frame->len;
    *outbox->all_bytes -= frame->len;
    frame_unref(frame);
    if (outbox->count == 0 && outbox->capacity > CAPACITY_KEPT)
        outbox_deinit(outbox);
}

void outbox_deinit(struct outbox *outbox)
{
    for (uint32_t i = 0; i < outbox->count; i++)
        frame_unref(outbox->ring[(outbox->first + i) & (outbox->capacity - 1)]);
    *outbox->all_bytes -= outbox->bytes;
    free(outbox->ring);
    outbox_init(outbox, outbox->all_bytes);
}

/* publisher.h — a channel and its publisher: messages made beforehand as whole frames in a ring, of
 * which only the sequence number and the time change, so that many go out in one send(). */
#ifndef BENCH_PUBLISHER_H
#define BENCH_PUBLISHER_H

#include <stdbool.h>
#include <stdint.h>

#include "fleet.h"

struct channel {
    struct conn *publisher;
    unsigned number;
    unsigned subscribers;
    unsigned size;      /* bytes of payload */
    uint64_t slots;     /* a power of two; at most so many messages are in flight */
    uint64_t published; /* sequence number of the next message */
    uint64_t done;      /* every message before this one has reached all subscribers */
    uint64_t sent;      /* bytes, of all messages since the first */
    struct message_shape shape;
    char *frames;
    uint64_t *sent_at; /* for each slot */
    uint32_t *missing; /* for each slot: subscribers that it has not reached yet */
};

/* False without memory. */
bool channel_init(struct channel *channel, const struct options *options, unsigned number);
void channel_free(struct channel *channel);

/* Adds a message; channel_flush sends what was added. */
void channel_publish(struct channel *channel, uint64_t when);
void channel_flush(struct fleet *fleet, struct channel *channel);

static inline uint64_t channel_slot(const struct channel *channel, uint64_t sequence)
{
    return sequence & (channel->slots - 1);
}

static inline const char *channel_payload(const struct channel *channel, uint64_t sequence)
{
    return channel->frames + channel_slot(channel, sequence) * channel->shape.length +
           channel->shape.payload_at;
}

/* One subscriber has message `sequence`, or will never have it. */
static inline void channel_reached(struct channel *channel, uint64_t sequence)
{
    channel->missing[channel_slot(channel, sequence)]--;
    while (channel->done < channel->published &&
           channel->missing[channel_slot(channel, channel->done)] == 0) {
        channel->done++;
    }
}

/* Reads publisher and sequence number out of a payload; false when it is not one of ours. */
bool payload_read(const char *payload, size_t length, unsigned *number, uint64_t *sequence);

#endif

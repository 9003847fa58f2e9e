/* verify.c — the expected delivery takes one memcmp with the frame that was published; all else is
 * the slow way. */
#include "verify.h"

#include <stdlib.h>
#include <string.h>

static void add_gap(struct tally *tally, const struct conn *subscriber, uint64_t sequence)
{
    if (tally->gaps == NULL) {
        tally->gaps = calloc(GAPS_MAX, sizeof *tally->gaps);
    }
    if (tally->gaps != NULL && tally->gap_count < GAPS_MAX) {
        tally->gaps[tally->gap_count++] = (struct gap){subscriber, sequence};
    }
}

/* True when that delivery had been missed until now. */
static bool close_gap(struct tally *tally, const struct conn *subscriber, uint64_t sequence)
{
    for (unsigned i = 0; i < tally->gap_count; i++) {
        struct gap *gap = &tally->gaps[i];
        if (gap->subscriber == subscriber && gap->sequence == sequence) {
            *gap = tally->gaps[--tally->gap_count];
            return true;
        }
    }
    return false;
}

static void accept(struct tally *tally, struct channel *channel, struct conn *subscriber,
                   uint64_t now)
{
    uint64_t sent_at = channel->sent_at[channel_slot(channel, subscriber->next)];
    histogram_add(&tally->latency, now > sent_at ? now - sent_at : 0);
    tally->delivered++;
    channel_reached(channel, subscriber->next);
    subscriber->next++;
}

static void accept_unexpected(struct tally *tally, struct channel *channel, struct conn *subscriber,
                              const char *payload, size_t length, uint64_t now)
{
    unsigned number;
    uint64_t sequence;
    if (!payload_read(payload, length, &number, &sequence)) {
        tally->corrupt++;
    } else if (number != channel->number || sequence >= channel->published) {
        tally->stray++;
    } else if (sequence < subscriber->next) {
        if (close_gap(tally, subscriber, sequence)) {
            tally->lost--;
            tally->reordered++;
        } else {
            tally->duplicate++;
        }
    } else {
        for (; subscriber->next < sequence; subscriber->next++) {
            tally->lost++;
            add_gap(tally, subscriber, subscriber->next);
            channel_reached(channel, subscriber->next);
        }
        if (length != channel->size ||
            memcmp(payload, channel_payload(channel, sequence), length) != 0) {
            tally->corrupt++;
        }
        accept(tally, channel, subscriber, now);
    }
}

void verify_delivery(struct tally *tally, struct channel *channel, struct conn *subscriber,
                     const char *payload, size_t length, uint64_t now)
{
    if (subscriber->next < channel->published && length == channel->size &&
        memcmp(payload, channel_payload(channel, subscriber->next), length) == 0) {
        accept(tally, channel, subscriber, now);
    } else {
        accept_unexpected(tally, channel, subscriber, payload, length, now);
    }
}

void verify_end(struct tally *tally, const struct channel *channel, const struct conn *subscriber)
{
    tally->lost += channel->published - subscriber->next;
}

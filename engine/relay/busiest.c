/* busiest.c — see busiest.h. The best so far are a heap whose root is the least busy of them. */
#include "relay/busiest.h"

#include <stdbool.h>
#include <stdlib.h>

#include "relay/channel.h"

static bool is_busier(const struct busy_channel *a, const struct busy_channel *b)
{
    if (a->messages != b->messages)
        return a->messages > b->messages;
    return a->channel->count > b->channel->count;
}

static int compare(const void *a, const void *b)
{
    return is_busier(b, a) - is_busier(a, b);
}

static void swap(struct busy_channel *a, struct busy_channel *b)
{
    struct busy_channel kept = *a;
    *a = *b;
    *b = kept;
}

static void sift_up(struct busy_channel *heap, size_t place)
{
    while (place > 0 && is_busier(&heap[(place - 1) / 2], &heap[place])) {
        swap(&heap[(place - 1) / 2], &heap[place]);
        place = (place - 1) / 2;
    }
}

static void sift_down(struct busy_channel *heap, size_t count)
{
    for (size_t place = 0, least;; place = least) {
        least = place;
        for (size_t child = 2 * place + 1; child <= 2 * place + 2 && child < count; child++)
            if (is_busier(&heap[least], &heap[child]))
                least = child;
        if (least == place)
            return;
        swap(&heap[least], &heap[place]);
    }
}

size_t busiest_find(const struct channel_table *table, uint64_t now_ms, struct busy_channel *found,
                    size_t most)
{
    size_t count = 0;
    for (const struct channel *channel = table->head; channel && most; channel = channel->hh.next) {
        struct traffic_sums sums;
        traffic_read(&channel->traffic, now_ms, &sums);
        struct busy_channel next = {channel, sums.packets[TRAFFIC_60S]};
        if (count < most) {
            found[count] = next;
            sift_up(found, count++);
        } else if (is_busier(&next, &found[0])) {
            found[0] = next;
            sift_down(found, count);
        }
    }
    qsort(found, count, sizeof(*found), compare);
    return count;
}

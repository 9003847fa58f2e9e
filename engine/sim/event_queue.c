/* event_queue.c — see event_queue.h. */
#include "sim/event_queue.h"

#include <stdlib.h>

#define CAPACITY_FIRST 1024

void event_queue_init(struct event_queue *queue)
{
    *queue = (struct event_queue){0};
}

void event_queue_deinit(struct event_queue *queue)
{
    for (size_t i = 0; i < queue->count; i++)
        free(queue->heap[i].payload);
    free(queue->heap);
    event_queue_init(queue);
}

static bool is_earlier(const struct event *a, const struct event *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

static void grow(struct event_queue *queue)
{
    queue->capacity = queue->capacity ? queue->capacity * 2 : CAPACITY_FIRST;
    struct event *heap = realloc(queue->heap, queue->capacity * sizeof(*heap));
    if (!heap)
        abort();
    queue->heap = heap;
}

void event_queue_add(struct event_queue *queue, uint64_t at_us,
                     void (*fire)(void *context, void *payload), void *context, void *payload)
{
    if (queue->count == queue->capacity)
        grow(queue);
    struct event event = {
        .at_us = at_us > queue->now_us ? at_us : queue->now_us,
        .order = queue->added++,
        .fire = fire,
        .context = context,
        .payload = payload,
    };
    size_t at = queue->count++;
    for (; at > 0 && is_earlier(&event, &queue->heap[(at - 1) / 2]); at = (at - 1) / 2)
        queue->heap[at] = queue->heap[(at - 1) / 2];
    queue->heap[at] = event;
}

/* The first event, out of the heap: the last one sinks from the top. */
static struct event shift(struct event_queue *queue)
{
    struct event first = queue->heap[0];
    struct event last = queue->heap[--queue->count];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= queue->count)
            break;
        if (child + 1 < queue->count && is_earlier(&queue->heap[child + 1], &queue->heap[child]))
            child++;
        if (!is_earlier(&queue->heap[child], &last))
            break;
        queue->heap[at] = queue->heap[child];
        at = child;
    }
    queue->heap[at] = last;
    return first;
}

void event_queue_run(struct event_queue *queue, uint64_t until_us)
{
    while (queue->count > 0 && queue->heap[0].at_us <= until_us) {
        struct event event = shift(queue);
        queue->now_us = event.at_us;
        event.fire(event.context, event.payload);
    }
    if (until_us > queue->now_us)
        queue->now_us = until_us;
}

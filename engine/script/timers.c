/* timers.c — a binary heap; the children of place n are 2n and 2n + 1. */
#include "script/timers.h"

#include <stdlib.h>

void timers_deinit(struct timers *timers)
{
    free(timers->heap);
    *timers = (struct timers){0};
}

static struct timer **at(struct timers *timers, size_t place)
{
    return &timers->heap[place - 1];
}

static void put(struct timers *timers, size_t place, struct timer *timer)
{
    *at(timers, place) = timer;
    timer->place = place;
}

static void move_up(struct timers *timers, struct timer *timer, size_t place)
{
    while (place > 1 && (*at(timers, place / 2))->due_ms > timer->due_ms) {
        put(timers, place, *at(timers, place / 2));
        place /= 2;
    }
    put(timers, place, timer);
}

static void move_down(struct timers *timers, struct timer *timer, size_t place)
{
    for (;;) {
        size_t child = 2 * place;
        if (child < timers->count &&
            (*at(timers, child + 1))->due_ms < (*at(timers, child))->due_ms)
            child++;
        if (child > timers->count || (*at(timers, child))->due_ms >= timer->due_ms)
            break;
        put(timers, place, *at(timers, child));
        place = child;
    }
    put(timers, place, timer);
}

static int grow(struct timers *timers)
{
    size_t capacity = timers->capacity ? 2 * timers->capacity : 16;
    struct timer **heap = realloc(timers->heap, capacity * sizeof(struct timer *));
    if (!heap)
        return RELAY_ENOMEM;
    timers->heap = heap;
    timers->capacity = capacity;
    return 0;
}

int timers_add(struct timers *timers, struct timer *timer, uint64_t due_ms)
{
    if (timers->count == timers->capacity && grow(timers) != 0)
        return RELAY_ENOMEM;
    timer->due_ms = due_ms;
    move_up(timers, timer, ++timers->count);
    return 0;
}

void timers_remove(struct timers *timers, struct timer *timer)
{
    if (timer->place == 0)
        return;
    struct timer *last = *at(timers, timers->count--);
    if (last != timer) {
        move_down(timers, last, timer->place);
        move_up(timers, last, last->place);
    }
    timer->place = 0;
}

uint64_t timers_due_ms(const struct timers *timers)
{
    return timers->count ? timers->heap[0]->due_ms : UINT64_MAX;
}

struct timer *timers_pop(struct timers *timers, uint64_t now_ms)
{
    if (timers_due_ms(timers) > now_ms)
        return NULL;
    struct timer *timer = timers->heap[0];
    timers_remove(timers, timer);
    return timer;
}

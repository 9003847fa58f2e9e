/* buf.c — growth by doubling, so that n bytes added one at a time cost O(n). */
#include "base/buf.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY_MIN 64

void buf_init(struct buf *buf, size_t max)
{
    *buf = (struct buf){.max = max};
}

void buf_deinit(struct buf *buf)
{
    free(buf->bytes);
    buf_init(buf, buf->max);
}

void buf_clear(struct buf *buf)
{
    buf->len = 0;
    buf->failed = false;
}

/* An object is never larger than PTRDIFF_MAX, so no sum below can overflow. */
static size_t bound_of(const struct buf *buf)
{
    return buf->max && buf->max < PTRDIFF_MAX ? buf->max : PTRDIFF_MAX;
}

/* The capacity that holds `needed`: doubled from what there is, never over the bound. */
static size_t capacity_for(const struct buf *buf, size_t needed)
{
    size_t bound = bound_of(buf);
    size_t capacity = buf->capacity ? buf->capacity : CAPACITY_MIN;
    while (capacity < needed)
        capacity *= 2;
    return capacity < bound ? capacity : bound;
}

static bool grow(struct buf *buf, size_t len)
{
    size_t bound = bound_of(buf);
    if (buf->len > bound || len > bound - buf->len)
        return false;
    size_t capacity = capacity_for(buf, buf->len + len);
    char *bytes = realloc(buf->bytes, capacity);
    if (!bytes)
        return false;
    buf->bytes = bytes;
    buf->capacity = capacity;
    return true;
}

char *buf_reserve(struct buf *buf, size_t len)
{
    if ((!buf->bytes || len > buf->capacity - buf->len) && !grow(buf, len)) {
        buf->failed = true;
        return NULL;
    }
    return buf->bytes + buf->len;
}

void buf_add(struct buf *buf, const void *bytes, size_t len)
{
    if (len == 0)
        return;
    char *room = buf_reserve(buf, len);
    if (!room)
        return;
    memcpy(room, bytes, len);
    buf->len += len;
}

void buf_add_text(struct buf *buf, const char *text)
{
    buf_add(buf, text, strlen(text));
}

void buf_add_byte(struct buf *buf, char byte)
{
    buf_add(buf, &byte, 1);
}

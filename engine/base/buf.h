/* buf.h — bytes that grow, up to a bound.
 *
 * The owner's storage: buf_init (or {0}) then buf_deinit. A write that fails for memory or over
 * `max` leaves the buffer as it was and sets `failed`, so a long composition checks once, at its
 * end. */
#ifndef WSRELAY_BASE_BUF_H
#define WSRELAY_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct buf {
    char *bytes; /* NULL while nothing was written */
    size_t len;
    size_t capacity;
    size_t max; /* 0: no bound */
    bool failed;
};

void buf_init(struct buf *buf, size_t max);
void buf_deinit(struct buf *buf); /* frees the bytes; the buffer can be used again */
void buf_clear(struct buf *buf);  /* keeps the storage */

void buf_add(struct buf *buf, const void *bytes, size_t len);
void buf_add_text(struct buf *buf, const char *text); /* without its NUL */
void buf_add_byte(struct buf *buf, char byte);

/* Room for `len` more bytes, at bytes + len; NULL when there is none. The caller then adds to
 * `len`. */
char *buf_reserve(struct buf *buf, size_t len);

#endif

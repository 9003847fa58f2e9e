/* store_items.h — what goes to a store and comes back, as one run of bytes that another thread can
 * have.
 *
 * A job is STATEMENT (its SQL) with the values of its parameters behind it, and the next one. An
 * answer is STATEMENT for each of the job, and behind it for each row ROW (how many columns) and
 * its values. Written and read in one process, so numbers stand as they are in memory. */
#ifndef WSRELAY_STORE_ITEMS_H
#define WSRELAY_STORE_ITEMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum store_kind {
    STORE_NIL,
    STORE_INTEGER,
    STORE_REAL,
    STORE_TEXT,
    STORE_STATEMENT, /* in a job without a text: the one before it again */
    STORE_ROW
};

struct store_item {
    enum store_kind kind;
    int64_t integer;  /* INTEGER; of a ROW the columns */
    double real;      /* REAL */
    const char *text; /* TEXT, STATEMENT: borrowed; without a NUL */
    size_t len;
};

void store_items_add(struct buf *items, const struct store_item *item);

/* Reads the item at `*at` and goes on behind it; false at the end. */
bool store_items_next(const struct buf *items, size_t *at, struct store_item *item);

#endif

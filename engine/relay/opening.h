/* opening.h — the channels that the network is asked about, and the subscribes that wait for it.
 *
 * Whoever waits stands in the list of the channel's opening, oldest first; the opening lives while
 * somebody does. handle_subscribe.c puts them in, relay_opened and relay_refused (relay.h) take
 * them out. */
#ifndef WSRELAY_RELAY_OPENING_H
#define WSRELAY_RELAY_OPENING_H

#include <stddef.h>
#include <uthash.h>

#include "base/hash.h"
#include "base/list.h"
#include "hooks.h"

struct opening {
    UT_hash_handle hh;
    struct list waiting; /* struct pending_subscribe.waiting */
    size_t count;
    struct channel_scope scope; /* the channel's, when it opens */
    size_t name_len;
    char name[];
};

struct opening_table {
    struct opening *head; /* uthash's */
    struct hash_key key;
};

/* NULL when nobody waits for it. */
struct opening *opening_find(const struct opening_table *table, const char *name, size_t name_len);
/* A new one, with nobody in it yet; NULL for want of memory. */
struct opening *opening_add(struct opening_table *table, const char *name, size_t name_len);
/* Nobody waits in it any more. Frees it, and the scope that it still has. */
void opening_remove(struct opening_table *table, struct opening *opening);

#endif

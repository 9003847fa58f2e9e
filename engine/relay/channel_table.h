/* channel_table.h — the open channels of a node, by name. */
#ifndef WSRELAY_RELAY_CHANNEL_TABLE_H
#define WSRELAY_RELAY_CHANNEL_TABLE_H

#include <stddef.h>

#include "base/hash.h"
#include "relay/channel.h"

struct channel_table {
    struct channel *head; /* uthash's; iterate by hh.next, oldest first */
    struct hash_key key;
};

static inline size_t channel_table_count(const struct channel_table *table)
{
    return HASH_COUNT(table->head);
}

/* NULL when none of that name is open. */
struct channel *channel_table_find(const struct channel_table *table, const char *name,
                                   size_t name_len);

/* Opens one, which must not be open; NULL for want of memory. */
struct channel *channel_table_open(struct channel_table *table, const char *name, size_t name_len,
                                   const struct password_hash *password);

/* Closes one without subscribers. */
void channel_table_close(struct channel_table *table, struct channel *channel);

#endif

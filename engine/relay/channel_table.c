/* channel_table.c — see channel_table.h. */
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element) ((element)->hh.tbl = NULL)

#include "relay/channel_table.h"

struct channel *channel_table_find(const struct channel_table *table, const char *name,
                                   size_t name_len)
{
    struct channel *found;
    unsigned hash = hash_bytes(&table->key, name, name_len);
    HASH_FIND_BYHASHVALUE(hh, table->head, name, name_len, hash, found);
    return found;
}

struct channel *channel_table_open(struct channel_table *table, const char *name, size_t name_len,
                                   const struct password_hash *password)
{
    struct channel *channel = channel_new(name, name_len, password);
    if (!channel)
        return NULL;
    unsigned hash = hash_bytes(&table->key, name, name_len);
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, table->head, channel->name, name_len, hash, channel);
    if (!channel->hh.tbl) {
        channel_free(channel);
        return NULL;
    }
    return channel;
}

void channel_table_close(struct channel_table *table, struct channel *channel)
{
    HASH_DELETE(hh, table->head, channel);
    channel_free(channel);
}

/* source_table.c — see source_table.h. */
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element) ((element)->hh.tbl = NULL)

#include "spread/source_table.h"

#include <assert.h>
#include <stdlib.h>

#define CAPACITY_FIRST 16

void source_table_init(struct source_table *table, const struct hash_key *key)
{
    *table = (struct source_table){.key = *key};
    list_init(&table->by_heard);
}

void source_table_deinit(struct source_table *table)
{
    assert(table->count == 0);
    free(table->items);
    table->items = NULL;
    table->capacity = 0;
}

struct source *source_table_find(const struct source_table *table, const char *name,
                                 size_t name_len)
{
    struct source *found;
    unsigned hash = hash_bytes(&table->key, name, name_len);
    HASH_FIND_BYHASHVALUE(hh, table->head, name, name_len, hash, found);
    return found;
}

static int grow(struct source_table *table)
{
    uint32_t capacity = table->capacity ? table->capacity * 2 : CAPACITY_FIRST;
    struct source **items = realloc(table->items, capacity * sizeof(struct source *));
    if (!items)
        return RELAY_ENOMEM;
    table->items = items;
    table->capacity = capacity;
    return 0;
}

int source_table_add(struct source_table *table, struct source *source)
{
    if (table->count == SOURCE_TABLE_MAX)
        return RELAY_EFULL;
    if (table->count == table->capacity && grow(table) != 0)
        return RELAY_ENOMEM;
    unsigned hash = hash_bytes(&table->key, source->name, source->name_len);
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, table->head, source->name, source->name_len, hash, source);
    if (!source->hh.tbl)
        return RELAY_ENOMEM;
    source->place = table->count;
    table->items[table->count++] = source;
    return 0;
}

void source_table_remove(struct source_table *table, struct source *source)
{
    struct source *last = table->items[--table->count];
    table->items[source->place] = last;
    last->place = source->place;
    HASH_DELETE(hh, table->head, source);
    list_remove(&source->by_heard);
}

void source_table_heard(struct source_table *table, struct source *source, uint64_t heard_ms)
{
    source->heard_ms = heard_ms;
    list_remove(&source->by_heard);
    list_append(&table->by_heard, &source->by_heard);
}

struct source *source_table_silent_longest(const struct source_table *table)
{
    return list_is_empty(&table->by_heard)
               ? NULL
               : list_entry(table->by_heard.next, struct source, by_heard);
}

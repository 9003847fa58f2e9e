/* opening.c — see opening.h. */
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element) ((element)->hh.tbl = NULL)

#include "relay/opening.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct opening *opening_find(const struct opening_table *table, const char *name, size_t name_len)
{
    struct opening *found;
    unsigned hash = hash_bytes(&table->key, name, name_len);
    HASH_FIND_BYHASHVALUE(hh, table->head, name, name_len, hash, found);
    return found;
}

struct opening *opening_add(struct opening_table *table, const char *name, size_t name_len)
{
    struct opening *opening = calloc(1, sizeof(*opening) + name_len);
    if (!opening)
        return NULL;
    list_init(&opening->waiting);
    opening->name_len = name_len;
    memcpy(opening->name, name, name_len);
    unsigned hash = hash_bytes(&table->key, name, name_len);
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, table->head, opening->name, name_len, hash, opening);
    if (opening->hh.tbl)
        return opening;
    free(opening);
    return NULL;
}

void opening_remove(struct opening_table *table, struct opening *opening)
{
    assert(list_is_empty(&opening->waiting));
    HASH_DEL(table->head, opening);
    buf_deinit(&opening->scope.nodes);
    free(opening);
}

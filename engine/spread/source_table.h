/* source_table.h — the sources that a node knows, by name, by place, and by who was silent longest.
 *
 * At most SOURCE_TABLE_MAX; whose place is needed for a new one is the owner's to forget. The table
 * owns its sources' memory only from add to remove. */
#ifndef WSRELAY_SPREAD_SOURCE_TABLE_H
#define WSRELAY_SPREAD_SOURCE_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "spread/source.h"

#define SOURCE_TABLE_MAX 4096
#define SOURCE_SILENT_MS (10 * 60 * 1000)

struct source_table {
    struct source *head; /* uthash's */
    struct hash_key key;
    struct list by_heard;  /* silent longest first */
    struct source **items; /* by struct source.place, without holes */
    uint32_t count, capacity;
};

void source_table_init(struct source_table *table, const struct hash_key *key);
/* Its sources must be gone. */
void source_table_deinit(struct source_table *table);

/* NULL when none of that name is known. */
struct source *source_table_find(const struct source_table *table, const char *name,
                                 size_t name_len);

/* RELAY_EFULL at SOURCE_TABLE_MAX, RELAY_ENOMEM. */
int source_table_add(struct source_table *table, struct source *source) RELAY_MUST_USE;
void source_table_remove(struct source_table *table, struct source *source);

/* It was heard at that time. */
void source_table_heard(struct source_table *table, struct source *source, uint64_t heard_ms);

/* The one that was silent longest; NULL when none was ever heard. It goes by the order of the calls
 * above: of two that are silent for good the one told of first comes first. */
struct source *source_table_silent_longest(const struct source_table *table);

#endif

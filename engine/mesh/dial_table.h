/* dial_table.h — whom this node dials: its configured peers for ever, others once.
 *
 * A lost link of a configured peer is dialled again after a back-off that doubles from half a
 * second to half a minute and is jittered, so that a thousand nodes do not come back at one time.
 * Pure book-keeping: the owner dials, and says how it went. The owner's storage: dial_table_init,
 * dial_table_deinit. The surprising rule: a dial's number is new for every attempt, so an answer to
 * an attempt that was given up finds nothing. */
#ifndef WSRELAY_MESH_DIAL_TABLE_H
#define WSRELAY_MESH_DIAL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/list.h"

#define DIAL_BACKOFF_MIN_MS 500
#define DIAL_BACKOFF_MAX_MS 30000
#define DIALS_MAX 1024

enum dial_state {
    DIAL_RESTS, /* until due_ms */
    DIAL_TRIES, /* the owner dials, or shakes hands */
    DIAL_LINKED
};

struct dial {
    struct list node;
    enum dial_state state;
    bool is_kept;    /* a configured peer's */
    uint64_t number; /* of the attempt */
    uint64_t due_ms;
    uint32_t failures;                              /* in a row */
    void (*done)(void *context, const char *error); /* of one that is not kept; or NULL */
    void *context;
    char *name, *url, *token;
};

struct dial_table {
    struct list dials;
    size_t count, kept;
    uint64_t last_number;
};

void dial_table_init(struct dial_table *table);
void dial_table_deinit(struct dial_table *table);

/* A new one, due at once. Strings are copied. RELAY_ENOMEM, RELAY_EFULL. */
int dial_table_add(struct dial_table *table, const char *name, const char *url, const char *token,
                   bool is_kept, uint64_t now_ms, struct dial **added) RELAY_MUST_USE;
/* One that was to be dialled once is kept from now on. RELAY_ENOMEM: it is as it was. */
int dial_table_keep(struct dial_table *table, struct dial *dial, const char *url,
                    const char *token) RELAY_MUST_USE;
void dial_table_remove(struct dial_table *table, struct dial *dial);

/* By the attempt's number, or by the node's name; NULL when there is none. */
struct dial *dial_table_find(const struct dial_table *table, uint64_t number);
struct dial *dial_table_named(const struct dial_table *table, const char *name, size_t name_len);

/* One that is due: it tries from now on, with a new number. NULL when none is. */
struct dial *dial_table_next_due(struct dial_table *table, uint64_t now_ms);
/* The attempt failed, or its link is gone: it rests. `random` is any number. */
void dial_rest(struct dial *dial, bool has_failed, uint64_t now_ms, uint32_t random);

#endif

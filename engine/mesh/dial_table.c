/* dial_table.c — see dial_table.h. */
#include "mesh/dial_table.h"

#include <stdlib.h>
#include <string.h>

#define BACKOFF_DOUBLINGS 6 /* 0.5 s to 32 s */

void dial_table_init(struct dial_table *table)
{
    *table = (struct dial_table){0};
    list_init(&table->dials);
}

void dial_table_deinit(struct dial_table *table)
{
    while (!list_is_empty(&table->dials))
        dial_table_remove(table, list_entry(table->dials.next, struct dial, node));
}

static void dial_free(struct dial *dial)
{
    if (dial->token)
        explicit_bzero(dial->token, strlen(dial->token));
    free(dial->name);
    free(dial->url);
    free(dial->token);
    free(dial);
}

int dial_table_add(struct dial_table *table, const char *name, const char *url, const char *token,
                   bool is_kept, uint64_t now_ms, struct dial **added)
{
    if (table->count >= DIALS_MAX)
        return RELAY_EFULL;
    struct dial *dial = calloc(1, sizeof(*dial));
    if (!dial)
        return RELAY_ENOMEM;
    dial->name = strdup(name);
    dial->url = strdup(url);
    dial->token = strdup(token);
    if (!dial->name || !dial->url || !dial->token) {
        dial_free(dial);
        return RELAY_ENOMEM;
    }
    dial->is_kept = is_kept;
    dial->due_ms = now_ms;
    list_append(&table->dials, &dial->node);
    table->count++;
    table->kept += is_kept;
    *added = dial;
    return 0;
}

int dial_table_keep(struct dial_table *table, struct dial *dial, const char *url, const char *token)
{
    char *new_url = strdup(url), *new_token = strdup(token);
    if (!new_url || !new_token) {
        free(new_url);
        free(new_token);
        return RELAY_ENOMEM;
    }
    explicit_bzero(dial->token, strlen(dial->token));
    free(dial->url);
    free(dial->token);
    dial->url = new_url;
    dial->token = new_token;
    table->kept += !dial->is_kept;
    dial->is_kept = true;
    return 0;
}

void dial_table_remove(struct dial_table *table, struct dial *dial)
{
    list_remove(&dial->node);
    table->count--;
    table->kept -= dial->is_kept;
    dial_free(dial);
}

struct dial *dial_table_find(const struct dial_table *table, uint64_t number)
{
    for (struct list *at = table->dials.next; at != &table->dials; at = at->next) {
        struct dial *dial = list_entry(at, struct dial, node);
        if (dial->number == number && dial->state != DIAL_RESTS)
            return dial;
    }
    return NULL;
}

struct dial *dial_table_named(const struct dial_table *table, const char *name, size_t name_len)
{
    for (struct list *at = table->dials.next; at != &table->dials; at = at->next) {
        struct dial *dial = list_entry(at, struct dial, node);
        if (strlen(dial->name) == name_len && memcmp(dial->name, name, name_len) == 0)
            return dial;
    }
    return NULL;
}

struct dial *dial_table_next_due(struct dial_table *table, uint64_t now_ms)
{
    for (struct list *at = table->dials.next; at != &table->dials; at = at->next) {
        struct dial *dial = list_entry(at, struct dial, node);
        if (dial->state != DIAL_RESTS || dial->due_ms > now_ms)
            continue;
        dial->state = DIAL_TRIES;
        dial->number = ++table->last_number;
        return dial;
    }
    return NULL;
}

/* From half of the back-off to all of it. */
static uint64_t pause_ms(uint32_t failures, uint32_t random)
{
    uint32_t doublings = failures < BACKOFF_DOUBLINGS ? failures : BACKOFF_DOUBLINGS;
    uint64_t most_ms = (uint64_t)DIAL_BACKOFF_MIN_MS << doublings;
    if (most_ms > DIAL_BACKOFF_MAX_MS)
        most_ms = DIAL_BACKOFF_MAX_MS;
    return most_ms / 2 + random % (most_ms / 2 + 1);
}

void dial_rest(struct dial *dial, bool has_failed, uint64_t now_ms, uint32_t random)
{
    dial->failures = has_failed ? dial->failures + 1 : 0;
    dial->state = DIAL_RESTS;
    dial->due_ms = now_ms + pause_ms(dial->failures, random);
}

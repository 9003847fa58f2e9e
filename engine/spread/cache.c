/* cache.c — see cache.h. */
#include "spread/cache.h"

#include <stdlib.h>

void cache_init(struct cache *cache)
{
    list_init(&cache->entries);
    cache->bytes = 0;
}

/* What an entry costs: an empty packet is not free. */
static size_t cost_of(const struct packet *packet)
{
    return sizeof(struct cached) + sizeof(*packet) + packet->len;
}

static void drop(struct cache *cache, struct cached *entry)
{
    list_remove(&entry->by_age);
    list_remove(&entry->by_source);
    cache->bytes -= cost_of(entry->packet);
    packet_unref(entry->packet);
    free(entry);
}

static struct cached *oldest(struct cache *cache)
{
    return list_is_empty(&cache->entries) ? NULL
                                          : list_entry(cache->entries.next, struct cached, by_age);
}

void cache_deinit(struct cache *cache)
{
    struct cached *entry;
    while ((entry = oldest(cache)))
        drop(cache, entry);
}

void cache_expire(struct cache *cache, uint64_t now_ms)
{
    struct cached *entry;
    while ((entry = oldest(cache)) && now_ms - entry->at_ms > CACHE_AGE_MS)
        drop(cache, entry);
}

void cache_add(struct cache *cache, struct list *of_source, struct packet *packet, uint64_t now_ms)
{
    cache_expire(cache, now_ms);
    struct cached *entry = malloc(sizeof(*entry));
    if (!entry)
        return;
    entry->packet = packet_ref(packet);
    entry->at_ms = now_ms;
    list_append(&cache->entries, &entry->by_age);
    list_append(of_source, &entry->by_source);
    cache->bytes += cost_of(packet);
    while (cache->bytes > CACHE_BYTES_MAX)
        drop(cache, oldest(cache));
}

void cache_forget(struct cache *cache, struct list *of_source)
{
    while (!list_is_empty(of_source))
        drop(cache, list_entry(of_source->next, struct cached, by_source));
}

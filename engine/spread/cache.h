/* cache.h — the packets of the last seconds, for whoever grafts and asks for what it missed.
 *
 * Bounded by CACHE_AGE_MS and CACHE_BYTES_MAX over all sources. Each packet stands in two lists:
 * all of them by age, and its source's, which belongs to the source. */
#ifndef WSRELAY_SPREAD_CACHE_H
#define WSRELAY_SPREAD_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "spread/packet.h"

#define CACHE_AGE_MS 10000
#define CACHE_BYTES_MAX (8u << 20)

struct cached {
    struct list by_age;    /* in cache.entries, oldest first */
    struct list by_source; /* in the source's list, oldest first */
    struct packet *packet;
    uint64_t at_ms;
};

struct cache {
    struct list entries;
    size_t bytes;
};

void cache_init(struct cache *cache);
void cache_deinit(struct cache *cache); /* empties the sources' lists too */

/* Keeps a packet, also in its source's list, and drops what is too old or too much. Without memory
 * it is not kept; that costs a later repair another holder. */
void cache_add(struct cache *cache, struct list *of_source, struct packet *packet, uint64_t now_ms);

/* Drops what is older than CACHE_AGE_MS. */
void cache_expire(struct cache *cache, uint64_t now_ms);

/* Drops all packets of one source. */
void cache_forget(struct cache *cache, struct list *of_source);

#endif

/* seen.h — which plain nonces were here before: bounded by count and by age.
 *
 * A packet is known by its source, its destination, its type and its nonce; the type belongs to it
 * because a plain peer may answer with the command's nonce, the destination because two nodes that
 * started in one millisecond ask with the same nonces, and one node answers both. Only a keyed hash
 * of the three is kept, in two generations: when the younger one holds SEEN_GENERATION_MAX or is
 * SEEN_AGE_MS old, it becomes the older one, and the older one is forgotten. The surprising rule:
 * without memory for its first table everything counts as seen; a lost packet is better than one
 * that circles. */
#ifndef WSRELAY_SPREAD_SEEN_H
#define WSRELAY_SPREAD_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "spread/packet.h"

#define SEEN_GENERATION_MAX 65536
#define SEEN_AGE_MS (10 * 60 * 1000)

/* An open table of hashes, at most half full; 0 is an empty place. */
struct seen_generation {
    uint64_t *places;
    uint32_t count, capacity; /* capacity: 0 or a power of two */
};

struct seen {
    struct hash_key key;
    struct seen_generation young, old;
    uint64_t turned_ms; /* when the young one was empty */
};

/* The owner's storage. */
void seen_init(struct seen *seen, const struct hash_key *key, uint64_t now_ms);
void seen_deinit(struct seen *seen);

/* Remembers a packet: true when it was not known. */
bool seen_add(struct seen *seen, const struct packet_head *head, uint64_t now_ms);

#endif

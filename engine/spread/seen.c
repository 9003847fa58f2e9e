/* seen.c — see seen.h. */
#include "spread/seen.h"

#include <stdlib.h>

#define CAPACITY_FIRST 64

void seen_init(struct seen *seen, const struct hash_key *key, uint64_t now_ms)
{
    *seen = (struct seen){.key = *key, .turned_ms = now_ms};
}

void seen_deinit(struct seen *seen)
{
    free(seen->young.places);
    free(seen->old.places);
    seen->young = seen->old = (struct seen_generation){0};
}

/* The hashes of source and destination key the hash of the nonce, so ("ab", "c") and ("a", "bc")
 * stay apart. */
static uint64_t hash_of(const struct seen *seen, const struct packet_head *head)
{
    uint64_t source = hash_bytes64(&seen->key, head->source.at, head->source.len);
    uint64_t destination = hash_bytes64(&seen->key, head->destination.at, head->destination.len);
    struct hash_key key = {seen->key.k0 ^ source,
                           (seen->key.k1 ^ destination) + (uint64_t)head->type};
    uint64_t hash = hash_bytes64(&key, head->nonce.at, head->nonce.len);
    return hash ? hash : 1;
}

/* Where a hash stands or could stand. There is always an empty place. */
static uint64_t *place_of(const struct seen_generation *generation, uint64_t hash)
{
    uint64_t mask = generation->capacity - 1;
    uint64_t at = hash & mask;
    while (generation->places[at] && generation->places[at] != hash)
        at = (at + 1) & mask;
    return &generation->places[at];
}

static bool has(const struct seen_generation *generation, uint64_t hash)
{
    return generation->count && *place_of(generation, hash) == hash;
}

/* Twice the places, or the first ones. Without memory it stays as it was. */
static void grow(struct seen_generation *generation)
{
    struct seen_generation larger = {
        .count = generation->count,
        .capacity = generation->capacity ? generation->capacity * 2 : CAPACITY_FIRST,
    };
    larger.places = calloc(larger.capacity, sizeof(uint64_t));
    if (!larger.places)
        return;
    for (uint32_t i = 0; i < generation->capacity; i++) {
        if (generation->places[i])
            *place_of(&larger, generation->places[i]) = generation->places[i];
    }
    free(generation->places);
    *generation = larger;
}

static void turn(struct seen *seen, uint64_t now_ms)
{
    free(seen->old.places);
    seen->old = seen->young;
    seen->young = (struct seen_generation){0};
    seen->turned_ms = now_ms;
}

/* Whether there is room for one more, after growth, or in a new generation. */
static bool make_room(struct seen *seen, uint64_t now_ms)
{
    struct seen_generation *young = &seen->young;
    if (young->count * 2 >= young->capacity)
        grow(young);
    if (young->count * 2 < young->capacity)
        return true;
    turn(seen, now_ms); /* no memory to grow: a younger generation of the first size may be had */
    grow(young);
    return young->capacity > 0;
}

bool seen_add(struct seen *seen, const struct packet_head *head, uint64_t now_ms)
{
    uint64_t hash = hash_of(seen, head);
    if (has(&seen->young, hash) || has(&seen->old, hash))
        return false;
    if (seen->young.count >= SEEN_GENERATION_MAX || now_ms - seen->turned_ms >= SEEN_AGE_MS)
        turn(seen, now_ms);
    if (!make_room(seen, now_ms))
        return false;
    *place_of(&seen->young, hash) = hash;
    seen->young.count++;
    return true;
}

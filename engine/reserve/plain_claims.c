/* plain_claims.c — see plain_claims.h. */
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element) ((element)->hh.tbl = NULL)

#include "reserve/plain_claims.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void plain_claims_init(struct plain_claims *claims, const struct hash_key *key)
{
    *claims = (struct plain_claims){.key = *key};
    list_init(&claims->lasting);
    list_init(&claims->passing);
}

static void remove_all(struct plain_claims *claims, struct list *list)
{
    while (!list_is_empty(list))
        plain_claims_remove(claims, list_entry(list->next, struct plain_claim, node));
}

void plain_claims_deinit(struct plain_claims *claims)
{
    remove_all(claims, &claims->lasting);
    remove_all(claims, &claims->passing);
}

static struct plain_name *find_name(const struct plain_claims *claims, const char *name, size_t len)
{
    struct plain_name *found;
    unsigned hash = hash_bytes(&claims->key, name, len);
    HASH_FIND_BYHASHVALUE(hh, claims->names, name, len, hash, found);
    return found;
}

static void drop_name_if_empty(struct plain_claims *claims, struct plain_name *name)
{
    if (!list_is_empty(&name->claims))
        return;
    assert(claims->names);
    HASH_DELETE(hh, claims->names, name);
    free(name);
}

static struct plain_name *add_name(struct plain_claims *claims, const char *bytes, size_t len)
{
    struct plain_name *name = find_name(claims, bytes, len);
    if (name)
        return name;
    name = calloc(1, sizeof(*name) + len + 1);
    if (!name)
        return NULL;
    memcpy(name->bytes, bytes, len);
    name->len = len;
    list_init(&name->claims);
    unsigned hash = hash_bytes(&claims->key, bytes, len);
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, claims->names, name->bytes, len, hash, name);
    if (name->hh.tbl)
        return name;
    free(name);
    return NULL;
}

struct plain_claim *plain_claims_find(const struct plain_claims *claims, const char *peer,
                                      const char *name, size_t name_len)
{
    const struct plain_name *found = find_name(claims, name, name_len);
    if (!found)
        return NULL;
    for (struct list *at = found->claims.next; at != &found->claims; at = at->next) {
        struct plain_claim *claim = list_entry(at, struct plain_claim, by_name);
        if (strcmp(claim->peer, peer) == 0)
            return claim;
    }
    return NULL;
}

struct plain_claim *plain_claims_first(const struct plain_claims *claims, const char *name,
                                       size_t name_len, enum plain_state state)
{
    const struct plain_name *found = find_name(claims, name, name_len);
    if (!found)
        return NULL;
    for (struct list *at = found->claims.next; at != &found->claims; at = at->next) {
        struct plain_claim *claim = list_entry(at, struct plain_claim, by_name);
        if (claim->state == state)
            return claim;
    }
    return NULL;
}

static struct plain_claim *add(struct plain_claims *claims, const char *peer, const char *name,
                               size_t name_len)
{
    if (claims->count >= PLAIN_CLAIMS_MAX)
        return NULL;
    size_t peer_len = strlen(peer);
    struct plain_claim *claim = calloc(1, sizeof(*claim) + peer_len + 1);
    struct plain_name *of = claim ? add_name(claims, name, name_len) : NULL;
    if (!of) {
        free(claim);
        return NULL;
    }
    memcpy(claim->peer, peer, peer_len + 1);
    claim->name = of;
    list_append(&of->claims, &claim->by_name);
    list_init(&claim->node);
    claims->count++;
    return claim;
}

struct plain_claim *plain_claims_set(struct plain_claims *claims, const char *peer,
                                     const char *name, size_t name_len,
                                     const struct password_hash *hash, enum plain_state state,
                                     uint64_t now_ms)
{
    bool passes = state == PLAIN_LEFT || state == PLAIN_ASKED || state == PLAIN_TRIED;
    struct plain_claim *claim = plain_claims_find(claims, peer, name, name_len);
    if (!claim)
        claim = add(claims, peer, name, name_len);
    if (!claim)
        return NULL;
    if (claim->state != state || !password_hash_equals(&claim->hash, hash))
        claim->rest_ms = 0;
    claim->hash = *hash;
    claim->state = state;
    claim->set_ms = now_ms;
    claim->is_listed = claim->is_found = false;
    list_remove(&claim->node);
    list_append(passes ? &claims->passing : &claims->lasting, &claim->node);
    return claim;
}

void plain_claims_remove(struct plain_claims *claims, struct plain_claim *claim)
{
    list_remove(&claim->by_name);
    list_remove(&claim->node);
    claims->count--;
    drop_name_if_empty(claims, claim->name);
    free(claim);
}

void plain_claims_expire(struct plain_claims *claims, uint64_t now_ms)
{
    while (!list_is_empty(&claims->passing)) {
        struct plain_claim *claim = list_entry(claims->passing.next, struct plain_claim, node);
        if (now_ms - claim->set_ms < PLAIN_PASSES_MS)
            break;
        plain_claims_remove(claims, claim);
    }
}

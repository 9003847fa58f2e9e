/* electorate.c — see electorate.h. */
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element) ((element)->hh.tbl = NULL)

#include "reserve/electorate.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define WORD_BITS 64u

void electorate_init(struct electorate *electorate, const struct hash_key *key)
{
    *electorate = (struct electorate){.key = *key};
}

static void forget(struct electorate *electorate, struct member *member)
{
    electorate->slots[member->slot] = NULL;
    HASH_DELETE(hh, electorate->members, member);
    free(member);
}

void electorate_deinit(struct electorate *electorate)
{
    struct member *member, *next;
    HASH_ITER(hh, electorate->members, member, next) forget(electorate, member);
    free(electorate->slots);
    *electorate = (struct electorate){.key = electorate->key};
}

struct member *electorate_find(const struct electorate *electorate, const char *node)
{
    struct member *found;
    size_t len = strlen(node);
    unsigned hash = hash_bytes(&electorate->key, node, len);
    HASH_FIND_BYHASHVALUE(hh, electorate->members, node, len, hash, found);
    return found;
}

bool electorate_has_alive(const struct electorate *electorate, const char *node)
{
    const struct member *member = electorate_find(electorate, node);
    return member && member->is_alive;
}

/* A free slot in `*slot`; more are made when all are taken. */
static int find_slot(struct electorate *electorate, unsigned *slot)
{
    for (unsigned i = 0; i < electorate->slot_count; i++) {
        if (electorate->slots[i])
            continue;
        *slot = i;
        return 0;
    }
    unsigned count = electorate->slot_count ? electorate->slot_count * 2 : WORD_BITS;
    if (count > ELECTORATE_MAX)
        return RELAY_EFULL;
    struct member **slots = realloc(electorate->slots, count * sizeof(struct member *));
    if (!slots)
        return RELAY_ENOMEM;
    for (unsigned i = electorate->slot_count; i < count; i++)
        slots[i] = NULL;
    *slot = electorate->slot_count;
    electorate->slots = slots;
    electorate->slot_count = count;
    return 0;
}

static int add_member(struct electorate *electorate, const char *node, struct member **added)
{
    unsigned slot = 0;
    int err = find_slot(electorate, &slot);
    if (err)
        return err;
    size_t len = strlen(node);
    struct member *member = calloc(1, sizeof(*member) + len + 1);
    if (!member)
        return RELAY_ENOMEM;
    memcpy(member->name, node, len + 1);
    member->slot = slot;
    unsigned hash = hash_bytes(&electorate->key, node, len);
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, electorate->members, member->name, len, hash, member);
    if (!member->hh.tbl) {
        free(member);
        return RELAY_ENOMEM;
    }
    electorate->slots[slot] = member;
    *added = member;
    return 0;
}

static void count_out(struct electorate *electorate, const struct member *member)
{
    if (!member->is_alive)
        return;
    electorate->alive--;
    electorate->alive_plain -= member->is_plain;
}

int electorate_up(struct electorate *electorate, const char *node, bool is_plain)
{
    struct member *member = electorate_find(electorate, node);
    int err = member ? 0 : add_member(electorate, node, &member);
    if (err)
        return err;
    count_out(electorate, member);
    member->is_alive = true;
    member->is_plain = is_plain;
    electorate->alive++;
    electorate->alive_plain += is_plain;
    return 0;
}

struct member *electorate_down(struct electorate *electorate, const char *node, uint64_t now_ms)
{
    struct member *member = electorate_find(electorate, node);
    if (!member || !member->is_alive)
        return NULL;
    count_out(electorate, member);
    member->is_alive = false;
    member->down_ms = now_ms;
    return member;
}

void electorate_forget(struct electorate *electorate, struct member *member)
{
    assert(!member->is_alive);
    forget(electorate, member);
}

static uint64_t bit_of(const struct member *member)
{
    return UINT64_C(1) << (member->slot % WORD_BITS);
}

/* A member that came after the ballot may have a slot behind its words. */
static bool has_bit(const struct ballot *ballot, const uint64_t *words, const struct member *member)
{
    unsigned word = member->slot / WORD_BITS;
    return word < ballot->words && words[word] & bit_of(member);
}

int ballot_init(struct ballot *ballot, const struct electorate *electorate)
{
    unsigned words = electorate->slot_count / WORD_BITS;
    *ballot = (struct ballot){.words = words};
    if (words == 0)
        return 0;
    ballot->awaited = calloc(2 * (size_t)words, sizeof(uint64_t));
    if (!ballot->awaited)
        return RELAY_ENOMEM;
    ballot->opposed = ballot->awaited + words;
    for (unsigned slot = 0; slot < electorate->slot_count; slot++) {
        const struct member *member = electorate->slots[slot];
        if (!member || !member->is_alive)
            continue;
        ballot->awaited[slot / WORD_BITS] |= bit_of(member);
        ballot->size++;
    }
    ballot->awaited_count = ballot->size;
    return 0;
}

void ballot_deinit(struct ballot *ballot)
{
    free(ballot->awaited);
    *ballot = (struct ballot){0};
}

bool ballot_is_opposed_by(const struct ballot *ballot, const struct member *member)
{
    return has_bit(ballot, ballot->opposed, member);
}

bool ballot_settle(struct ballot *ballot, const struct member *member)
{
    unsigned word = member->slot / WORD_BITS;
    if (!has_bit(ballot, ballot->awaited, member))
        return false;
    if (ballot_is_opposed_by(ballot, member)) {
        ballot->opposed[word] &= ~bit_of(member);
        ballot->opposed_count--;
    }
    ballot->awaited[word] &= ~bit_of(member);
    ballot->awaited_count--;
    return true;
}

bool ballot_oppose(struct ballot *ballot, const struct member *member)
{
    if (!has_bit(ballot, ballot->awaited, member) || ballot_is_opposed_by(ballot, member))
        return false;
    ballot->opposed[member->slot / WORD_BITS] |= bit_of(member);
    ballot->opposed_count++;
    return true;
}

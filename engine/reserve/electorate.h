/* electorate.h — the nodes believed alive, and the ballots on which they have to vote.
 *
 * Its owner is told who is up and who is down; here it is remembered since when. A member has a
 * slot, so that a ballot is a few words of bits: whose vote it still awaits. The surprising rule: a
 * member that is down keeps its slot until it is forgotten; it is on no ballot meanwhile. */
#ifndef WSRELAY_RESERVE_ELECTORATE_H
#define WSRELAY_RESERVE_ELECTORATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

#include "base/err.h"
#include "base/hash.h"

#define ELECTORATE_MAX 4096

struct member {
    UT_hash_handle hh;
    unsigned slot;
    bool is_alive, is_plain;
    uint64_t down_ms; /* since when it is down */
    char name[];
};

struct electorate {
    struct hash_key key;
    struct member *members; /* uthash */
    struct member **slots;  /* NULL where one is free */
    unsigned slot_count;
    size_t alive, alive_plain;
};

/* The owner's storage. */
void electorate_init(struct electorate *electorate, const struct hash_key *key);
void electorate_deinit(struct electorate *electorate);

struct member *electorate_find(const struct electorate *electorate, const char *node);
bool electorate_has_alive(const struct electorate *electorate, const char *node);

/* A node is alive. RELAY_EFULL, RELAY_ENOMEM: it is not known then. */
int electorate_up(struct electorate *electorate, const char *node, bool is_plain) RELAY_MUST_USE;
/* It is not any more. Its member, or NULL when it was not known to be alive. */
struct member *electorate_down(struct electorate *electorate, const char *node, uint64_t now_ms);
/* Forgets one that is down. */
void electorate_forget(struct electorate *electorate, struct member *member);

/* One question, and who has not answered it. {0}, then ballot_init. */
struct ballot {
    uint64_t *awaited; /* a bit a slot */
    uint64_t *opposed; /* the same: plain peers that said no, and were asked whether it stands */
    unsigned words;
    size_t awaited_count, opposed_count, size;
};

/* All who are alive have to vote. RELAY_ENOMEM. */
int ballot_init(struct ballot *ballot, const struct electorate *electorate) RELAY_MUST_USE;
void ballot_deinit(struct ballot *ballot);

/* The member said yes, or cannot vote any more. False when it was not awaited. */
bool ballot_settle(struct ballot *ballot, const struct member *member);
/* A plain peer said no: it stays awaited. False when it was not awaited, or had said so. */
bool ballot_oppose(struct ballot *ballot, const struct member *member);
bool ballot_is_opposed_by(const struct ballot *ballot, const struct member *member);

/* Whether all who matter said yes. */
static inline bool ballot_is_unanimous(const struct ballot *ballot)
{
    return ballot->awaited_count == 0;
}

/* Whether only plain peers that said no are awaited, and at least one. */
static inline bool ballot_waits_for_opposed(const struct ballot *ballot)
{
    return ballot->opposed_count > 0 && ballot->opposed_count == ballot->awaited_count;
}

/* Whether more than half said yes, the asker among them. */
static inline bool ballot_has_majority(const struct ballot *ballot)
{
    size_t yes = 1 + ballot->size - ballot->awaited_count;
    return 2 * yes > 1 + ballot->size;
}

#endif

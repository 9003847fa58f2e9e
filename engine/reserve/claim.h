/* claim.h — a node's word that a channel is its own: the name, the password's hash, since when.
 *
 * Several nodes may hold claims to one name. Those with one hash live together; of those with
 * different hashes the best wins, and every node that knows the same claims finds the same winner
 * (mesh.md "Reservation"). A value: its strings are borrowed from whoever made it. The surprising
 * rule: a stamp's node need not be the claim's owner; who joins takes the stamp over. */
#ifndef WSRELAY_RESERVE_CLAIM_H
#define WSRELAY_RESERVE_CLAIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/password_hash.h"

#define CLAIM_TAG_LEN 8    /* hexadecimal digits */
#define CLAIM_NODE_MAX 128 /* bytes of a node's name */

enum claim_state { CLAIM_TENTATIVE, CLAIM_OPEN };

/* When a name was claimed first, and by which node. */
struct claim_stamp {
    uint64_t ms; /* that node's wall clock */
    const char *node;
};

struct claim {
    const char *name;
    size_t name_len;
    struct password_hash hash;
    struct claim_stamp stamp;
    enum claim_state state;
    bool is_unconfirmed; /* opened before all had voted */
};

/* The order of winners: OPEN before TENTATIVE, then the older stamp, then the smaller hash (none is
 * the smallest). Negative when `a` goes first, positive when `b` does, 0 when nothing tells. */
int claim_compare(const struct claim *a, const struct claim *b);

/* One password: they live together. */
static inline bool claim_lives_with(const struct claim *a, const struct claim *b)
{
    return password_hash_equals(&a->hash, &b->hash);
}

/* Whether `b` has to go because of `a`. */
static inline bool claim_beats(const struct claim *a, const struct claim *b)
{
    return !claim_lives_with(a, b) && claim_compare(a, b) < 0;
}

/* The tag of a message to a channel with this hash: its first digits and a NUL; "" for a channel
 * without a password, whose messages carry none. */
void claim_tag(const struct password_hash *hash, char tag[CLAIM_TAG_LEN + 1]);

/* Whether a message with this tag (length 0: none) is for the channel with this hash. */
bool claim_tag_matches(const struct password_hash *hash, const char *tag, size_t len);

#endif

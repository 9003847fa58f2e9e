/* plain_claims.h — what plain peers said about names, since they hold no claims of their own.
 *
 * One entry for a peer and a name, with the hash that the peer gave. HELD: a claim of this node
 * stands for it. LOST: the name is another's, and the peer's messages to it are dropped. HEARD: it
 * said so from afar, or another claim stands for it. LEFT: it gave the name up a moment ago. ASKED:
 * all of them (the peer "") were asked whether a name that had this hash is still open. TRIED: the
 * same for a hash that was only voted on. The last three pass after PLAIN_PASSES_MS. The surprising
 * rule: bounded by PLAIN_CLAIMS_MAX; what does not fit is not remembered. */
#ifndef WSRELAY_RESERVE_PLAIN_CLAIMS_H
#define WSRELAY_RESERVE_PLAIN_CLAIMS_H

#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

#include "base/hash.h"
#include "base/list.h"
#include "crypto/password_hash.h"

#define PLAIN_CLAIMS_MAX 65536
#define PLAIN_PASSES_MS 10000
#define PLAIN_ALL "" /* the peer of an ASKED or TRIED entry */

enum plain_state { PLAIN_HELD, PLAIN_LOST, PLAIN_HEARD, PLAIN_LEFT, PLAIN_ASKED, PLAIN_TRIED };

struct plain_name {
    UT_hash_handle hh;
    struct list claims; /* struct plain_claim.by_name */
    size_t len;
    char bytes[];
};

struct plain_claim {
    struct list by_name, node; /* in plain_name.claims; in `lasting` or `passing` */
    struct plain_name *name;
    struct password_hash hash;
    enum plain_state state;
    uint64_t set_ms;
    uint64_t audited_ms, rest_ms; /* asked whether it stands; not again for so long */
    bool is_found;                /* LOST: its list has it still (reservation_plain_looked) */
    bool is_listed;               /* HELD: somebody beyond the peer has it; it only told of it */
    char peer[];
};

struct plain_claims {
    struct hash_key key;
    struct plain_name *names; /* uthash */
    struct list lasting;      /* HELD, LOST, HEARD */
    struct list passing;      /* LEFT, ASKED, TRIED; the oldest first */
    size_t count;
};

/* The owner's storage. */
void plain_claims_init(struct plain_claims *claims, const struct hash_key *key);
void plain_claims_deinit(struct plain_claims *claims);

struct plain_claim *plain_claims_find(const struct plain_claims *claims, const char *peer,
                                      const char *name, size_t name_len);
/* The first entry for a name in this state, or NULL. */
struct plain_claim *plain_claims_first(const struct plain_claims *claims, const char *name,
                                       size_t name_len, enum plain_state state);

/* The entry, new or changed to this hash and state; NULL when there is no room. What has changed is
 * asked about at once: `rest_ms` is 0. */
struct plain_claim *plain_claims_set(struct plain_claims *claims, const char *peer,
                                     const char *name, size_t name_len,
                                     const struct password_hash *hash, enum plain_state state,
                                     uint64_t now_ms);
void plain_claims_remove(struct plain_claims *claims, struct plain_claim *claim);
/* Removes what has passed. */
void plain_claims_expire(struct plain_claims *claims, uint64_t now_ms);

#endif

/* reservation_state.h — the inside of a reservation, for reservation*.c alone.
 *
 * reservation.c: the claims of this node and their votes. reservation_replica.c: what others own.
 * reservation_level.c: digests with the links. reservation_plain.c: plain peers. The surprising
 * rule: after a function marked "may call out", pointers to claims and names are stale. */
#ifndef WSRELAY_RESERVE_RESERVATION_STATE_H
#define WSRELAY_RESERVE_RESERVATION_STATE_H

#include <uthash.h>

#include "base/list.h"
#include "reserve/electorate.h"
#include "reserve/plain_claims.h"
#include "reserve/reservation.h"

/* A claim of this node; it stands while somebody needs it. */
struct own_claim {
    UT_hash_handle hh; /* by name */
    struct claim_record *record;
    bool is_local;  /* clients of this node */
    unsigned holds; /* PLAIN_HELD entries of plain peers */
    bool is_asked;  /* the plain peers that oppose were asked whether it stands */
    struct ballot ballot;
    struct list waiting; /* in reservation.waiting while it is tentative */
    uint64_t until_ms;
};

/* An owner's version that a neighbour knew when a round of digests began. */
struct level_known {
    struct claim_owner *owner;
    uint64_t boot, version;
};

struct reserve_link {
    struct list node;
    uint64_t id;
    bool is_plain;
    bool wants;    /* a round of digests, as soon as none is under way */
    bool is_asked; /* a round is under way */
    bool is_whole; /* and it left nothing out */
    uint64_t round, asked_ms;
    size_t count_before; /* claims that were known when it began */
    struct level_known known[DIGEST_OWNERS_MAX];
    size_t known_count;
    char peer[];
};

/* A name that outlives what it was copied from. */
struct name_copy {
    size_t len;
    char bytes[CHANNEL_NAME_MAX];
};

struct reservation {
    struct reservation_calls calls;
    struct clock clock;
    enum reserve_mode mode;
    struct claim_table table;
    struct claim_owner *self;
    struct own_claim *own; /* uthash */
    struct list waiting;   /* struct own_claim.waiting, the oldest first */
    size_t waiting_count;
    struct electorate electorate;
    struct list links; /* struct reserve_link.node */
    uint64_t last_round, digest_ms;
    struct plain_claims plain;
};

static inline uint64_t now_of(const struct reservation *reservation)
{
    return clock_ms(&reservation->clock);
}

/* reservation.c */

struct own_claim *own_find(const struct reservation *reservation, const char *name,
                           size_t name_len);
struct name_copy name_copy_of(const char *name, size_t name_len);
/* Makes or changes the claim of this node to a name, and tells everybody. */
int own_put(struct reservation *reservation, const struct claim *claim,
            struct own_claim **own) RELAY_MUST_USE;
/* Drops it and tells everybody. */
void own_drop(struct reservation *reservation, struct own_claim *own);
/* A tentative claim becomes an open one with this stamp. May call out. */
void own_promote(struct reservation *reservation, struct own_claim *own,
                 const struct claim_stamp *stamp, bool is_unconfirmed);
/* A tentative claim is given up. May call out. */
void own_refuse(struct reservation *reservation, struct own_claim *own, enum client_reason reason);
/* Looks whether the votes suffice. May call out. */
void own_count_votes(struct reservation *reservation, struct own_claim *own);
/* The claims to a name changed: ours loses, or opens with the winner. May call out. */
void own_weigh(struct reservation *reservation, const char *name, size_t name_len);

/* reservation_replica.c */

/* Takes a claim of another node over. May call out. */
int replica_learn(struct reservation *reservation, struct claim_owner *owner,
                  const struct claim *claim, uint64_t version) RELAY_MUST_USE;
/* Drops a claim of another node. `is_told`: plain peers heard an `unreserve-channel`. May call out.
 */
void replica_drop(struct reservation *reservation, struct claim_record *record, bool is_told);
/* The owner's list of a newer boot begins, empty. May call out. */
void replica_restart(struct reservation *reservation, struct claim_owner *owner, uint64_t boot);
/* Votes on a claim. */
bool replica_is_fine(const struct reservation *reservation, const struct claim *claim);
/* Forgets nodes that are down for long. May call out. */
void replica_forget_dead(struct reservation *reservation);

/* reservation_level.c */

/* One link, picked at random, shall be asked. */
void level_with_any(struct reservation *reservation);
/* Digests that are due. */
void level_tick(struct reservation *reservation);
/* An owner is going to be forgotten. */
void level_forget(struct reservation *reservation, const struct claim_owner *owner);
void level_free_links(struct reservation *reservation);

/* reservation_plain.c */

/* A claim is gone: the plain peers beside this node are brought in step. Of it the name, the hash
 * and the state count. */
void plain_mend(struct reservation *reservation, const struct claim *gone, bool is_told);
/* The claim of this node that stood for plain peers lost. */
void plain_lose(struct reservation *reservation, const char *name, size_t name_len);
/* A plain peer is forgotten. May call out. */
void plain_forget(struct reservation *reservation, const char *peer);
/* A name was freed by somebody: what is held only because a peer listed it need not be any more. */
void plain_freed(struct reservation *reservation, const char *name, size_t name_len);
/* A digest brought an open claim that was not known: the plain peers beside this node hear of it.
 */
void plain_tell_open(struct reservation *reservation, const struct claim *claim);
/* Asks for some names whether the peer that they stand for has them still: it may have said that it
 * left when nothing got through. Once a second. */
void plain_audit(struct reservation *reservation);
/* Asks those who oppose a claim whether they mean it. */
void plain_ask_opposed(struct reservation *reservation, const struct own_claim *own);

#endif

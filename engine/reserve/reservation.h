/* reservation.h — who holds which channel in the whole network: claims, votes, and their levelling.
 *
 * Everybody owns only its own claims (mesh.md "Reservation"). A channel that nobody claims is
 * opened by a tentative claim on which all nodes vote; one that is open is joined at once by a
 * claim with the same hash. When a better claim with another hash turns up, ours goes. What others
 * own is replicated: from their broadcasts, and by digests with the links.
 *
 * No socket, no clock, no thread: packets come in as structs, and what is to be said goes out
 * through struct reservation_calls. The reservation is the heap's; names and hashes are copied.
 * The surprising rule: `opened`, `refused` and `lost` may call back into the reservation, the other
 * calls must not. */
#ifndef WSRELAY_RESERVE_RESERVATION_H
#define WSRELAY_RESERVE_RESERVATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "protocol/client_reason.h"
#include "reserve/claim_digest.h"
#include "reserve/claim_packet.h"

#define RESERVE_VOTE_MS 3000   /* how long an open waits for votes */
#define RESERVE_GRACE_MS 30000 /* how long the claims of a node that is down stand */
#define RESERVE_DIGEST_MS 1000 /* how often a link is asked whether the tables are equal */
#define RESERVE_ANSWER_MS 2000 /* how long its answer is waited for */
#define RESERVE_CLAIMS_MAX 1000000

struct reservation;

/* What an open does whose votes did not all come: `reserve` in main.lua. */
enum reserve_mode { RESERVE_AVAILABLE, RESERVE_MAJORITY };

enum reserve_outcome {
    RESERVE_GRANTED, /* the channel is open here from now on */
    RESERVE_WAITS,   /* `opened` or `refused` will be called, never from inside this call */
    RESERVE_REFUSED, /* another password holds the name: `invalid password` */
    RESERVE_BUSY,    /* no room for one more claim */
};

/* What the response to a tentative claim says. */
enum claim_verdict { CLAIM_NO_VOTE, CLAIM_VOTES_YES, CLAIM_VOTES_NO };

struct reservation_calls {
    uint64_t (*wall_ms)(void *context); /* Unix time */
    uint64_t (*random)(void *context);

    /* To every node, as a command. */
    void (*broadcast)(void *context, const struct claim_command *command);
    /* To one plain peer, as a command whose answer goes to reservation_plain_answer. */
    void (*tell)(void *context, const char *peer, const struct claim_command *command);
    /* Asks a plain peer for its list-channels, soon: each of them goes to reservation_plain_found.
     * NULL: it cannot be asked. */
    void (*look)(void *context, const char *peer);
    /* To the owner of a tentative claim that a digest brought before its broadcast came. */
    void (*vote)(void *context, const char *owner, const struct claim_vote *vote);
    /* To the node at the other end of a link; its answer goes to reservation_answered. The digest
     * is the reservation's; write it at once. */
    void (*request)(void *context, uint64_t link, uint64_t round, struct claim_digest *digest);

    /* How many clients of this node are subscribed to a channel, or wait for its opening. */
    size_t (*local_subscribers)(void *context, const char *name, size_t name_len);
    /* The channel that somebody waits for is open here, with this hash. */
    void (*opened)(void *context, const char *name, size_t name_len,
                   const struct password_hash *hash);
    /* It will not be: REASON_INVALID_PASSWORD or REASON_BUSY. */
    void (*refused)(void *context, const char *name, size_t name_len, enum client_reason reason);
    /* Another node's password won: `unsubscribed`, `channel already reserved`. The claim is gone.
     */
    void (*lost)(void *context, const char *name, size_t name_len);
    void *context;
};

struct reservation_config {
    const char *node; /* this one's name */
    uint64_t boot;    /* when it started, Unix time in ms; greater than at its last start */
    enum reserve_mode mode;
    size_t claims_max;
    struct hash_key key;
    struct clock clock;
};

/* NULL for want of memory. */
struct reservation *reservation_new(const struct reservation_config *config,
                                    const struct reservation_calls *calls);
void reservation_free(struct reservation *reservation);
void reservation_set_mode(struct reservation *reservation, enum reserve_mode mode);

/* Whatever is due: the ends of votes, the deaths of nodes, digests. Ten times a second. */
void reservation_tick(struct reservation *reservation);

/* --- The channels of this node --- */

/* A client gave the password with `*hash` for a channel that is not open here. GRANTED: `*hash` is
 * the channel's, which is none when the channel has no password. */
enum reserve_outcome reservation_open(struct reservation *reservation, const char *name,
                                      size_t name_len, struct password_hash *hash);
/* The last local subscriber left, or the last one who waited. */
void reservation_release(struct reservation *reservation, const char *name, size_t name_len);

/* Whether a message that `source` sent to a channel is for the clients here, by its tag (length 0:
 * none). `is_plain`: the source is no node of our kind. */
bool reservation_delivers(const struct reservation *reservation, const char *source, bool is_plain,
                          const char *name, size_t name_len, const char *tag, size_t tag_len);
/* Whether the messages of a plain peer to this channel may go on from here. */
bool reservation_takes_from(const struct reservation *reservation, const char *peer,
                            const char *name, size_t name_len);
/* Whether a message that `source` sent may go to a plain peer, which knows no tags. */
bool reservation_gives_to(const struct reservation *reservation, const char *peer,
                          const char *source, bool is_plain, const char *name, size_t name_len,
                          const char *tag, size_t tag_len);

/* --- The network --- */

/* A node is believed alive, or not any more. Up comes before its packets. RELAY_EFULL and
 * RELAY_ENOMEM: it has no vote. */
int reservation_node_up(struct reservation *reservation, const char *node,
                        bool is_plain) RELAY_MUST_USE;
void reservation_node_down(struct reservation *reservation, const char *node);

/* A link, by a number of its owner's. RELAY_ENOMEM: it takes no part. */
int reservation_link_up(struct reservation *reservation, uint64_t link, const char *node,
                        bool is_plain) RELAY_MUST_USE;
void reservation_link_down(struct reservation *reservation, uint64_t link);

/* A command with a claim, from its owner, in the order in which it sent them. */
enum claim_verdict reservation_command(struct reservation *reservation, const char *from,
                                       const struct claim_command *command);
/* A node's vote on a claim of ours. */
void reservation_vote(struct reservation *reservation, const char *from,
                      const struct claim_vote *vote);

/* A digest came by a link; `out`, an empty one, is the answer. */
void reservation_asked(struct reservation *reservation, uint64_t link,
                       const struct claim_digest *in, struct claim_digest *out);
/* The answer to a request of ours. */
void reservation_answered(struct reservation *reservation, uint64_t link, uint64_t round,
                          const struct claim_digest *in);

/* --- Plain peers: the notes and nothing else --- */

/* A plain peer opened a channel: it sent `reserve-channel`, or its list-channels has it.
 * `is_beside`: it has a link with this node. False: `channel already reserved`. */
bool reservation_plain_reserve(struct reservation *reservation, const char *peer, const char *name,
                               size_t name_len, const struct password_hash *hash, bool is_beside);
/* A plain peer sent `unreserve-channel`. False: `channel still open`. */
bool reservation_plain_unreserve(struct reservation *reservation, const char *peer,
                                 const char *name, size_t name_len);
/* A name of the list-reserved-channels of a plain peer beside this node: kept in step with ours.
 * `is_certain`: all nodes behind the peer are known here; otherwise a name that nobody claims here
 * may be open there, and is held until somebody frees it. */
void reservation_plain_listed(struct reservation *reservation, const char *peer, const char *name,
                              size_t name_len, const struct password_hash *hash, bool is_certain);
/* A channel that a plain peer has open, as it told when it was asked (`look`). */
void reservation_plain_found(struct reservation *reservation, const char *peer, const char *name,
                             size_t name_len, const struct password_hash *hash);
/* That was its whole list: what it had lost and has not open it has given up. */
void reservation_plain_looked(struct reservation *reservation, const char *peer);
/* Tells a plain peer, which may not ask, of all names that are taken. */
void reservation_plain_introduce(struct reservation *reservation, const char *peer);
/* A node of our kind found the name open nowhere: what is held only because a plain peer listed it
 * is given up. False: `channel still open`, a claim of this node stands. */
bool reservation_plain_freed(struct reservation *reservation, const char *name, size_t name_len);
/* A plain peer's response to a `reserve-channel` or `unreserve-channel` of ours. */
void reservation_plain_answer(struct reservation *reservation, const char *peer,
                              enum claim_command_kind kind, const char *name, size_t name_len,
                              bool is_ok);

/* --- For lists, statistics and tests --- */

/* Borrowed, and not to be changed. */
const struct claim_table *reservation_table(const struct reservation *reservation);
size_t reservation_waiting(const struct reservation *reservation); /* opens that await votes */

#endif

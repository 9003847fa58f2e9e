/* mesh.h — this node in its network: links, broadcasts, commands, reservations. The root of the
 * mesh as relay.h is that of the clients.
 *
 * Vocabulary: a *node* is any node of the network; a *peer* is one that we hold a *link* with; a
 * *plain* peer knows the notes and nothing else; a *command* asks a node, its *response* comes back
 * with the same nonce. docs/mesh.md tells the whole story.
 *
 * Heap: mesh_new, mesh_free. It does no I/O and holds no clock: connections come in through
 * mesh_accept and mesh_dialled and are then sessions (relay/session.h); what it wants of the world
 * goes out through struct mesh_calls and the hooks of its relay. The owner calls mesh_tick when
 * mesh_due_ms has come, and at least after every turn of its loop asks for mesh_due_ms again. The
 * surprising rule: `done` of a request may come from inside of mesh_request's caller's turn, never
 * from inside of mesh_request. */
#ifndef WSRELAY_MESH_MESH_H
#define WSRELAY_MESH_MESH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "mesh/mesh_counters.h"
#include "relay/relay.h"
#include "relay/session.h"
#include "reserve/reservation.h"

#define MESH_TOKEN_LEN 43      /* of a single-use token: 32 bytes as base64url */
#define MESH_REQUEST_SECONDS 5 /* how long a request waits unless its asker says otherwise */

struct mesh;

/* A command for this node. Strings are borrowed for the call. */
struct mesh_command {
    struct text source;  /* the node that asks */
    struct text nonce;   /* give it to mesh_respond */
    struct text command; /* "" when none was given */
    struct text data;    /* JSON */
    bool is_plain;       /* the source is no node of our kind, as far as is known here */
    bool is_peer;        /* the source is a peer */
    bool is_broadcast;   /* every node got it */
};

/* What became of a request. */
struct mesh_response {
    struct text source;
    struct text data; /* JSON */
};

struct mesh_peer {
    struct text name;
    struct text host;  /* where others can dial it; len 0: it did not say */
    double latency_ms; /* round trip, smoothed; negative: not measured yet */
    uint64_t since_ms; /* of the clock */
    size_t queued_bytes;
    bool is_plain;
    bool is_dialled;    /* this node dialled it */
    bool is_configured; /* it stands in `peers` of main.lua */
};

/* A node that is believed alive, this one left out. */
struct mesh_node_facts {
    struct text name;
    double distance_ms; /* one way, as far as is known; negative: not known */
    bool is_peer, is_plain;
};

enum mesh_event { MESH_PEER_UP, MESH_PEER_DOWN };

struct mesh_calls {
    void *context;
    uint64_t (*now_us)(void *context);  /* steady, the clock's, finer */
    uint64_t (*wall_ms)(void *context); /* Unix time */
    void (*random)(void *context, void *bytes, size_t len);
    /* Dials: mesh_dialled or mesh_dial_failed follows, never from inside of the call. */
    void (*dial)(void *context, uint64_t dial, const char *url, const char *token);
    /* The caller does not want it any more. */
    void (*dial_cancel)(void *context, uint64_t dial);
    /* A command for this node. NULL: all are answered with `unknown command`. */
    void (*command)(void *context, const struct mesh_command *command);
    /* NULL: nobody listens. */
    void (*event)(void *context, enum mesh_event event, const struct mesh_peer *peer);
};

struct mesh_peer_config {
    const char *name, *url, *token;
};

struct mesh_config {
    const char *name;  /* this node's */
    uint64_t boot;     /* Unix time in ms; greater than at the last start */
    const char *host;  /* what others are told to dial; NULL: nothing */
    const char *token; /* whoever presents it may join; NULL: nobody */
    const struct mesh_peer_config *peers;
    size_t peer_count;
    size_t pool; /* links at most, and one for a lonely node */
    enum reserve_mode reserve;
};

/* Joins the relay to the network: sets relay->uplink. Strings are copied. NULL for want of memory.
 */
struct mesh *mesh_new(const struct mesh_config *config, const struct mesh_calls *calls,
                      struct relay *relay, const struct hash_key *key);
/* Takes over what can change without a restart: all but name and boot. RELAY_ENOMEM: nothing
 * changed. Links stand. */
int mesh_configure(struct mesh *mesh, const struct mesh_config *config) RELAY_MUST_USE;
/* The node is ending: no dial any more; every link is closed with 1001 once what waits was sent. */
void mesh_close(struct mesh *mesh);
/* Its sessions must be gone. */
void mesh_free(struct mesh *mesh);

uint64_t mesh_due_ms(const struct mesh *mesh);
void mesh_tick(struct mesh *mesh);

/* --- Connections --- */

/* WS /node, before the upgrade: whether a node with this token may go on; otherwise HTTP 403. */
bool mesh_admits(struct mesh *mesh, struct text token);
/* Its WebSocket stands. `address` is borrowed for the session's life. NULL for want of memory. */
struct session *mesh_accept(struct mesh *mesh, const struct transport *transport, void *connection,
                            const char *address, struct text token);
/* A dial succeeded. NULL: it is not wanted any more, close it. */
struct session *mesh_dialled(struct mesh *mesh, uint64_t dial, const struct transport *transport,
                             void *connection, const char *address);
/* It did not; `reason` is for a person. */
void mesh_dial_failed(struct mesh *mesh, uint64_t dial, const char *reason);

/* Dials a node once (configured peers are dialled for ever). RELAY_EINVAL: this node, or a peer
 * already; RELAY_EFULL: the pool is exhausted; RELAY_ENOMEM. mesh_calls.event tells when the link
 * stands; `done`, when not NULL, is called once, at the latest by mesh_free, with NULL or with why
 * it failed; never when an error is returned. */
int mesh_dial(struct mesh *mesh, const char *name, const char *url, const char *token,
              void (*done)(void *context, const char *error), void *context) RELAY_MUST_USE;
/* Closes the link with 1000. False: there is none. A configured peer is dialled again later. */
bool mesh_drop_peer(struct mesh *mesh, struct text name);

/* A single-use token for a node of that name, valid for 60 s. RELAY_EINVAL for a name that cannot
 * be, RELAY_ENOMEM. */
int mesh_new_token(struct mesh *mesh, struct text node,
                   char token[MESH_TOKEN_LEN + 1]) RELAY_MUST_USE;

/* --- Commands --- */

/* Asks one node. `data` is a JSON object. `done` is called once: with the response, or with NULL
 * and a reason (`timed out`, `no route`, `cancelled`). Returns the request's number, 0 for want of
 * memory or room. */
uint64_t mesh_request(struct mesh *mesh, struct text node, struct text data, uint64_t timeout_ms,
                      void (*done)(void *context, const struct mesh_response *response,
                                   const char *error),
                      void *context);
/* Asks every node. `done` is called for each response, and at last with NULL: all who are believed
 * alive have answered, or the time is over. */
uint64_t mesh_broadcast(struct mesh *mesh, struct text data, uint64_t timeout_ms,
                        void (*done)(void *context, const struct mesh_response *response,
                                     const char *error),
                        void *context);
/* `done` will not be called any more. */
void mesh_request_cancel(struct mesh *mesh, uint64_t request);

/* Answers a command; `data` is a JSON object. */
void mesh_respond(struct mesh *mesh, struct text source, struct text nonce, struct text data);

/* What three of the ten commands do; each adds the response's `data`. False: there is nothing to
 * answer (a claim of our own kind that needs no vote). RELAY_EINVAL in the data is answered with
 * `invalid data`. */
bool mesh_handle_reserve(struct mesh *mesh, const struct mesh_command *command, struct buf *data);
bool mesh_handle_unreserve(struct mesh *mesh, const struct mesh_command *command, struct buf *data);
/* list-reserved-channels of our own kind, which compares digests; false when the command is a plain
 * one: then the list is the answer. */
bool mesh_handle_level(struct mesh *mesh, const struct mesh_command *command, struct buf *data);

/* --- Channels of plain peers, as the onboarding reads them --- */

void mesh_plain_open(struct mesh *mesh, struct text peer, struct text channel,
                     const struct password_hash *hash);
/* `is_certain`: this node knows all nodes that the peer is linked with. */
void mesh_plain_reserved(struct mesh *mesh, struct text peer, struct text channel,
                         const struct password_hash *hash, bool is_certain);

/* --- What a master found: see docs/mesh.md "The master keeps the network in step" --- */

/* A name is open on a plain peer, and no node claims it: the plain peers beside this node are asked
 * for what they have open. Nothing is believed. */
void mesh_plain_doubt(struct mesh *mesh, struct text channel);
/* A name is open nowhere: a claim that stands only because a plain peer listed it goes. False: a
 * claim of this node still stands. */
bool mesh_plain_freed(struct mesh *mesh, struct text channel);

/* --- Names that scripts hold --- */

/* Reserves a channel's name for this node, though nobody is subscribed here; it stays until
 * mesh_unreserve, or until another node's claim wins it. 1: it is reserved; 0: `done` will be
 * called once, with NULL or with why not, at the latest by mesh_free. RELAY_EINVAL: another
 * password holds the name; RELAY_EFULL: no room, or asked for already. */
int mesh_reserve(struct mesh *mesh, struct text name, const struct password_hash *hash,
                 void (*done)(void *context, const char *reason), void *context) RELAY_MUST_USE;
/* `done` of this context is not called any more; the name is reserved all the same. */
void mesh_reserve_cancel(struct mesh *mesh, void *context);
/* False: the name was not reserved so. */
bool mesh_unreserve(struct mesh *mesh, struct text name);

/* --- For lists, statistics and choices --- */

size_t mesh_peer_count(const struct mesh *mesh);
/* Peers and nodes one by one: `*cursor` begins with 0; false at the end. */
bool mesh_next_peer(const struct mesh *mesh, size_t *cursor, struct mesh_peer *peer);
bool mesh_next_node(const struct mesh *mesh, size_t *cursor, struct mesh_node_facts *node);
bool mesh_find_peer(const struct mesh *mesh, struct text name, struct mesh_peer *peer);
/* All claims of the network: list-reserved-channels without those that are open here. */
const struct claim_table *mesh_claims(const struct mesh *mesh);
struct text mesh_name(const struct mesh *mesh);
struct text mesh_host(const struct mesh *mesh);
uint64_t mesh_boot(const struct mesh *mesh);
size_t mesh_pool(const struct mesh *mesh);
const struct mesh_counters *mesh_counters(struct mesh *mesh);
/* For the simulator and tests. */
const struct tree *mesh_tree(const struct mesh *mesh);
const struct reservation *mesh_reservation(const struct mesh *mesh);

#endif

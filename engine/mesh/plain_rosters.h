/* plain_rosters.h — which plain peers live beside which nodes of our kind, told from hop to hop.
 *
 * A plain peer gives no sign of life that goes further than its links, yet it has a vote on every
 * channel that opens anywhere. So each node keeps a roster of its own plain peers, numbered by its
 * boot and a version, and tells it to its neighbours of our kind; who hears a newer one passes it
 * on. It is the `data` of a packet of type `link`:
 *
 *     {"plain":["node-b",1795389987000,3,["peer-1","peer-2"]]}
 *
 * The owner's storage: plain_rosters_init, plain_rosters_deinit. What changes is told through
 * `changed`, once for each name that the first roster lists or the last one leaves out. */
#ifndef WSRELAY_MESH_PLAIN_ROSTERS_H
#define WSRELAY_MESH_PLAIN_ROSTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "hooks.h"
#include "protocol/inm_packet.h"

#define PLAIN_ROSTERS_MAX 4096
#define PLAIN_ROSTER_NAMES_MAX 64

struct plain_roster {
    UT_hash_handle hh; /* by node */
    uint64_t boot, version;
    struct buf names; /* each with a NUL behind it */
    char node[];
};

struct plain_rosters {
    struct hash_key key;
    struct plain_roster *head; /* uthash's */
    void (*changed)(void *context, struct text peer, bool is_listed);
    void *context;
};

void plain_rosters_init(struct plain_rosters *rosters, const struct hash_key *key,
                        void (*changed)(void *context, struct text peer, bool is_listed),
                        void *context);
/* Tells nothing. */
void plain_rosters_deinit(struct plain_rosters *rosters);

/* What a node of our kind has beside it. `names` as in struct plain_roster, copied. 1: it was news;
 * 0: it was known. RELAY_EFULL, RELAY_ENOMEM. */
int plain_rosters_set(struct plain_rosters *rosters, struct text node, uint64_t boot,
                      uint64_t version, const struct buf *names) RELAY_MUST_USE;
/* NULL when none is known. */
const struct plain_roster *plain_rosters_find(const struct plain_rosters *rosters,
                                              struct text node);
/* The node is dead: what it listed is listed no more. */
void plain_rosters_forget(struct plain_rosters *rosters, struct text node);

/* A roster as it is told. Deinit it, also when it could not be read. */
struct plain_roster_packet {
    char node[NODE_NAME_MAX];
    size_t node_len;
    uint64_t boot, version;
    struct buf names;
};

/* Adds the `data` of a link packet. */
void plain_roster_write(struct buf *buf, const struct plain_roster *roster);
/* Reads one into {0}. RELAY_EINVAL: it is none; RELAY_ENOMEM. */
int plain_roster_read(struct plain_roster_packet *packet, const char *data,
                      size_t len) RELAY_MUST_USE;
void plain_roster_packet_deinit(struct plain_roster_packet *packet);

#endif

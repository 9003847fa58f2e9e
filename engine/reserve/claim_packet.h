/* claim_packet.h — what nodes tell each other about a name: reserve, unreserve, and the vote.
 *
 * The notes' `reserve-channel` and `unreserve-channel` with a claim beside their keys, so that a
 * plain peer reads what it knows and our own kind the rest:
 *
 *     {"command":"reserve-channel","channel":"garden","password":"64 digits",
 *      "claim":{"state":"tentative","stamp":1795389987000,"boot":1795389980000,"version":7}}
 *
 * `stamp_node` stands beside it; an absent one is the sender. A packet that was read owns its
 * strings and must not be moved. The surprising rule: a claim is also released by a
 * `reserve-channel`, with "state":"released" and the winner's password, when others still hold the
 * name: to a plain peer nothing changes then. */
#ifndef WSRELAY_RESERVE_CLAIM_PACKET_H
#define WSRELAY_RESERVE_CLAIM_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "protocol/client_command.h"
#include "reserve/claim.h"

enum claim_command_kind { CLAIM_RESERVE, CLAIM_UNRESERVE };

struct claim_command {
    enum claim_command_kind kind;
    const char *name;
    size_t name_len;
    struct password_hash hash; /* reserve */
    bool has_claim;            /* our own kind's; what follows is set only then */
    bool is_released;          /* reserve: the sender's own claim is gone */
    struct claim claim;        /* reserve that is not released: the sender's */
    uint64_t boot, version;    /* of the sender's list, with this change */
};

/* A node's answer to a tentative claim. */
struct claim_vote {
    const char *name;
    size_t name_len;
    uint64_t boot, version; /* of the claim; 0: a plain peer's, for the newest */
    bool is_ok;
};

/* The storage of what is read. */
struct claim_packet {
    struct claim_command command;
    struct claim_vote vote;
    char name[CHANNEL_NAME_MAX];
    char stamp_node[CLAIM_NODE_MAX + 1];
};

/* Adds a command's `data`. */
void claim_command_write(struct buf *buf, const struct claim_command *command);
/* Reads the `data` of a command from `sender`. RELAY_EINVAL when fields are missing or wrong, or
 * the command is another one. A claim that cannot be read counts as none. */
int claim_command_read(struct claim_packet *packet, const char *sender, const char *data,
                       size_t len) RELAY_MUST_USE;

/* Adds a response's `data`: the notes' ok or reason, with the claim that it is about. */
void claim_vote_write(struct buf *buf, const struct claim_vote *vote);
/* Reads a response's `data`. RELAY_EINVAL when it names no claim. */
int claim_vote_read(struct claim_packet *packet, const char *data, size_t len) RELAY_MUST_USE;

/* A password as the notes write it: 64 digits, or null. */
void claim_hash_write(struct buf *buf, const struct password_hash *hash);
/* From a string of 64 digits; an empty one, null and an absent one are none. RELAY_EINVAL. */
int claim_hash_read(struct password_hash *hash, const struct json_span *value) RELAY_MUST_USE;

/* A whole number from 0 to 2^53 - 1. RELAY_EINVAL. */
void claim_number_write(struct buf *buf, uint64_t number);
int claim_number_read(uint64_t *number, const struct json_span *value) RELAY_MUST_USE;

#endif

/* packet.h — a packet between nodes as it travels: who sent it, to whom, and its very bytes.
 *
 * Immutable after packet_new and counted by references: the cache and the window share one, and
 * what is forwarded is what arrived: its frame, which every link's outbox shares. The surprising
 * rule: a response never has a number, whatever its nonce looks like, because a plain peer answers
 * with the nonce of the command. */
#ifndef WSRELAY_SPREAD_PACKET_H
#define WSRELAY_SPREAD_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hooks.h"
#include "protocol/inm_packet.h"
#include "relay/frame.h"

/* The number of a broadcast of our own kind, which is its nonce (protocol/inm_nonce.h). */
struct number {
    uint64_t boot; /* when its source started, Unix time in ms */
    uint64_t seq;  /* from 1; 0: there is no number */
};

/* The notes' top level without `data`, unescaped. */
struct packet_head {
    enum inm_type type;
    struct text source, destination, nonce;
};

struct packet {
    uint32_t references;
    uint32_t len;
    struct packet_head head; /* into this allocation */
    struct number number;    /* of a broadcast of our kind */
    struct frame *frame;     /* the whole packet, as it arrived or was written first */
    const char *bytes;       /* the frame's payload */
};

/* A copy with one reference, the caller's; NULL for want of memory. */
struct packet *packet_new(const struct packet_head *head, const char *bytes, size_t len);

static inline struct packet *packet_ref(struct packet *packet)
{
    packet->references++;
    return packet;
}

/* NULL is allowed. */
void packet_unref(struct packet *packet);

static inline bool packet_is_broadcast(const struct packet_head *head)
{
    return head->destination.len == 1 && head->destination.at[0] == '*';
}

#endif

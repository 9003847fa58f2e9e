/* address.h — how many connections each address holds, for limits.connections_per_address.
 *
 * An IPv4 address counts by itself, an IPv6 one by its /64: whoever has one address of those has
 * them all. */
#ifndef WSRELAY_SOCKET_ADDRESS_H
#define WSRELAY_SOCKET_ADDRESS_H

#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>
#include <uthash.h>

#include "base/hash.h"

#define ADDRESS_KEY_LEN 9 /* the family, then 4 or 8 bytes */

struct address {
    UT_hash_handle hh;
    uint32_t connections;
    unsigned char key[ADDRESS_KEY_LEN];
};

struct address_table {
    struct address *head;
    struct hash_key key;
};

/* The entry of a peer's address with one connection more; NULL for want of memory. */
struct address *address_take(struct address_table *table, const struct sockaddr_storage *peer);

/* One connection less; the last one frees the entry. NULL is allowed. */
void address_give(struct address_table *table, struct address *address);

/* Writes the peer's numeric address, without the port. */
void address_text(const struct sockaddr_storage *peer, char out[INET6_ADDRSTRLEN]);

#endif

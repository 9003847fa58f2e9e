/* address.c — see address.h. */
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element) ((element)->hh.tbl = NULL)

#include "socket/address.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

static void key_of(const struct sockaddr_storage *peer, unsigned char key[ADDRESS_KEY_LEN])
{
    memset(key, 0, ADDRESS_KEY_LEN);
    key[0] = (unsigned char)peer->ss_family;
    if (peer->ss_family == AF_INET)
        memcpy(key + 1, &((const struct sockaddr_in *)peer)->sin_addr, 4);
    else
        memcpy(key + 1, &((const struct sockaddr_in6 *)peer)->sin6_addr, 8);
}

struct address *address_take(struct address_table *table, const struct sockaddr_storage *peer)
{
    unsigned char key[ADDRESS_KEY_LEN];
    struct address *address;
    key_of(peer, key);
    unsigned hash = hash_bytes(&table->key, key, sizeof(key));
    HASH_FIND_BYHASHVALUE(hh, table->head, key, sizeof(key), hash, address);
    if (!address) {
        address = calloc(1, sizeof(*address));
        if (!address)
            return NULL;
        memcpy(address->key, key, sizeof(key));
        HASH_ADD_BYHASHVALUE(hh, table->head, key, sizeof(key), hash, address);
        if (!address->hh.tbl) {
            free(address);
            return NULL;
        }
    }
    address->connections++;
    return address;
}

void address_give(struct address_table *table, struct address *address)
{
    if (!address || --address->connections > 0)
        return;
    HASH_DELETE(hh, table->head, address);
    free(address);
}

void address_text(const struct sockaddr_storage *peer, char out[INET6_ADDRSTRLEN])
{
    const void *bytes = peer->ss_family == AF_INET
                            ? (const void *)&((const struct sockaddr_in *)peer)->sin_addr
                            : (const void *)&((const struct sockaddr_in6 *)peer)->sin6_addr;
    if (!inet_ntop(peer->ss_family, bytes, out, INET6_ADDRSTRLEN))
        memcpy(out, "unknown", sizeof("unknown"));
}

/* inm_handshake.h — the first frame of a link between nodes.
 *
 * Source: protocol-notes "WS /node": {"command":"handshake","data":{"name":N}}. Our own kind adds
 * `host`, `boot` and `features`, which a plain peer ignores; what does not fit in them is ignored
 * here. It is no packet, and no packet is a handshake. */
#ifndef WSRELAY_PROTOCOL_INM_HANDSHAKE_H
#define WSRELAY_PROTOCOL_INM_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "protocol/inm_packet.h"

#define INM_HOST_MAX 512

struct inm_handshake {
    char name[NODE_NAME_MAX]; /* unescaped, valid */
    size_t name_len;
    char host[INM_HOST_MAX]; /* where others can dial it; visible ASCII */
    size_t host_len;         /* 0: not given */
    bool has_features;       /* an array of them, whatever is in it: it wants our handshake too */
    bool is_our_kind;        /* "tree/1", "claims/1" and a boot: it speaks mesh.md */
    uint64_t boot;           /* inm_nonce.h; 0: not given */
};

/* RELAY_ESYNTAX when the text is no handshake (it may be a packet), RELAY_EINVAL when it is one
 * whose name cannot be. */
int inm_handshake_parse(struct inm_handshake *handshake, const char *text,
                        size_t len) RELAY_MUST_USE;

/* Adds a handshake; `host` when it has a length, `boot` and our features when `is_our_kind`. */
void inm_handshake_write(struct buf *buf, const struct inm_handshake *handshake);

#endif

/* conn.h — one TCP connection: an HTTP request, and a client once it was upgraded.
 *
 * Made by listener.c when it accepted, freed when libwebsockets destroys its wsi. All its callbacks
 * come through conn_callback. */
#ifndef WSRELAY_SOCKET_CONN_H
#define WSRELAY_SOCKET_CONN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "protocol/utf8.h"
#include "relay/client.h"
#include "socket/sockets.h"

#define CONN_RX_LEN_TLS 16384 /* a whole record: see conn.c */
#define CONN_RX_LEN 768       /* allocated for every connection, and the size of the pieces */

struct conn {
    struct sockets *sockets;
    struct lws *wsi;
    struct client *client; /* NULL before the upgrade and after the end */
    struct list node;
    struct list dirty_node;
    struct list busy_node;
    struct address *address;
    struct buf message;     /* the pieces of a message that is not whole yet */
    struct buf identity;    /* from the upgrade to the client's opening */
    uint64_t heard_at_ms;   /* when bytes came last */
    uint64_t closing_at_ms; /* when is_closing began */
    uint64_t moved_at_ms;   /* while is_blocked: when the peer took bytes last */
    uint64_t message_at_ms; /* when the message in assembly began */
    uint64_t acked_bytes;   /* while is_blocked: what the peer had acknowledged at the last look */
    size_t read_bytes;      /* of messages, in this read; see intake.h */
    uint32_t fragments;
    struct utf8 utf8;
    uint16_t refuse_status; /* accepted only to be told why not: 429 or 503 */
    bool is_assembling;
    bool is_blocked; /* libwebsockets holds the rest of a write */
    bool is_closing; /* a Close frame is queued or sent */
    bool is_paused;  /* the client waits for a hash */
    bool is_dead;    /* killed: nothing is written any more */
    bool is_pinged;
    char address_text[INET6_ADDRSTRLEN];
};

/* A connection that was accepted; NULL for want of memory. Counted from now on. */
struct conn *conn_new(struct sockets *sockets, const struct sockaddr_storage *peer);
/* Uncounts and frees one whose wsi is gone or was never made. */
void conn_free(struct conn *conn);

/* Ends it at once, without a Close frame: it is dead, or did not answer ours. */
void conn_kill(struct conn *conn);

/* libwebsockets' only protocol, for plain sockets and for TLS. */
extern const struct lws_protocols conn_protocols[];
extern const struct lws_protocols conn_protocols_tls[];

#endif

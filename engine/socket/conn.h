/* conn.h — one TCP connection: an HTTP request, and a session once it was upgraded.
 *
 * Made by listener.c when it accepted or by dialer.c when it dials, freed when libwebsockets
 * destroys its wsi. All its callbacks come through conn_callback. */
#ifndef WSRELAY_SOCKET_CONN_H
#define WSRELAY_SOCKET_CONN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "protocol/utf8.h"
#include "relay/session.h"
#include "socket/accepted.h"
#include "socket/sockets.h"

#define CONN_RX_LEN_TLS 16384 /* a whole record: see conn.c */
#define CONN_RX_LEN 768       /* allocated for every connection, and the size of the pieces */

struct conn {
    struct accepted accepted; /* when it was; first */
    struct sockets *sockets;
    struct lws *wsi;
    struct exchange *exchange; /* an HTTP request that the scripts answer; NULL: none */
    struct session *session;   /* NULL before the upgrade and after the end */
    struct list node;
    struct list dirty_node;
    struct list busy_node;
    struct address *address;
    struct buf message;     /* the pieces of a message that is not whole yet */
    struct buf identity;    /* from the upgrade to the session's opening: what the policy said of
                               the client, or a node's token */
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
    bool is_paused;  /* the session takes no message now */
    bool is_dead;    /* killed: nothing is written any more */
    bool is_link;    /* to a peer, not a client */
    bool is_dialled; /* we are the client: what we send is masked */
    bool is_tls;
    bool is_pinged;
    char address_text[INET6_ADDRSTRLEN];
};

/* A connection that was accepted; NULL for want of memory. Counted from now on. */
struct conn *conn_new(struct sockets *sockets, const struct sockaddr_storage *peer);
/* One that was dialled and whose WebSocket stands; then conn_dialled. */
struct conn *conn_new_dialled(struct sockets *sockets, struct lws *wsi,
                              const struct sockaddr_storage *peer);
/* Gives it to the mesh as what became of `dial`. Negative: nobody wants it, close it. */
int conn_dialled(struct conn *conn, uint64_t dial);
/* A callback for a connection that was dialled, but its end: then conn_free. */
int conn_event(struct conn *conn, enum lws_callback_reasons reason, void *in, size_t len);
/* Uncounts and frees one whose wsi is gone or was never made. */
void conn_free(struct conn *conn);

/* Ends it at once, without a Close frame: it is dead, or did not answer ours. */
void conn_kill(struct conn *conn);

/* libwebsockets' only protocol for accepted connections, for plain sockets and for TLS. */
extern const struct lws_protocols conn_protocols[];
extern const struct lws_protocols conn_protocols_tls[];

#endif

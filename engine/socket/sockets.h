/* sockets.h — all connections of a node: listeners, WebSockets, HTTP, their flush and their
 * keep-alive.
 *
 * libwebsockets on the engine's libuv loop. What it does badly at 4.1.6 is done here instead:
 * accepting (listener.c), timers for connections (keep_alive.c), writing (flush.c), the checks of a
 * handshake (handshake.c). */
#ifndef WSRELAY_SOCKET_SOCKETS_H
#define WSRELAY_SOCKET_SOCKETS_H

#include <libwebsockets.h>
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "base/list.h"
#include "config.h"
#include "relay/relay.h"
#include "socket/address.h"
#include "socket/dialer.h"
#include "socket/tls.h"

struct admin;
struct listener;
struct mesh;
struct web;

/* Open to socket/ alone. */
struct sockets {
    uv_loop_t *loop;
    struct relay *relay;
    struct mesh *mesh;     /* NULL: no links */
    const struct web *web; /* NULL: no scripts */
    size_t exchange_count; /* requests that the scripts answer */
    struct admin *admin;
    struct lws_context *context;
    struct lws_vhost *vhost;
    struct tls tls;
    struct dialer dialer;

    /* The configuration, as far as sockets use it. */
    size_t descriptors_max; /* what the descriptors allow, as it was at the start */
    size_t connections_max; /* limits.connections, or what the descriptors allow */
    size_t connections_per_address;
    uint64_t keep_alive_ms;

    struct list conns; /* struct conn.node: the ring that the keep-alive walks */
    size_t count;
    struct address_table addresses;

    struct listener **listeners;
    size_t listener_count;
    bool is_wsi_created; /* tells the two ways in which adopting can fail apart */

    struct list busy;   /* struct conn.busy_node: more may wait to be read */
    struct list urgent; /* struct conn.dirty_node, too: an answer is among the frames */
    struct list dirty;  /* struct conn.dirty_node: frames wait */
    uv_prepare_t flush_prepare;
    uv_idle_t flush_idle; /* runs while one turn was not enough */
    unsigned char *scratch;

    uv_timer_t keep_alive_timer;
    struct frame *ping_frame;

    struct sockets_gates {
        struct log_gate accept, handshake, limits, admin;
    } gates;
};

/* No timers in libwebsockets' sorted lists; keep_alive.c does it. */
extern const lws_retry_bo_t no_validity_timers;

/* Opens every listener of the configuration. On failure `error` holds a message for a person. */
int sockets_open(struct sockets **sockets, uv_loop_t *loop, struct relay *relay,
                 const struct config *config, const struct hash_key *key,
                 struct buf *error) RELAY_MUST_USE;

/* From now on nodes may connect. The mesh must outlive the sockets' connections. NULL: they are
 * refused. */
void sockets_set_mesh(struct sockets *sockets, struct mesh *mesh);

/* From now on the scripts answer requests. `web` must outlive the sockets. */
void sockets_set_web(struct sockets *sockets, const struct web *web);

/* Shows everybody who watches the overview this text, in the place of what a slow one did not get
 * yet; len 0: nothing. How many watch. */
size_t sockets_show(struct sockets *sockets, struct text text);

/* What a new configuration needs from files: its certificate, and whom it trusts. {0} is none. */
struct sockets_change {
    struct ssl_ctx_st *pair;
    struct x509_store_st *trust;
};

/* Reads them, on any thread. On failure `error` holds a message for a person, and there is none. */
int sockets_prepare(struct sockets_change *change, const struct config *config,
                    struct buf *error) RELAY_MUST_USE;
void sockets_change_deinit(struct sockets_change *change);

/* Opens the admin listener of a new configuration, or none, in the place of the one that stands;
 * the one part of it that can fail. On failure `error` says why, and nothing has changed. */
int sockets_apply_admin(struct sockets *sockets, const struct config *config,
                        struct buf *error) RELAY_MUST_USE;

/* Takes over limits, keep-alive, certificates and authorities of a new configuration. `change` then
 * holds what they replace: give it back on any thread, since the system's authorities take 2 ms. */
void sockets_apply(struct sockets *sockets, const struct config *config,
                   struct sockets_change *change);

/* No new connection from now on. */
void sockets_stop_listening(struct sockets *sockets);

/* Begins to close everything: then run the loop until it has nothing left, then sockets_free. */
void sockets_close(struct sockets *sockets);
void sockets_free(struct sockets *sockets);

#endif

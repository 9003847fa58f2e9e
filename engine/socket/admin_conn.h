/* admin_conn.h — one connection of the admin listener: a request after the other, or a viewer.
 *
 * A viewer is a WebSocket that is shown texts. Each replaces the one before: of a viewer that is
 * slow only the newest waits. It serves the listener and the token under which it came: when one of
 * them changes, it ends. For admin*.c alone. */
#ifndef WSRELAY_SOCKET_ADMIN_CONN_H
#define WSRELAY_SOCKET_ADMIN_CONN_H

#include <netinet/in.h>

#include "socket/accepted.h"
#include "socket/admin.h"
#include "socket/admin_auth.h"

struct exchange;
struct shown;

struct admin {
    struct sockets *sockets;
    struct listener *listener; /* NULL: nowhere */
    char *host;                /* where it listens */
    uint16_t port;
    struct admin_auth auth;
    struct list conns; /* struct admin_conn.node */
    size_t count;
};

struct admin_conn {
    struct accepted accepted; /* first */
    struct list node;
    struct admin *admin;
    struct lws *wsi;
    struct exchange *exchange; /* a request that the scripts answer; NULL: none */
    bool is_viewer;
    bool is_dead;          /* killed: nothing is answered any more */
    struct shown *waiting; /* NULL: nothing */
    uint64_t waiting_since_ms;
    char address_text[INET6_ADDRSTRLEN];
};

struct admin_conn *admin_conn_new(struct admin *admin, const struct sockaddr_storage *peer);
void admin_conn_free(struct admin_conn *conn);

/* Ends it in one of the next turns, without an answer. Twice is once. */
void admin_conn_kill(struct admin_conn *conn);
/* Whether it waits for a request of its client. */
bool admin_conn_is_idle(const struct admin_conn *conn);

/* A viewer that took nothing for half a minute is closed. */
void admin_conn_show(struct admin_conn *conn, struct shown *shown);

/* A text with the room that libwebsockets wants before it. NULL for want of memory. */
struct shown *shown_new(struct text text);
/* NULL is allowed. */
void shown_unref(struct shown *shown);

#endif

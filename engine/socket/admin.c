/* admin.c — see admin.h. */
#include "socket/admin.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "socket/admin_auth.h"
#include "socket/admin_conn.h"
#include "socket/listener.h"

#define CONNS_MAX 64   /* then the one that has idled longest makes room */
#define CLOSING_MAX 64 /* on their way out beside them */

struct admin *admin_new(struct sockets *sockets)
{
    struct admin *admin = calloc(1, sizeof(*admin));
    if (!admin)
        return NULL;
    admin->sockets = sockets;
    list_init(&admin->conns);
    return admin;
}

/* --- Where it listens --- */

/* Whoever connects and asks nothing must not lock the others out. */
static void make_room(struct admin *admin)
{
    struct sockets *sockets = admin->sockets;
    log_event_gated(sockets->relay->log, &sockets->gates.admin, clock_ms(&sockets->relay->clock),
                    LOG_WARN, "admin listener full",
                    LOG_FIELDS(LOG_INT("connections", admin->count)));
    for (struct list *node = admin->conns.next; node != &admin->conns; node = node->next) {
        struct admin_conn *conn = list_entry(node, struct admin_conn, node);
        if (admin_conn_is_idle(conn)) {
            admin_conn_kill(conn);
            return;
        }
    }
}

static void take(void *context, int fd, const struct sockaddr_storage *peer)
{
    struct admin *admin = context;
    struct admin_conn *conn =
        admin->count < CONNS_MAX + CLOSING_MAX ? admin_conn_new(admin, peer) : NULL;
    if (!conn) {
        close(fd);
        return;
    }
    lws_adopt_desc_t info = {
        .vh = admin->sockets->vhost,
        .type = LWS_ADOPT_HTTP | LWS_ADOPT_SOCKET,
        .fd.sockfd = fd,
        .opaque = conn,
    };
    admin->sockets->is_wsi_created = false;
    if (!lws_adopt_descriptor_vhost_via_info(&info) && !admin->sockets->is_wsi_created)
        admin_conn_free(conn);
    else if (admin->count > CONNS_MAX)
        make_room(admin);
}

static bool listens_there(const struct admin *admin, const struct config_listen *listen_on)
{
    return admin->listener && admin->host && strcmp(admin->host, listen_on->host) == 0 &&
           admin->port == listen_on->port;
}

static void close_listener(struct admin *admin)
{
    if (admin->listener)
        log_info(admin->sockets->relay->log, "admin listener closed",
                 LOG_STR("address", admin->host), LOG_INT("port", listener_port(admin->listener)));
    listener_close(admin->listener);
}

/* The old one goes when the new one stands. */
static int move(struct admin *admin, const struct config_listen *listen_on, struct buf *error)
{
    struct listener *listener = NULL;
    char *host = NULL;
    if (listen_on->host) {
        host = strdup(listen_on->host);
        listener =
            host ? listener_open(admin->sockets, listen_on, "admin", take, admin, error) : NULL;
        if (!listener) {
            free(host);
            return host ? RELAY_ESYSTEM : RELAY_ENOMEM;
        }
    }
    close_listener(admin);
    free(admin->host);
    admin->listener = listener;
    admin->host = host;
    admin->port = listen_on->port;
    return 0;
}

/* Those who came in by another door, or with another token. */
static void show_out(struct admin *admin)
{
    for (struct list *node = admin->conns.next; node != &admin->conns; node = node->next)
        admin_conn_kill(list_entry(node, struct admin_conn, node));
}

int admin_apply(struct admin *admin, const struct config *config, struct buf *error)
{
    struct admin_auth auth = {0};
    bool stays = config->admin.host && listens_there(admin, &config->admin);
    if (stays && admin_auth_is(&admin->auth, config->admin_token))
        return 0;
    int err = admin_auth_set(&auth, config->admin_token);
    if (!err && !stays)
        err = move(admin, &config->admin, error);
    if (err) {
        admin_auth_deinit(&auth);
        return err;
    }
    admin_auth_deinit(&admin->auth);
    admin->auth = auth;
    show_out(admin);
    return 0;
}

/* --- Those who watch --- */

size_t admin_show(struct admin *admin, struct text text)
{
    size_t viewers = 0;
    struct shown *shown = text.len ? shown_new(text) : NULL;
    for (struct list *node = admin->conns.next; node != &admin->conns; node = node->next) {
        struct admin_conn *conn = list_entry(node, struct admin_conn, node);
        if (!conn->is_viewer)
            continue;
        viewers++;
        if (shown)
            admin_conn_show(conn, shown);
    }
    shown_unref(shown);
    return viewers;
}

/* --- The end --- */

void admin_close(struct admin *admin)
{
    if (!admin)
        return;
    listener_close(admin->listener);
    admin->listener = NULL;
}

void admin_free(struct admin *admin)
{
    if (!admin)
        return;
    admin_auth_deinit(&admin->auth);
    free(admin->host);
    free(admin);
}

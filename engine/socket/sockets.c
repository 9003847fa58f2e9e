/* sockets.c — the libwebsockets context and the order in which things open and close. See
 * sockets.h. */
#include "socket/sockets.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "socket/admin.h"
#include "socket/admission.h"
#include "socket/conn.h"
#include "socket/flush.h"
#include "socket/keep_alive.h"
#include "socket/request_facts.h"
#include "socket/tls_client.h"

#define HANDSHAKE_SECONDS 5
#define DESCRIPTORS_SPARE                                                                          \
    160 /* for everything that is no connection, refusals, the admin listener */
#define DESCRIPTORS_WANTED 1048576

const lws_retry_bo_t no_validity_timers = {
    .secs_since_valid_ping = 0,
    .secs_since_valid_hangup = 0,
};

/* Sets the soft limit as high as the hard one goes, and no higher than libwebsockets can follow:
 * past ten million it falls back to a table of 2,560 and writes beyond it. How many connections
 * that allows. */
static size_t descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit))
        return 1024 - DESCRIPTORS_SPARE;
    rlim_t wanted = limit.rlim_max < DESCRIPTORS_WANTED ? limit.rlim_max : DESCRIPTORS_WANTED;
    if (limit.rlim_cur != wanted) {
        limit.rlim_cur = wanted;
        setrlimit(RLIMIT_NOFILE, &limit);
        getrlimit(RLIMIT_NOFILE, &limit);
    }
    return limit.rlim_cur > 2 * DESCRIPTORS_SPARE ? limit.rlim_cur - DESCRIPTORS_SPARE
                                                  : DESCRIPTORS_SPARE;
}

static void apply_limits(struct sockets *sockets, const struct config *config)
{
    size_t allowed = sockets->descriptors_max;
    sockets->connections_max = config->limits.connections;
    if (allowed < config->limits.connections) {
        log_info(sockets->relay->log, "fewer descriptors than limits.connections",
                 LOG_INT("connections", config->limits.connections), LOG_INT("room", allowed));
        sockets->connections_max = allowed;
    }
    sockets->connections_per_address = config->limits.connections_per_address;
    sockets->keep_alive_ms = (uint64_t)(config->keep_alive_seconds * 1000);
}

static int open_context(struct sockets *sockets, const struct config *config)
{
    void *loops[] = {sockets->loop};
    lws_set_log_level(0, NULL); /* its lines are no events of ours, and a stranger can cause them */
    struct lws_context_creation_info info = {
        .options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
                   LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT,
        .foreign_loops = loops,
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .gid = -1,
        .uid = -1,
        .user = sockets,
        .protocols = sockets->tls.is_on ? conn_protocols_tls : conn_protocols,
        .pt_serv_buf_size = CONN_RX_LEN_TLS + LWS_PRE,
        .timeout_secs = HANDSHAKE_SECONDS,
        .timeout_secs_ah_idle = HANDSHAKE_SECONDS,
        .keepalive_timeout = HANDSHAKE_SECONDS,
        .max_http_header_data = REQUEST_BYTES,
        .max_http_header_pool2 = (unsigned)(sockets->connections_max + DESCRIPTORS_SPARE),
        .retry_and_idle_policy = &no_validity_timers,
        .server_string = "wsrelay-engine",
        .vhost_name = "wsrelay",
        .alpn = "http/1.1",
        .ssl_cert_filepath = config->tls_cert,
        .ssl_private_key_filepath = config->tls_key,
    };
    sockets->context = lws_create_context(&info);
    if (!sockets->context)
        return RELAY_ESYSTEM;
    sockets->vhost = lws_create_vhost(sockets->context, &info);
    return sockets->vhost ? 0 : RELAY_ESYSTEM;
}

int sockets_open(struct sockets **out, uv_loop_t *loop, struct relay *relay,
                 const struct config *config, const struct hash_key *key, struct buf *error)
{
    struct sockets *sockets = calloc(1, sizeof(*sockets));
    *out = sockets;
    if (!sockets)
        return RELAY_ENOMEM;
    sockets->loop = loop;
    sockets->relay = relay;
    sockets->addresses.key = *key;
    list_init(&sockets->conns);
    dialer_init(&sockets->dialer);
    sockets->descriptors_max = descriptors();
    apply_limits(sockets, config);
    struct ssl_ctx_st *pair;
    int err = tls_read(&pair, config, error);
    if (!err)
        tls_swap(&sockets->tls, &pair);
    if (!err)
        err = flush_open(sockets);
    if (!err)
        err = keep_alive_open(sockets);
    if (!err && (err = open_context(sockets, config)))
        buf_add_text(error, "libwebsockets did not start; is libwebsockets-evlib-uv installed?");
    if (!err)
        err = dialer_open(sockets, config, error);
    if (!err)
        err = admission_open(sockets, config, error);
    if (!err && !(sockets->admin = admin_new(sockets)))
        err = RELAY_ENOMEM;
    if (!err)
        err = admin_apply(sockets->admin, config, error);
    return err;
}

void sockets_set_mesh(struct sockets *sockets, struct mesh *mesh)
{
    sockets->mesh = mesh;
}

void sockets_set_web(struct sockets *sockets, const struct web *web)
{
    sockets->web = web;
}

size_t sockets_show(struct sockets *sockets, struct text text)
{
    return admin_show(sockets->admin, text);
}

int sockets_apply_admin(struct sockets *sockets, const struct config *config, struct buf *error)
{
    return admin_apply(sockets->admin, config, error);
}

int sockets_prepare(struct sockets_change *change, const struct config *config, struct buf *error)
{
    *change = (struct sockets_change){.trust = tls_client_trust(config, error)};
    if (!change->trust)
        return RELAY_EINVAL;
    int err = tls_read(&change->pair, config, error);
    if (err)
        sockets_change_deinit(change);
    return err;
}

void sockets_change_deinit(struct sockets_change *change)
{
    tls_client_trust_free(change->trust);
    tls_pair_free(change->pair);
    *change = (struct sockets_change){0};
}

void sockets_apply(struct sockets *sockets, const struct config *config,
                   struct sockets_change *change)
{
    tls_client_swap(sockets->dialer.tls, &change->trust);
    tls_swap(&sockets->tls, &change->pair);
    apply_limits(sockets, config);
}

void sockets_stop_listening(struct sockets *sockets)
{
    admission_close(sockets);
}

/* Whoever is still here hears 1001, as far as its socket takes it. */
static void part(struct sockets *sockets)
{
    for (struct list *node = sockets->conns.next; node != &sockets->conns; node = node->next) {
        struct conn *conn = list_entry(node, struct conn, node);
        if (!conn->session)
            continue;
        session_close(conn->session, CLOSE_GOING_AWAY, "node going away");
        flush_now(conn);
    }
}

/* Our own handles first; then libwebsockets closes its connections, which takes turns of the loop.
 */
void sockets_close(struct sockets *sockets)
{
    dialer_close(sockets);
    part(sockets);
    admission_close(sockets);
    admin_close(sockets->admin);
    if (sockets->keep_alive_timer.data)
        keep_alive_close(sockets);
    if (sockets->flush_prepare.data)
        flush_close(sockets);
    if (sockets->context)
        lws_context_destroy(sockets->context);
}

void sockets_free(struct sockets *sockets)
{
    if (sockets->context)
        lws_context_destroy(sockets->context);
    admin_free(sockets->admin);
    dialer_free(sockets);
    tls_deinit(&sockets->tls);
    frame_unref(sockets->ping_frame);
    free(sockets->listeners);
    free(sockets->scratch);
    free(sockets);
}

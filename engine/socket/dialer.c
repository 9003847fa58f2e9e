/* dialer.c — see dialer.h. */
#include "socket/dialer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mesh/mesh.h"
#include "socket/attempt.h"
#include "socket/conn.h"
#include "socket/tls_client.h"

struct dial {
    struct list node;
    struct sockets *sockets; /* NULL: cancelled, and waits for the resolver */
    uint64_t id;
    uint64_t deadline_ms;
    struct url url;
    char *token;
    uv_getaddrinfo_t request;
    bool is_resolving;
    struct addrinfo *addresses;
    const struct addrinfo *next;
    struct attempt *attempt;
    char reason[DIAL_REASON_MAX]; /* of the last failure */
};

/* The dialer. */

void dialer_init(struct dialer *dialer)
{
    list_init(&dialer->dials);
    list_init(&dialer->attempts);
}

int dialer_open(struct sockets *sockets, const struct config *config, struct buf *error)
{
    struct dialer *dialer = &sockets->dialer;
    struct x509_store_st *trust = tls_client_trust(config, error);
    if (!trust)
        return RELAY_EINVAL;
    dialer->tls = tls_client_new(sockets, trust);
    if (!dialer->tls)
        return RELAY_ENOMEM;
    struct lws_context_creation_info info = {
        .options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT,
        .port = CONTEXT_PORT_NO_LISTEN,
        .protocols = attempt_protocols,
        .vhost_name = "wsrelay-dial",
        .alpn = "http/1.1",
        .provided_client_ssl_ctx = dialer->tls,
        .http_proxy_address = ":0", /* none; else the library takes $http_proxy */
    };
    dialer->vhost = lws_create_vhost(sockets->context, &info);
    return dialer->vhost ? 0 : RELAY_ESYSTEM;
}

void dialer_free(struct sockets *sockets)
{
    attempts_free(sockets);
    tls_client_free(sockets->dialer.tls);
}

/* One dial. */

static void dial_free(struct dial *dial)
{
    if (dial->addresses)
        uv_freeaddrinfo(dial->addresses);
    if (dial->token) {
        explicit_bzero(dial->token, strlen(dial->token));
        free(dial->token);
    }
    free(dial);
}

/* Out of the dialer's hands; a resolver at work frees it when it comes back. */
static void drop(struct dial *dial)
{
    list_remove(&dial->node);
    if (dial->attempt)
        attempt_abandon(dial->attempt);
    dial->attempt = NULL;
    dial->sockets = NULL;
    if (!dial->is_resolving)
        dial_free(dial);
    else
        uv_cancel((uv_req_t *)&dial->request);
}

static void give_up(struct dial *dial, const char *why)
{
    char reason[DIAL_REASON_MAX];
    struct mesh *mesh = dial->sockets->mesh;
    uint64_t id = dial->id;
    snprintf(reason, sizeof(reason), "%s", why);
    drop(dial);
    if (mesh)
        mesh_dial_failed(mesh, id, reason);
}

void dial_fails(struct dial *dial, const char *reason)
{
    dial->attempt = NULL;
    snprintf(dial->reason, sizeof(dial->reason), "%s", reason);
}

int dial_stands(struct dial *dial, struct conn *conn)
{
    uint64_t id = dial->id;
    dial->attempt = NULL;
    drop(dial);
    return conn_dialled(conn, id);
}

const struct url *dial_url(const struct dial *dial)
{
    return &dial->url;
}

const char *dial_token(const struct dial *dial)
{
    return dial->token;
}

static void try_next(struct dial *dial)
{
    const struct addrinfo *address = dial->next;
    dial->next = address->ai_next;
    dial->attempt = attempt_new(dial->sockets, dial, address->ai_addr);
}

static void resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *addresses)
{
    struct dial *dial = request->data;
    dial->is_resolving = false;
    dial->addresses = addresses;
    dial->next = addresses;
    if (!dial->sockets) {
        dial_free(dial);
        return;
    }
    if (status || !addresses)
        snprintf(dial->reason, sizeof(dial->reason), "cannot resolve %s", dial->url.host);
    else
        try_next(dial);
}

static void resolve(struct dial *dial)
{
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
        .ai_flags = dial->url.is_numeric ? AI_NUMERICHOST : 0,
    };
    dial->request.data = dial;
    dial->is_resolving = uv_getaddrinfo(dial->sockets->loop, &dial->request, resolved,
                                        dial->url.host, NULL, &hints) == 0;
    if (!dial->is_resolving)
        snprintf(dial->reason, sizeof(dial->reason), "cannot resolve %s", dial->url.host);
}

static bool token_is_valid(const char *token)
{
    for (const char *at = token; *at; at++)
        if (*at < ' ' || *at > '~')
            return false;
    return strlen(token) <= DIAL_TOKEN_MAX;
}

void dialer_dial(struct sockets *sockets, uint64_t id, const char *url, const char *token)
{
    struct dial *dial = sockets->dialer.is_closed ? NULL : calloc(1, sizeof(*dial));
    if (!dial || !(dial->token = strdup(token))) {
        free(dial);
        return;
    }
    dial->sockets = sockets;
    dial->id = id;
    dial->deadline_ms = clock_ms(&sockets->relay->clock) + DIAL_MS;
    list_append(&sockets->dialer.dials, &dial->node);
    if (url_parse(&dial->url, url))
        snprintf(dial->reason, sizeof(dial->reason), "invalid URL");
    else if (!token_is_valid(token))
        snprintf(dial->reason, sizeof(dial->reason), "invalid token");
    else
        resolve(dial);
}

void dialer_cancel(struct sockets *sockets, uint64_t id)
{
    struct list *dials = &sockets->dialer.dials;
    for (struct list *node = dials->next; node != dials; node = node->next) {
        struct dial *dial = list_entry(node, struct dial, node);
        if (dial->id != id)
            continue;
        drop(dial);
        return;
    }
}

void dialer_close(struct sockets *sockets)
{
    sockets->dialer.is_closed = true;
    while (!list_is_empty(&sockets->dialer.dials))
        drop(list_entry(sockets->dialer.dials.next, struct dial, node));
}

static void look_at(struct dial *dial, uint64_t now_ms)
{
    if (now_ms >= dial->deadline_ms)
        give_up(dial, "timed out");
    else if (dial->is_resolving || dial->attempt)
        return;
    else if (dial->next)
        try_next(dial);
    else
        give_up(dial, dial->reason);
}

/* The mesh may dial and cancel from inside of this: so many looks as there were dials, round and
 * round. */
void dialer_tick(struct sockets *sockets, uint64_t now_ms)
{
    struct list *dials = &sockets->dialer.dials;
    size_t count = 0;
    for (struct list *node = dials->next; node != dials; node = node->next)
        count++;
    for (size_t i = 0; i < count; i++) {
        struct list *node = list_shift(dials);
        if (!node)
            return;
        list_append(dials, node);
        look_at(list_entry(node, struct dial, node), now_ms);
    }
}

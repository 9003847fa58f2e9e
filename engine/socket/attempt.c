/* attempt.c — see attempt.h. */
#include "socket/attempt.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "socket/conn.h"
#include "socket/dialer.h"

#define TX_PACKET_LEN (64 * 1024)
#define LONG_MS 4800 /* libwebsockets gives each step HANDSHAKE_SECONDS */

struct attempt {
    struct list node; /* dialer.attempts */
    struct sockets *sockets;
    struct dial *dial; /* NULL: it stands, has failed, or was abandoned */
    struct lws *wsi;
    struct conn *conn;    /* since the WebSocket stands */
    uv_handle_t *watcher; /* libwebsockets' handle while it connects */
    const char *distrust; /* what is wrong with the certificate */
    uint64_t since_ms;
    unsigned status; /* of the answer to the upgrade */
    int error;       /* of the socket */
    bool has_lost_watcher;
    bool *is_gone; /* while it begins: whether libwebsockets has destroyed it */
    struct sockaddr_storage peer;
};

/* The handle that libwebsockets forgets. */

struct search {
    int fd;
    uv_handle_t *found;
};

static void look_for_fd(uv_handle_t *handle, void *context)
{
    struct search *search = context;
    uv_os_fd_t fd;
    if (handle->type == UV_POLL && !uv_is_closing(handle) && uv_fileno(handle, &fd) == 0 &&
        fd == search->fd)
        search->found = handle;
}

static void look_for_dead(uv_handle_t *handle, void *context)
{
    struct search *search = context;
    uv_os_fd_t fd;
    if (handle->type == UV_POLL && !uv_is_closing(handle) && !uv_is_active(handle) &&
        uv_fileno(handle, &fd) == 0 && fcntl(fd, F_GETFD) < 0)
        search->found = handle;
}

static uv_handle_t *find_handle(struct sockets *sockets, uv_walk_cb look, int fd)
{
    struct search search = {.fd = fd};
    uv_walk(sockets->loop, look, &search);
    return search.found;
}

static void free_handle(uv_handle_t *handle)
{
    free(handle); /* libwebsockets' allocator is malloc */
}

/* What became of it. */

static uint64_t now_ms(const struct sockets *sockets)
{
    return clock_ms(&sockets->relay->clock);
}

static void explain(const struct attempt *attempt, const char *what, char *reason, size_t size)
{
    bool says_certificate = attempt->distrust && strstr(attempt->distrust, "certificate");
    if (attempt->distrust)
        snprintf(reason, size, "%s%s", says_certificate ? "" : "certificate: ", attempt->distrust);
    else if (attempt->status && attempt->status != 101)
        snprintf(reason, size, "HTTP %u", attempt->status);
    else if (now_ms(attempt->sockets) - attempt->since_ms >= LONG_MS)
        snprintf(reason, size, "timed out");
    else if (attempt->error == ECONNREFUSED || attempt->has_lost_watcher)
        snprintf(reason, size, "connection refused");
    else if (attempt->error)
        snprintf(reason, size, "%s", strerror(attempt->error));
    else if (what && strncmp(what, "connect S", 9) == 0) /* SSL, SYSCALL: of SSL_connect */
        snprintf(reason, size, "TLS handshake failed");
    else if (!what || attempt->status == 0)
        snprintf(reason, size, "connection lost in the handshake");
    else
        snprintf(reason, size, "no WebSocket: %s", what);
}

static void fail(struct attempt *attempt, const char *what)
{
    char reason[DIAL_REASON_MAX];
    struct dial *dial = attempt->dial;
    if (!dial || attempt->is_gone)
        return;
    attempt->dial = NULL;
    explain(attempt, what, reason, sizeof(reason));
    dial_fails(dial, reason);
}

/* A descriptor that is gone already: that was the connect. */
static void connection_error(struct attempt *attempt, const void *in, size_t len)
{
    char what[96] = "";
    socklen_t error_len = sizeof(attempt->error);
    int fd = lws_get_socket_fd(attempt->wsi);
    attempt->has_lost_watcher = attempt->watcher && fd < 0;
    if (fd >= 0)
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &attempt->error, &error_len);
    if (in)
        snprintf(what, sizeof(what), "%.*s", (int)len, (const char *)in);
    fail(attempt, what);
}

static int append_header(struct attempt *attempt, char **at, size_t room)
{
    const char *token = attempt->dial ? dial_token(attempt->dial) : NULL;
    if (!token)
        return -1;
    int len = snprintf(*at, room, "Authentication: %s\r\n", token);
    if (len < 0 || (size_t)len >= room)
        return -1;
    *at += len;
    return 0;
}

static int established(struct attempt *attempt)
{
    struct dial *dial = attempt->dial;
    attempt->dial = NULL;
    if (!dial)
        return -1;
    attempt->conn = conn_new_dialled(attempt->sockets, attempt->wsi, &attempt->peer);
    if (!attempt->conn) {
        dial_fails(dial, "out of memory");
        return -1;
    }
    return dial_stands(dial, attempt->conn);
}

static void destroy(struct attempt *attempt)
{
    fail(attempt, NULL);
    if (attempt->is_gone)
        *attempt->is_gone = true;
    if (attempt->conn)
        conn_free(attempt->conn);
    if (attempt->has_lost_watcher)
        uv_close(attempt->watcher, free_handle);
    list_remove(&attempt->node);
    lws_set_opaque_user_data(attempt->wsi, NULL);
    free(attempt);
}

static int on_attempt(struct attempt *attempt, enum lws_callback_reasons reason, void *in,
                      size_t len)
{
    switch (reason) {
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
        return append_header(attempt, in, len);
    case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
        attempt->status = lws_http_client_http_response(attempt->wsi);
        return 0;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        connection_error(attempt, in, len);
        return 0;
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        return established(attempt);
    case LWS_CALLBACK_WSI_DESTROY:
        destroy(attempt);
        return 0;
    default:
        return attempt->conn ? conn_event(attempt->conn, reason, in, len) : 0;
    }
}

static int attempt_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                            size_t len)
{
    (void)user;
    struct sockets *sockets = lws_context_user(lws_get_context(wsi));
    if (!sockets->dialer.vhost || lws_get_vhost(wsi) != sockets->dialer.vhost)
        return 0;
    struct attempt *attempt = lws_get_opaque_user_data(wsi);
    if (!attempt)
        return 0;
    attempt->wsi = wsi;
    return on_attempt(attempt, reason, in, len);
}

/* A piece of a TLS record must not stay unread when the link pauses: see conn.c. */
const struct lws_protocols attempt_protocols[] = {
    {
        .name = "wsrelay",
        .callback = attempt_callback,
        .rx_buffer_size = CONN_RX_LEN_TLS,
        .tx_packet_size = TX_PACKET_LEN,
    },
    {0},
};

/* Its life. */

static bool write_address(const struct sockaddr *address, char *out, size_t size)
{
    if (address->sa_family == AF_INET)
        return uv_ip4_name((const struct sockaddr_in *)(const void *)address, out, size) == 0;
    return uv_ip6_name((const struct sockaddr_in6 *)(const void *)address, out, size) == 0;
}

/* Whether there is a way to the address: asked without sending anything, because what fails at once
 * must not fail inside of libwebsockets. */
static bool has_route(const struct sockaddr *address, const struct url *url)
{
    struct sockaddr_storage to = {0};
    bool is_v4 = address->sa_family == AF_INET;
    socklen_t len = is_v4 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    memcpy(&to, address, len);
    if (is_v4)
        ((struct sockaddr_in *)&to)->sin_port = htons(url->port);
    else
        ((struct sockaddr_in6 *)&to)->sin6_port = htons(url->port);
    int fd = socket(address->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool has = fd >= 0 && connect(fd, (struct sockaddr *)&to, len) == 0;
    int error = errno;
    if (fd >= 0)
        close(fd);
    errno = error;
    return has;
}

static struct lws *begin(struct attempt *attempt, const char *address)
{
    struct sockets *sockets = attempt->sockets;
    const struct url *url = dial_url(attempt->dial);
    struct lws_client_connect_info info = {
        .context = sockets->context,
        .vhost = sockets->dialer.vhost,
        .address = address,
        .port = url->port,
        .path = url->path,
        .host = url->authority,
        .ssl_connection =
            LCCSCF_HTTP_NO_FOLLOW_REDIRECT |
            (url->is_tls ? LCCSCF_USE_SSL | LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK : 0),
        .ietf_version_or_minus_one = -1,
        .alpn = "http/1.1",
        .retry_and_idle_policy = &no_validity_timers,
        .opaque_user_data = attempt,
    };
    return lws_client_connect_via_info(&info);
}

/* A connect that failed inside of the call: its handle is nameless, but its descriptor is closed.
 */
static void sweep(struct sockets *sockets)
{
    uv_handle_t *lost = find_handle(sockets, look_for_dead, -1);
    if (lost)
        uv_close(lost, free_handle);
}

static struct attempt *make(struct sockets *sockets, struct dial *dial,
                            const struct sockaddr *address)
{
    struct attempt *attempt = calloc(1, sizeof(*attempt));
    if (!attempt)
        return NULL;
    attempt->sockets = sockets;
    attempt->dial = dial;
    attempt->since_ms = now_ms(sockets);
    memcpy(&attempt->peer, address,
           address->sa_family == AF_INET ? sizeof(struct sockaddr_in)
                                         : sizeof(struct sockaddr_in6));
    list_append(&sockets->dialer.attempts, &attempt->node);
    return attempt;
}

/* When libwebsockets fails inside of its call it has destroyed the attempt, or does soon. */
static const char *start(struct attempt *attempt, const char *address)
{
    struct sockets *sockets = attempt->sockets;
    bool is_gone = false;
    attempt->is_gone = &is_gone;
    errno = 0;
    struct lws *wsi = begin(attempt, address);
    int error = errno;
    if (!is_gone)
        attempt->is_gone = NULL;
    if (wsi) {
        attempt->wsi = wsi;
        attempt->watcher = find_handle(sockets, look_for_fd, lws_get_socket_fd(wsi));
        return NULL;
    }
    if (!is_gone)
        attempt->dial = NULL;
    sweep(sockets);
    return error == ECONNREFUSED ? "connection refused" : "cannot connect";
}

struct attempt *attempt_new(struct sockets *sockets, struct dial *dial,
                            const struct sockaddr *address)
{
    char text[INET6_ADDRSTRLEN];
    const char *reason = NULL;
    struct attempt *attempt = NULL;
    if (!write_address(address, text, sizeof(text)))
        reason = "no internet address";
    else if (!has_route(address, dial_url(dial)))
        reason = strerror(errno);
    else if (!(attempt = make(sockets, dial, address)))
        reason = "out of memory";
    else
        reason = start(attempt, text);
    if (!reason)
        return attempt;
    dial_fails(dial, reason);
    return NULL;
}

void attempt_abandon(struct attempt *attempt)
{
    attempt->dial = NULL;
    lws_set_timeout(attempt->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
    lws_cancel_service(attempt->sockets->context); /* see conn_kill */
}

void attempts_free(struct sockets *sockets)
{
    struct list *node;
    while ((node = list_shift(&sockets->dialer.attempts)))
        free(list_entry(node, struct attempt, node));
}

struct attempt *attempt_find(struct sockets *sockets, int fd)
{
    struct list *attempts = &sockets->dialer.attempts;
    for (struct list *node = attempts->next; node != attempts; node = node->next) {
        struct attempt *attempt = list_entry(node, struct attempt, node);
        if (attempt->dial && attempt->wsi && lws_get_socket_fd(attempt->wsi) == fd)
            return attempt;
    }
    return NULL;
}

const struct url *attempt_url(const struct attempt *attempt)
{
    return dial_url(attempt->dial);
}

void attempt_distrusts(struct attempt *attempt, const char *reason)
{
    attempt->distrust = reason;
}

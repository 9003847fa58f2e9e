/* admin_conn.c — see admin_conn.h. */
#include "socket/admin_conn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "socket/conn.h"
#include "socket/exchange.h"
#include "socket/handshake.h"
#include "socket/http.h"

#define STALLED_MS 30000
#define VIEWERS_MAX 32
#define LIVE_PATH "/overview/live"

/* --- What is shown --- */

struct shown {
    size_t references;
    size_t len;
    unsigned char bytes[]; /* LWS_PRE, then the text */
};

struct shown *shown_new(struct text text)
{
    struct shown *shown = malloc(sizeof(*shown) + LWS_PRE + text.len);
    if (!shown)
        return NULL;
    shown->references = 1;
    shown->len = text.len;
    memcpy(shown->bytes + LWS_PRE, text.at, text.len);
    return shown;
}

void shown_unref(struct shown *shown)
{
    if (shown && --shown->references == 0)
        free(shown);
}

void admin_conn_kill(struct admin_conn *conn)
{
    if (conn->is_dead)
        return;
    conn->is_dead = true;
    conn->is_viewer = false;
    if (!conn->wsi) /* it was not heard of yet: serve looks */
        return;
    lws_set_timeout(conn->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
    lws_cancel_service(conn->admin->sockets->context); /* as in conn.c */
}

bool admin_conn_is_idle(const struct admin_conn *conn)
{
    return !conn->is_viewer && !conn->exchange && !conn->is_dead;
}

void admin_conn_show(struct admin_conn *conn, struct shown *shown)
{
    struct sockets *sockets = conn->admin->sockets;
    uint64_t now_ms = clock_ms(&sockets->relay->clock);
    if (!conn->waiting) {
        conn->waiting_since_ms = now_ms;
    } else if (now_ms - conn->waiting_since_ms >= STALLED_MS) {
        admin_conn_kill(conn);
        return;
    }
    shown_unref(conn->waiting);
    conn->waiting = shown;
    shown->references++;
    lws_callback_on_writable(conn->wsi);
}

/* libwebsockets keeps what the socket does not take, and calls again when that is gone. */
static int write_shown(struct admin_conn *conn)
{
    struct shown *shown = conn->waiting;
    if (!shown)
        return 0;
    conn->waiting = NULL;
    int written = lws_write(conn->wsi, shown->bytes + LWS_PRE, shown->len, LWS_WRITE_TEXT);
    shown_unref(shown);
    return written < 0 ? -1 : 0;
}

/* --- Requests --- */

/* Whether the request has the token; a wrong one is told in the log. */
static bool is_authorized(struct admin_conn *conn)
{
    struct sockets *sockets = conn->admin->sockets;
    if (admin_auth_allows(&conn->admin->auth, conn->wsi))
        return true;
    if (admin_auth_is_claimed(conn->wsi))
        log_event_gated(sockets->relay->log, &sockets->gates.admin,
                        clock_ms(&sockets->relay->clock), LOG_WARN, "wrong admin token",
                        LOG_FIELDS(LOG_STR("address", conn->address_text)));
    return false;
}

static void answer_ready(const struct relay *relay, struct http_answer *answer)
{
    answer->status = relay->draining ? 503 : 200;
    answer->body = relay->draining ? "draining\n" : "ready\n";
}

/* What a browser needs to come in without the token in every request. */
static void answer_login(struct admin_conn *conn, struct http_answer *answer, char *line,
                         size_t size)
{
    if (!is_authorized(conn)) {
        *answer = (struct http_answer){401, "WWW-Authenticate: Bearer\r\n", "text/plain",
                                       "the token is wrong\n", .is_head = answer->is_head};
        return;
    }
    if (conn->admin->auth.token)
        snprintf(line, size, "Set-Cookie: %s; Path=/; HttpOnly; SameSite=Strict\r\n",
                 conn->admin->auth.cookie);
    *answer =
        (struct http_answer){200, line, "text/plain", "welcome\n", .is_head = answer->is_head};
}

/* Whether the engine answers this by itself. */
static bool choose(struct admin_conn *conn, int method, const char *path,
                   struct http_answer *answer, char *line, size_t size)
{
    answer->is_head = method == LWSHUMETH_HEAD;
    if (method != LWSHUMETH_GET && method != LWSHUMETH_HEAD)
        *answer = (struct http_answer){405, "Allow: GET, HEAD\r\n", "text/plain", "GET only\n",
                                       .is_last = true};
    else if (strcmp(path, "/livez") == 0)
        answer->body = "alive\n";
    else if (strcmp(path, "/readyz") == 0)
        answer_ready(conn->admin->sockets->relay, answer);
    else if (!admin_auth_knows_host(&conn->admin->auth, conn->wsi))
        *answer = (struct http_answer){
            403, "", "text/plain",
            "without a token this listener answers to an address or localhost alone\n",
            .is_last = true};
    else if (strcmp(path, "/overview/login") == 0)
        answer_login(conn, answer, line, size);
    else if (strcmp(path, LIVE_PATH) == 0)
        *answer =
            (struct http_answer){426, "Upgrade: websocket\r\nConnection: Upgrade\r\n", "text/plain",
                                 "a WebSocket endpoint\n", .is_head = answer->is_head};
    else
        return false;
    return true;
}

static int ask_scripts(struct admin_conn *conn, const char *path)
{
    conn->exchange = exchange_begin(conn->admin->sockets, conn->wsi, conn->address_text, path,
                                    is_authorized(conn));
    return conn->exchange ? 0 : http_busy(conn->wsi);
}

static int serve(struct admin_conn *conn)
{
    char path[HTTP_PATH_MAX], line[ADMIN_COOKIE_MAX + 64] = "";
    struct http_answer answer = {200, "", "text/plain", "", false, false};
    int method = http_request(conn->wsi, path, sizeof(path));
    if (!choose(conn, method, path, &answer, line, sizeof(line)))
        return ask_scripts(conn, path);
    if (http_write(conn->wsi, &answer) < 0 || answer.is_last)
        return -1;
    return lws_http_transaction_completed(conn->wsi) ? -1 : 0;
}

/* --- The WebSocket --- */

static struct handshake_refusal check(struct admin_conn *conn)
{
    char path[HTTP_PATH_MAX];
    int method = http_request(conn->wsi, path, sizeof(path));
    if (strcmp(path, LIVE_PATH) != 0)
        return (struct handshake_refusal){404, "", "no such path"};
    if (!admin_auth_knows_host(&conn->admin->auth, conn->wsi) ||
        !admin_auth_is_same_origin(conn->wsi))
        return (struct handshake_refusal){403, "", "not from a page of another site"};
    if (!is_authorized(conn))
        return (struct handshake_refusal){401, "WWW-Authenticate: Bearer\r\n",
                                          "the admin token is missing or wrong"};
    if (admin_show(conn->admin, (struct text){"", 0}) >= VIEWERS_MAX)
        return (struct handshake_refusal){503, "", "too many watch"};
    return handshake_check_request(conn->wsi, method, conn_protocols[0].name);
}

static int confirm_upgrade(struct admin_conn *conn)
{
    if (lws_hdr_total_length(conn->wsi, WSI_TOKEN_UPGRADE) <= 0)
        return -1; /* as in handshake.c */
    char body[128];
    struct handshake_refusal refusal = check(conn);
    if (!refusal.status)
        return 0;
    snprintf(body, sizeof(body), "%s\n", refusal.reason);
    http_write(conn->wsi, &(struct http_answer){refusal.status, refusal.headers, "text/plain", body,
                                                .is_last = true});
    return -1;
}

static int admin_event(struct accepted *accepted, struct lws *wsi, enum lws_callback_reasons reason,
                       void *in, size_t len)
{
    (void)in, (void)len;
    struct admin_conn *conn = (struct admin_conn *)accepted;
    conn->wsi = wsi;
    if (conn->is_dead && reason != LWS_CALLBACK_WSI_DESTROY)
        return -1;
    switch (reason) {
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
        return confirm_upgrade(conn);
    case LWS_CALLBACK_HTTP:
        return serve(conn);
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return http_go_on(&conn->exchange, wsi);
    case LWS_CALLBACK_ESTABLISHED:
        conn->is_viewer = true;
        return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return write_shown(conn);
    case LWS_CALLBACK_CLOSED:
        conn->is_viewer = false;
        return 0;
    case LWS_CALLBACK_WSI_DESTROY:
        admin_conn_free(conn);
        return 0;
    default:
        return 0;
    }
}

/* --- Life --- */

struct admin_conn *admin_conn_new(struct admin *admin, const struct sockaddr_storage *peer)
{
    struct admin_conn *conn = calloc(1, sizeof(*conn));
    if (!conn)
        return NULL;
    conn->accepted.event = admin_event;
    conn->admin = admin;
    address_text(peer, conn->address_text);
    list_append(&admin->conns, &conn->node);
    admin->count++;
    return conn;
}

void admin_conn_free(struct admin_conn *conn)
{
    exchange_free(conn->exchange);
    shown_unref(conn->waiting);
    list_remove(&conn->node);
    conn->admin->count--;
    free(conn);
}

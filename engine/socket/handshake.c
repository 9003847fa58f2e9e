/* handshake.c — see handshake.h.
 *
 * libwebsockets 4.1.6 takes any version, key and method, and refuses what it refuses by dropping
 * the connection; and it calls this for a request whose headers it has freed already. Source: RFC
 * 6455 section 4.2, docs/protocol.md. */
#include "socket/handshake.h"

#include <libwebsockets.h>
#include <string.h>
#include <strings.h>

#include "mesh/mesh.h"
#include "socket/conn.h"
#include "socket/http.h"
#include "socket/request_facts.h"

#define VALUE_MAX 128      /* of the headers that are checked here */
#define KEY_LEN 24         /* base64 of 16 bytes */
#define EXTENSIONS_MAX 254 /* longer, and libwebsockets drops the connection without a word */
#define SUBPROTOCOLS_MAX 126
#define SUBPROTOCOL_MAX 62
#define TOKEN_MAX 1025 /* of a node, with a NUL */

static const struct handshake_refusal accepted = {0, "", ""};

static const char *header(struct lws *wsi, enum lws_token_indexes token, char value[VALUE_MAX])
{
    return http_header(wsi, token, value, VALUE_MAX);
}

/* Whether a comma-separated list has this token, in any case. */
static bool list_has(const char *list, const char *token)
{
    size_t token_len = strlen(token);
    while (*list) {
        list += strspn(list, ", \t");
        size_t len = strcspn(list, ", \t");
        if (len == token_len && strncasecmp(list, token, len) == 0)
            return true;
        list += len;
    }
    return false;
}

static bool key_is_valid(const char *key)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    return strlen(key) == KEY_LEN && strspn(key, alphabet) == KEY_LEN - 2 &&
           strcmp(key + KEY_LEN - 2, "==") == 0;
}

/* Whether libwebsockets will choose ours from a list of subprotocols: it drops the connection
 * without a word for a name that is too long for it or has other characters, and for a list without
 * ours. */
static bool subprotocol_is_known(struct lws *wsi, const char *known)
{
    static const char characters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    char value[VALUE_MAX];
    int total = lws_hdr_total_length(wsi, WSI_TOKEN_PROTOCOL);
    if (total == 0)
        return true;
    if (total > SUBPROTOCOLS_MAX)
        return false;
    bool is_known = false;
    for (const char *list = header(wsi, WSI_TOKEN_PROTOCOL, value); *list;) {
        list += strspn(list, ", \t");
        size_t len = strcspn(list, ", \t");
        if (len > SUBPROTOCOL_MAX || strspn(list, characters) < len)
            return false;
        is_known |= len == strlen(known) && memcmp(list, known, len) == 0;
        list += len;
    }
    return is_known;
}

struct handshake_refusal handshake_check_request(struct lws *wsi, int method,
                                                 const char *subprotocol)
{
    static const char version[] =
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n";
    char value[VALUE_MAX];
    if (method != LWSHUMETH_GET)
        return (struct handshake_refusal){405, "Allow: GET\r\n", "GET only"};
    if (strcasecmp(header(wsi, WSI_TOKEN_UPGRADE, value), "websocket") != 0)
        return (struct handshake_refusal){400, "", "upgrade to websocket only"};
    if (strcmp(header(wsi, WSI_TOKEN_HTTP, value), "HTTP/1.1") != 0)
        return (struct handshake_refusal){400, "", "HTTP/1.1 only"};
    if (lws_hdr_total_length(wsi, WSI_TOKEN_HOST) <= 0)
        return (struct handshake_refusal){400, "", "Host is missing"};
    if (!list_has(header(wsi, WSI_TOKEN_CONNECTION, value), "upgrade"))
        return (struct handshake_refusal){400, "", "Connection: Upgrade is missing"};
    if (strcmp(header(wsi, WSI_TOKEN_VERSION, value), "13") != 0)
        return (struct handshake_refusal){426, version, "WebSocket version 13 only"};
    if (!key_is_valid(header(wsi, WSI_TOKEN_KEY, value)))
        return (struct handshake_refusal){400, "", "invalid Sec-WebSocket-Key"};
    if (lws_hdr_total_length(wsi, WSI_TOKEN_EXTENSIONS) > EXTENSIONS_MAX)
        return (struct handshake_refusal){400, "", "Sec-WebSocket-Extensions is too long"};
    if (!subprotocol_is_known(wsi, subprotocol))
        return (struct handshake_refusal){400, "", "unknown subprotocol"};
    return accepted;
}

static struct handshake_refusal ask_policy(struct conn *conn, const char *path,
                                           struct verdict *verdict)
{
    struct relay *relay = conn->sockets->relay;
    if (!relay->hooks.client_connect)
        return accepted;
    struct request_facts facts;
    request_facts_collect(&facts, conn->wsi, conn->address_text, path, relay->hooks.client_headers);
    *verdict = relay->hooks.client_connect(relay->hooks.context, &facts.request, &conn->identity);
    if (verdict->allowed)
        return accepted;
    return (struct handshake_refusal){verdict->status ? verdict->status : 403, "",
                                      verdict->reason[0] ? verdict->reason : "not allowed"};
}

/* A node says who it is by its token alone. It is kept until the WebSocket stands. */
static struct handshake_refusal ask_mesh(struct conn *conn)
{
    static const char name[] = "authentication:";
    char token[TOKEN_MAX];
    int len = lws_hdr_custom_copy(conn->wsi, token, sizeof(token), name, sizeof(name) - 1);
    bool is_admitted = false;
    if (len > 0 && conn->sockets->mesh) {
        is_admitted = mesh_admits(conn->sockets->mesh, (struct text){token, (size_t)len});
        if (is_admitted)
            buf_add(&conn->identity, token, (size_t)len);
    }
    explicit_bzero(token, sizeof(token));
    if (!is_admitted)
        return (struct handshake_refusal){403, "", "not allowed"};
    if (conn->identity.failed)
        return (struct handshake_refusal){503, "", "full"};
    conn->is_link = true;
    return accepted;
}

static bool is_for_nodes(const char *path)
{
    return strcmp(path, "/node") == 0;
}

static struct handshake_refusal check(struct conn *conn, int method, const char *path,
                                      struct verdict *verdict)
{
    if (conn->refuse_status == 429)
        return (struct handshake_refusal){429, "", "too many connections from one address"};
    if (conn->refuse_status || conn->sockets->relay->draining)
        return (struct handshake_refusal){503, "", conn->refuse_status ? "full" : "draining"};
    if (!is_for_nodes(path) && strcmp(path, "/connect") != 0)
        return (struct handshake_refusal){404, "", "no such path"};
    struct handshake_refusal refusal =
        handshake_check_request(conn->wsi, method, conn_protocols[0].name);
    if (refusal.status)
        return refusal;
    return is_for_nodes(path) ? ask_mesh(conn) : ask_policy(conn, path, verdict);
}

/* A node that is not let in is told no more than anybody; its operator looks for it here. */
static void tell(const struct conn *conn, const char *path, const struct handshake_refusal *refusal)
{
    struct sockets *sockets = conn->sockets;
    bool is_token = is_for_nodes(path) && refusal->status == 403;
    log_event_gated(sockets->relay->log, &sockets->gates.handshake,
                    clock_ms(&sockets->relay->clock), is_token ? LOG_WARN : LOG_INFO,
                    "handshake refused",
                    LOG_FIELDS(LOG_STR("address", conn->address_text), LOG_STR("path", path),
                               LOG_INT("status", refusal->status),
                               LOG_STR("reason", is_token ? "unknown token" : refusal->reason)));
}

int handshake_check(struct conn *conn)
{
    if (lws_hdr_total_length(conn->wsi, WSI_TOKEN_UPGRADE) <= 0)
        return -1; /* libwebsockets has answered and freed the headers already */
    char path[VALUE_MAX] = "";
    int method = http_request(conn->wsi, path, sizeof(path));
    struct verdict verdict = {0};
    struct handshake_refusal refusal = check(conn, method, path, &verdict);
    if (!refusal.status)
        return 0;
    if (!conn->refuse_status) /* counted when it was accepted to be refused */
        conn->sockets->relay->counters.handshakes_refused++;
    tell(conn, path, &refusal);
    char body[VERDICT_REASON_MAX + 2];
    snprintf(body, sizeof(body), "%s\n", refusal.reason);
    http_write(conn->wsi, &(struct http_answer){refusal.status, refusal.headers, "text/plain", body,
                                                .is_last = true});
    return -1;
}

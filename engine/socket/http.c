/* http.c — see http.h. */
#include "socket/http.h"

#include <stdio.h>
#include <string.h>

#include "protocol/json_write.h"
#include "socket/conn.h"
#include "socket/exchange.h"

#define ANSWER_MAX 2048

static const char *phrase(unsigned status)
{
    static const struct {
        unsigned status;
        const char *phrase;
    } phrases[] = {
        {200, "OK"},
        {204, "No Content"},
        {302, "Found"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {426, "Upgrade Required"},
        {429, "Too Many Requests"},
        {500, "Internal Server Error"},
        {503, "Service Unavailable"},
    };
    for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++)
        if (phrases[i].status == status)
            return phrases[i].phrase;
    return "Refused";
}

int http_write(struct lws *wsi, const struct http_answer *answer)
{
    char text[ANSWER_MAX];
    int len = snprintf(text, sizeof(text),
                       "HTTP/1.1 %u %s\r\n"
                       "Content-Type: %s\r\n"
                       "Content-Length: %zu\r\n"
                       "Cache-Control: no-store\r\n"
                       "%s%s\r\n%s",
                       answer->status, phrase(answer->status), answer->type, strlen(answer->body),
                       answer->headers, answer->is_last ? "Connection: close\r\n" : "",
                       answer->is_head ? "" : answer->body);
    if (len < 0 || (size_t)len >= sizeof(text))
        return -1;
    return lws_write(wsi, (unsigned char *)text, (size_t)len, LWS_WRITE_HTTP);
}

void http_add_head(struct buf *text, const struct web_answer *answer)
{
    char line[96];
    snprintf(line, sizeof(line), "HTTP/1.1 %u %s\r\nContent-Type: ", answer->status,
             phrase(answer->status));
    buf_add_text(text, line);
    buf_add(text, answer->type.at, answer->type.len);
    if (answer->status != 204 && answer->status != 304) { /* RFC 9110, section 8.6 */
        snprintf(line, sizeof(line), "\r\nContent-Length: %zu", answer->body.len);
        buf_add_text(text, line);
    }
    buf_add_text(text, "\r\n");
    buf_add(text, answer->headers.at, answer->headers.len);
    buf_add_text(text, "\r\n");
}

const char *http_header(struct lws *wsi, enum lws_token_indexes token, char *value, size_t size)
{
    if (lws_hdr_copy(wsi, value, (int)size, token) < 0)
        value[0] = '\0';
    return value;
}

int http_request(struct lws *wsi, char *path, size_t size)
{
    char *at;
    int len;
    int method = lws_http_get_uri_and_method(wsi, &at, &len);
    if (method < 0 || len < 0)
        return -1;
    size_t kept = (size_t)len < size ? (size_t)len : size - 1;
    memcpy(path, at, kept);
    path[kept] = '\0';
    return method;
}

static const char *state_text(enum health_state state)
{
    static const char *const texts[] = {"good", "degraded", "bad"};
    return texts[state];
}

static void answer_health(struct conn *conn, struct http_answer *answer, char *body, size_t size)
{
    struct relay *relay = conn->sockets->relay;
    const struct health *health = relay_health(relay, conn->sockets->count);
    struct buf json;
    buf_init(&json, size - 1);
    buf_add_text(&json, "{\"healthy\":\"");
    buf_add_text(&json, state_text(health->state));
    buf_add_text(&json, "\",\"reason\":");
    json_write_string(&json, health->reason, strlen(health->reason));
    buf_add_text(&json, "}");
    snprintf(body, size, "%.*s", json.failed ? 0 : (int)json.len, json.failed ? "" : json.bytes);
    buf_deinit(&json);
    answer->status = health->state == HEALTH_BAD || relay->draining ? 503 : 200;
    answer->type = "application/json";
    answer->body = body;
}

static void choose(struct conn *conn, int method, const char *path, struct http_answer *answer,
                   char *body, size_t size)
{
    bool is_reading = method == LWSHUMETH_GET || method == LWSHUMETH_HEAD;
    answer->is_head = method == LWSHUMETH_HEAD;
    answer->is_last = !is_reading;
    if (conn->refuse_status) {
        answer->status = conn->refuse_status;
        answer->body = conn->refuse_status == 429 ? "too many connections\n" : "full\n";
        answer->is_last = true;
    } else if (strcmp(path, "/health") == 0 && is_reading) {
        answer_health(conn, answer, body, size);
    } else if (strcmp(path, "/health") == 0) {
        answer->status = 405;
        answer->headers = "Allow: GET, HEAD\r\n";
        answer->body = "GET only\n";
    } else if (strcmp(path, "/connect") == 0 || strcmp(path, "/node") == 0) {
        answer->status = 426;
        answer->headers =
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n";
        answer->body = "a WebSocket endpoint\n";
    }
}

int http_busy(struct lws *wsi)
{
    http_write(wsi, &(struct http_answer){503, "", "text/plain", "busy\n", .is_last = true});
    return -1;
}

int http_go_on(struct exchange **exchange, struct lws *wsi)
{
    enum exchange_state state = *exchange ? exchange_write(*exchange) : EXCHANGE_GOES_ON;
    if (state == EXCHANGE_GOES_ON)
        return 0;
    exchange_free(*exchange);
    *exchange = NULL;
    return state == EXCHANGE_FAILED || lws_http_transaction_completed(wsi) ? -1 : 0;
}

static bool is_for_scripts(const struct conn *conn, int method, const char *path)
{
    const struct web *web = conn->sockets->web;
    return !conn->refuse_status && web && (method == LWSHUMETH_GET || method == LWSHUMETH_HEAD) &&
           web->is_public(web->context, (struct text){path, strlen(path)});
}

int http_serve(struct conn *conn)
{
    char path[HTTP_PATH_MAX], body[1024];
    int method = http_request(conn->wsi, path, sizeof(path));
    if (is_for_scripts(conn, method, path)) {
        conn->exchange = exchange_begin(conn->sockets, conn->wsi, conn->address_text, path, false);
        return conn->exchange ? 0 : http_busy(conn->wsi);
    }
    struct http_answer answer = {404, "", "text/plain", "no such path\n", false, false};
    choose(conn, method, path, &answer, body, sizeof(body));
    if (http_write(conn->wsi, &answer) < 0 || answer.is_last)
        return -1;
    return lws_http_transaction_completed(conn->wsi) ? -1 : 0;
}

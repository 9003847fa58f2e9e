/* http.c — see http.h. */
#include "socket/http.h"

#include <libwebsockets.h>
#include <stdio.h>
#include <string.h>

#include "protocol/json_write.h"
#include "socket/conn.h"

#define ANSWER_MAX 2048
#define PATH_MAX_LEN 512

static const char *phrase(unsigned status)
{
    static const struct {
        unsigned status;
        const char *phrase;
    } phrases[] = {
        {200, "OK"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {426, "Upgrade Required"},
        {429, "Too Many Requests"},
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

int http_serve(struct conn *conn)
{
    char path[PATH_MAX_LEN], body[1024];
    int method = http_request(conn->wsi, path, sizeof(path));
    struct http_answer answer = {404, "", "text/plain", "no such path\n", false, false};
    choose(conn, method, path, &answer, body, sizeof(body));
    if (http_write(conn->wsi, &answer) < 0 || answer.is_last)
        return -1;
    return lws_http_transaction_completed(conn->wsi) ? -1 : 0;
}

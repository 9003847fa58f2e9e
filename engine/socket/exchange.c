/* exchange.c — see exchange.h.
 *
 * 4.1.6 reads nothing during a request, and spins while there is something to read, an end for
 * example: so reading is paused while the scripts think. It writes nothing while reading is paused,
 * and spins when it was asked to: so the pause begins in the writeable callback, which has just
 * consumed that wish. One case is left, and no browser, curl or Prometheus is it: a next request
 * that came with the first lies in the library's own buffer, and the library spins until the answer
 * is there, PATIENCE_SECONDS at most. The others are served meanwhile, but the core is busy, so
 * docs/scripts.md warns of public routes that wait. */
#include "socket/exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/json_write.h"
#include "protocol/utf8.h"
#include "socket/http.h"
#include "socket/request_facts.h"
#include "socket/sockets.h"

#define PIECE 32768
#define PATIENCE_SECONDS 30 /* for the scripts to answer, and for the reader to take a piece */
#define EXCHANGES_MAX 1000  /* at once: strangers can ask for public paths */
#define ANSWER_MAX ((size_t)64 * 1024 * 1024)

struct exchange {
    struct sockets *sockets;
    struct lws *wsi;
    struct web_request asked;
    bool is_head;
    struct buf answer; /* empty while the scripts think */
    size_t written;
};

/* --- The question --- */

static void add_member(struct buf *json, const char *name, struct text value)
{
    if (json->len > 1)
        buf_add_byte(json, ',');
    json_write_string(json, name, strlen(name));
    buf_add_byte(json, ':');
    json_write_string(json, value.at ? value.at : "", value.len);
}

/* Secrets are for the engine alone, and what is no text cannot be told. */
static bool is_told(const struct header *header)
{
    static const char *const secrets[] = {"authorization", "cookie"};
    for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++)
        if (header->name.len == strlen(secrets[i]) &&
            memcmp(header->name.at, secrets[i], header->name.len) == 0)
            return false;
    return utf8_is_valid(header->value.at, header->value.len);
}

static void add_headers(struct buf *json, const struct connect_request *request)
{
    buf_add_text(json, ",\"headers\":{");
    size_t count = 0;
    for (size_t i = 0; i < request->header_count; i++) {
        const struct header *header = &request->headers[i];
        if (!is_told(header))
            continue;
        if (count++ > 0)
            buf_add_byte(json, ',');
        json_write_string(json, header->name.at, header->name.len);
        buf_add_byte(json, ':');
        json_write_string(json, header->value.at, header->value.len);
    }
    buf_add_byte(json, '}');
}

static void compose(struct buf *json, struct lws *wsi, const char *address, const char *path,
                    bool is_head, bool is_authorized)
{
    static const char *const named[] = {"x-region", NULL};
    struct request_facts facts;
    request_facts_collect(&facts, wsi, address, path, named);
    buf_add_byte(json, '{');
    add_member(json, "method", is_head ? (struct text){"HEAD", 4} : (struct text){"GET", 3});
    add_member(json, "path", facts.request.path);
    add_member(json, "query", facts.request.query);
    add_member(json, "address", facts.request.address);
    add_headers(json, &facts.request);
    buf_add_text(json, is_authorized ? ",\"is_authorized\":true}" : ",\"is_authorized\":false}");
}

/* --- The answer --- */

static void on_answer(void *context, const struct web_answer *answer)
{
    struct exchange *exchange = context;
    http_add_head(&exchange->answer, answer);
    if (!exchange->is_head)
        buf_add(&exchange->answer, answer->body.at, answer->body.len);
    lws_rx_flow_control(exchange->wsi, 1);
    lws_callback_on_writable(exchange->wsi);
}

struct exchange *exchange_begin(struct sockets *sockets, struct lws *wsi, const char *address,
                                const char *path, bool is_authorized)
{
    const struct web *web = sockets->web;
    struct exchange *exchange = NULL;
    if (web && sockets->exchange_count < EXCHANGES_MAX)
        exchange = calloc(1, sizeof(*exchange));
    if (!exchange)
        return NULL;
    char unused[2];
    struct buf json = {0};
    *exchange = (struct exchange){
        .sockets = sockets,
        .wsi = wsi,
        .asked = {.context = exchange, .end = on_answer},
        .is_head = http_request(wsi, unused, sizeof(unused)) == LWSHUMETH_HEAD,
        .answer = {.max = ANSWER_MAX},
    };
    compose(&json, wsi, address, path, exchange->is_head, is_authorized);
    int err = json.failed
                  ? RELAY_ENOMEM
                  : web->ask(web->context, (struct text){json.bytes, json.len}, &exchange->asked);
    buf_deinit(&json);
    if (!err) {
        sockets->exchange_count++;
        lws_callback_on_writable(wsi);
        lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, PATIENCE_SECONDS);
        return exchange;
    }
    free(exchange);
    return NULL;
}

enum exchange_state exchange_write(struct exchange *exchange)
{
    struct buf *answer = &exchange->answer;
    if (answer->failed)
        return EXCHANGE_FAILED;
    if (answer->len == 0) {
        lws_rx_flow_control(exchange->wsi, 0);
        return EXCHANGE_GOES_ON;
    }
    size_t left = answer->len - exchange->written;
    size_t len = left < PIECE ? left : PIECE;
    if (lws_write(exchange->wsi, (unsigned char *)answer->bytes + exchange->written, len,
                  LWS_WRITE_HTTP) < 0)
        return EXCHANGE_FAILED;
    exchange->written += len;
    if (exchange->written == answer->len)
        return EXCHANGE_IS_OVER;
    lws_set_timeout(exchange->wsi, PENDING_TIMEOUT_HTTP_CONTENT, PATIENCE_SECONDS);
    lws_callback_on_writable(exchange->wsi);
    return EXCHANGE_GOES_ON;
}

void exchange_free(struct exchange *exchange)
{
    if (!exchange)
        return;
    exchange->sockets->exchange_count--;
    exchange->sockets->web->cancel(&exchange->asked);
    buf_deinit(&exchange->answer);
    free(exchange);
}

/* http.h — plain HTTP on a node's listeners: GET /health, and short answers to everything else. */
#ifndef WSRELAY_SOCKET_HTTP_H
#define WSRELAY_SOCKET_HTTP_H

#include <libwebsockets.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "web.h"

#define HTTP_PATH_MAX 512

struct conn;
struct exchange;

struct http_answer {
    unsigned status;
    const char *headers; /* more header lines, each with its CRLF; "" for none */
    const char *type;    /* of the body */
    const char *body;
    bool is_last; /* Connection: close */
    bool is_head; /* the headers alone */
};

/* Writes a whole answer. Negative: the connection is of no use any more. */
int http_write(struct lws *wsi, const struct http_answer *answer);

/* Adds the head of an answer, with the line that ends it. */
void http_add_head(struct buf *text, const struct web_answer *answer);

/* Answers that there is no room for the request; what the callback returns. */
int http_busy(struct lws *wsi);

/* LWS_CALLBACK_HTTP_WRITEABLE of a connection with this exchange, or none; what the callback
 * returns. It is freed when it is over. */
int http_go_on(struct exchange **exchange, struct lws *wsi);

/* LWS_CALLBACK_HTTP: answers a request that asks for no upgrade; what the callback returns. */
int http_serve(struct conn *conn);

/* A header's text; "" when it is absent or longer than there is room for. */
const char *http_header(struct lws *wsi, enum lws_token_indexes token, char *value, size_t size);

/* The request's path, cut at `size`, with its NUL; its method as LWSHUMETH_…, negative when there
 * is none. */
int http_request(struct lws *wsi, char *path, size_t size);

#endif

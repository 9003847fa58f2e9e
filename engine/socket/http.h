/* http.h — plain HTTP on a node's listeners: GET /health, and short answers to everything else. */
#ifndef WSRELAY_SOCKET_HTTP_H
#define WSRELAY_SOCKET_HTTP_H

#include <stdbool.h>
#include <stddef.h>

struct conn;
struct lws;

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

/* LWS_CALLBACK_HTTP: answers a request that asks for no upgrade; what the callback returns. */
int http_serve(struct conn *conn);

/* The request's path, cut at `size`, with its NUL; its method as LWSHUMETH_…, negative when there
 * is none. */
int http_request(struct lws *wsi, char *path, size_t size);

#endif

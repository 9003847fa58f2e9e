/* request_facts.h — what scripts and policies are told of a request.
 *
 * One struct on the stack holds all of it: the strings of `request` point into `bytes`. It has room
 * for all that libwebsockets takes of a request, but for arguments of the query beyond 128. */
#ifndef WSRELAY_SOCKET_REQUEST_FACTS_H
#define WSRELAY_SOCKET_REQUEST_FACTS_H

#include <libwebsockets.h>

#include "hooks.h"

#define REQUEST_BYTES 4096 /* of headers, max_http_header_data */
#define REQUEST_HEADERS_MAX (WSI_TOKEN_COUNT + 16)

struct request_facts {
    struct connect_request request;
    struct header headers[REQUEST_HEADERS_MAX];
    char bytes[5 * REQUEST_BYTES + REQUEST_HEADERS_MAX]; /* Origin twice, the query escaped */
    size_t used;
};

/* Collects them while the request's headers are still there. `names` are headers that libwebsockets
 * has no token for, lower case, NULL at the end; NULL for none. */
void request_facts_collect(struct request_facts *facts, struct lws *wsi, const char *address,
                           const char *path, const char *const *names);

#endif

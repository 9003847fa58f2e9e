/* url.h — where a node is dialled: ws://host[:port][/path] or wss://….
 *
 * A path that does not end with /node gets it at its end, so that "wss://node3.example.com/",
 * "wss://node3.example.com" and "wss://node3.example.com/node" are one. No user, no query, no
 * fragment. An IPv6 address stands in brackets. */
#ifndef WSRELAY_SOCKET_URL_H
#define WSRELAY_SOCKET_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define URL_HOST_MAX 110 /* libwebsockets cuts a Host line at 127 bytes, its line end too */
#define URL_PATH_MAX 512

struct url {
    bool is_tls;
    bool is_numeric;                                   /* the host is an address */
    uint16_t port;                                     /* 80 and 443 unless the URL says */
    char host[URL_HOST_MAX + 1];                       /* without brackets */
    char authority[URL_HOST_MAX + sizeof("[]:65535")]; /* for the Host header */
    char path[URL_PATH_MAX + sizeof("/node")];
};

/* RELAY_EINVAL: it is none. */
int url_parse(struct url *url, const char *text) RELAY_MUST_USE;

#endif

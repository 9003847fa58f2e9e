/* tls.h — a node's certificate: checked before it is used, replaced without a restart.
 *
 * libwebsockets makes the SSL_CTX; this keeps hold of it. New connections get the newest
 * certificate, standing ones keep theirs. */
#ifndef WSRELAY_SOCKET_TLS_H
#define WSRELAY_SOCKET_TLS_H

#include <stdbool.h>

#include "base/buf.h"

struct config;
struct ssl_ctx_st;

struct tls {
    bool is_on;
    struct ssl_ctx_st *context; /* libwebsockets' */
};

/* Whether the configuration's certificate and key can be read and belong together. On failure
 * `error` holds a message for a person that names the file. A configuration without TLS is fine. */
int tls_check(const struct config *config, struct buf *error) RELAY_MUST_USE;

/* libwebsockets has made its context. */
void tls_keep(struct tls *tls, struct ssl_ctx_st *context);

/* Reads the configuration's certificate again into the context. On failure the old one stays. */
int tls_reload(struct tls *tls, const struct config *config, struct buf *error) RELAY_MUST_USE;

#endif

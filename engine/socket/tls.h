/* tls.h — a node's certificate: checked before it is used, replaced without a restart.
 *
 * libwebsockets makes and keeps one SSL_CTX. At every handshake it is told to take the certificate
 * of ours, of which each load makes a new one: so a replacement is whole or not at all, whatever
 * its key type. Standing connections keep what they have. */
#ifndef WSRELAY_SOCKET_TLS_H
#define WSRELAY_SOCKET_TLS_H

#include <stdbool.h>

#include "base/buf.h"

struct config;
struct ssl_ctx_st;

struct tls {
    bool is_on;
    struct ssl_ctx_st *current; /* the newest certificate; NULL: plain */
};

/* Reads the configuration's certificate and key, and takes them when they belong together. On
 * failure `error` holds a message for a person that names the file, and the old ones stay. A
 * configuration without TLS is fine. */
int tls_load(struct tls *tls, const struct config *config, struct buf *error) RELAY_MUST_USE;

void tls_deinit(struct tls *tls);

/* libwebsockets has made its context. `tls` must outlive it. */
void tls_attach(struct tls *tls, struct ssl_ctx_st *context);

#endif

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

/* Reads the configuration's certificate and key, which must belong together; NULL in `*pair` where
 * it has none. On failure `error` holds a message for a person that names the file. Any thread. */
int tls_read(struct ssl_ctx_st **pair, const struct config *config,
             struct buf *error) RELAY_MUST_USE;
void tls_pair_free(struct ssl_ctx_st *pair);

/* From now on handshakes get this certificate; `*pair` is then what it replaces. NULL changes
 * nothing. */
void tls_swap(struct tls *tls, struct ssl_ctx_st **pair);

void tls_deinit(struct tls *tls);

/* libwebsockets has made its context. `tls` must outlive it. */
void tls_attach(struct tls *tls, struct ssl_ctx_st *context);

#endif

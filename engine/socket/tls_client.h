/* tls_client.h — whom a node believes when it dials: the certificate authorities, and that the
 * certificate is of the host that was dialled.
 *
 * One SSL_CTX, ours, that libwebsockets uses for every dial; a reload replaces what it trusts.
 * libwebsockets' own check knows the host by its Host header cut at the first colon, which is wrong
 * for an IPv6 address: it is done here instead. */
#ifndef WSRELAY_SOCKET_TLS_CLIENT_H
#define WSRELAY_SOCKET_TLS_CLIENT_H

#include "base/buf.h"

struct config;
struct sockets;
struct ssl_ctx_st;
struct x509_store_st;

/* What the configuration trusts: tls.ca, or what the system does. NULL: `error` holds a message for
 * a person. */
struct x509_store_st *tls_client_trust(const struct config *config, struct buf *error);

void tls_client_trust_free(struct x509_store_st *trust);

/* `sockets` must outlive it, `trust` is taken over. NULL for want of memory. */
struct ssl_ctx_st *tls_client_new(struct sockets *sockets, struct x509_store_st *trust);
void tls_client_free(struct ssl_ctx_st *context);
/* From now on another `trust` decides; `*trust` is then what it replaces. */
void tls_client_swap(struct ssl_ctx_st *context, struct x509_store_st **trust);

#endif

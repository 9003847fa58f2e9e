/* tls_client.c — see tls_client.h. */
#include "socket/tls_client.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "config.h"
#include "socket/attempt.h"

struct x509_store_st *tls_client_trust(const struct config *config, struct buf *error)
{
    X509_STORE *store = X509_STORE_new();
    ERR_clear_error();
    if (store && (config->tls_ca ? X509_STORE_load_file(store, config->tls_ca)
                                 : X509_STORE_set_default_paths(store)))
        return store;
    unsigned long code = ERR_peek_error();
    const char *reason =
        ERR_SYSTEM_ERROR(code) ? strerror(ERR_GET_REASON(code)) : ERR_reason_error_string(code);
    buf_add_text(error, "tls: cannot use the certificate authorities in ");
    buf_add_text(error, config->tls_ca ? config->tls_ca : "the system's store");
    buf_add_text(error, ": ");
    buf_add_text(error, reason ? reason : "unreadable");
    ERR_clear_error();
    X509_STORE_free(store);
    return NULL;
}

void tls_client_trust_free(struct x509_store_st *trust)
{
    X509_STORE_free(trust);
}

static int expect_host(X509_VERIFY_PARAM *param, const struct url *url)
{
    if (url->is_numeric)
        return X509_VERIFY_PARAM_set1_host(param, NULL, 0) &&
               X509_VERIFY_PARAM_set1_ip_asc(param, url->host);
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return X509_VERIFY_PARAM_set1_host(param, url->host, 0);
}

/* The peer's certificate is here. */
static int verify(X509_STORE_CTX *store, void *context)
{
    const SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct attempt *attempt = attempt_find(context, SSL_get_fd(ssl));
    if (!attempt || !expect_host(X509_STORE_CTX_get0_param(store), attempt_url(attempt))) {
        X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
        return 0;
    }
    if (X509_verify_cert(store) == 1)
        return 1;
    attempt_distrusts(attempt, X509_verify_cert_error_string(X509_STORE_CTX_get_error(store)));
    return 0;
}

/* Before the first byte of a handshake: an address is no server name (RFC 6066 section 3). */
static void on_info(const SSL *ssl, int where, int result)
{
    (void)result;
    if (!(where & SSL_CB_HANDSHAKE_START))
        return;
    SSL_CTX *context = SSL_get_SSL_CTX(ssl);
    struct attempt *attempt = attempt_find(SSL_CTX_get_app_data(context), SSL_get_fd(ssl));
    if (attempt && attempt_url(attempt)->is_numeric)
        SSL_set_tlsext_host_name((SSL *)(uintptr_t)ssl, NULL);
}

struct ssl_ctx_st *tls_client_new(struct sockets *sockets, struct x509_store_st *trust)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (!context) {
        X509_STORE_free(trust);
        return NULL;
    }
    SSL_CTX_set_cert_store(context, trust);
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_mode(context, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_app_data(context, sockets);
    SSL_CTX_set_cert_verify_callback(context, verify, sockets);
    SSL_CTX_set_info_callback(context, on_info);
    return context;
}

void tls_client_free(struct ssl_ctx_st *context)
{
    SSL_CTX_free(context);
}

void tls_client_swap(struct ssl_ctx_st *context, struct x509_store_st **trust)
{
    X509_STORE *old = SSL_CTX_get_cert_store(context);
    X509_STORE_up_ref(old);
    SSL_CTX_set_cert_store(context, *trust);
    *trust = old;
}

/* tls.c — see tls.h. */
#include "socket/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "config.h"

static int fail(struct buf *error, const char *what, const char *path)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    buf_add_text(error, "tls: cannot use the ");
    buf_add_text(error, what);
    buf_add_text(error, " in ");
    buf_add_text(error, path);
    buf_add_text(error, ": ");
    buf_add_text(error, reason ? reason : "unreadable");
    ERR_clear_error();
    return RELAY_EINVAL;
}

/* A key with a pass phrase is refused: asking for one would stop the loop. */
static int no_pass_phrase(char *out, int size, int is_writing, void *context)
{
    (void)out, (void)size, (void)is_writing, (void)context;
    return 0;
}

static int read_pair(SSL_CTX *context, const struct config *config, struct buf *error)
{
    ERR_clear_error();
    SSL_CTX_set_default_passwd_cb(context, no_pass_phrase);
    if (SSL_CTX_use_certificate_chain_file(context, config->tls_cert) != 1)
        return fail(error, "certificate", config->tls_cert);
    if (SSL_CTX_use_PrivateKey_file(context, config->tls_key, SSL_FILETYPE_PEM) != 1)
        return fail(error, "key", config->tls_key);
    if (SSL_CTX_check_private_key(context) != 1)
        return fail(error, "key", config->tls_key);
    return 0;
}

int tls_read(struct ssl_ctx_st **pair, const struct config *config, struct buf *error)
{
    *pair = NULL;
    if (!config->tls_cert)
        return 0;
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (!context)
        return RELAY_ENOMEM;
    int err = read_pair(context, config, error);
    if (err) {
        SSL_CTX_free(context);
        return err;
    }
    *pair = context;
    return 0;
}

void tls_pair_free(struct ssl_ctx_st *pair)
{
    SSL_CTX_free(pair);
}

void tls_swap(struct tls *tls, struct ssl_ctx_st **pair)
{
    if (!*pair)
        return;
    SSL_CTX *old = tls->current;
    tls->current = *pair;
    tls->is_on = true;
    *pair = old;
}

void tls_deinit(struct tls *tls)
{
    SSL_CTX_free(tls->current);
    tls->current = NULL;
}

/* A handshake is about to choose its certificate. */
static int choose(SSL *ssl, void *context)
{
    const struct tls *tls = context;
    return SSL_set_SSL_CTX(ssl, tls->current) != NULL;
}

void tls_attach(struct tls *tls, struct ssl_ctx_st *context)
{
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS); /* 34 KiB of an idle connection */
    SSL_CTX_set_cert_cb(context, choose, tls);
}

/* admin_auth.c — see admin_auth.h. Sources: RFC 6750 section 2.1, RFC 7617, RFC 6265. */
#include "socket/admin_auth.h"

#include <arpa/inet.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "crypto/hmac.h"
#include "protocol/base64.h"
#include "socket/http.h"
#include "socket/request_facts.h"

#define VALUE_MAX (REQUEST_BYTES + 1) /* cookies of others may come along */

bool admin_auth_is(const struct admin_auth *auth, const char *token)
{
    return auth->token && token ? strcmp(auth->token, token) == 0 : auth->token == token;
}

int admin_auth_set(struct admin_auth *auth, const char *token)
{
    static const char purpose[] = "wsrelay-engine admin cookie";
    unsigned char hmac[HMAC_LEN];
    char *copy = token ? strdup(token) : NULL;
    if (token &&
        (!copy || hmac_compute(hmac, token, strlen(token), purpose, sizeof(purpose) - 1))) {
        free(copy);
        return RELAY_ENOMEM;
    }
    admin_auth_deinit(auth);
    auth->token = copy;
    if (!token)
        return 0;
    /* Cookies do not know ports: nodes of one host with tokens of their own need names of their
     * own. */
    size_t len = (size_t)snprintf(auth->cookie, sizeof(auth->cookie),
                                  "wsrelay_%02x%02x%02x%02x=", hmac[0], hmac[1], hmac[2], hmac[3]);
    for (size_t i = 4; i < HMAC_LEN; i++)
        len += (size_t)snprintf(auth->cookie + len, sizeof(auth->cookie) - len, "%02x", hmac[i]);
    return 0;
}

void admin_auth_deinit(struct admin_auth *auth)
{
    if (auth->token)
        explicit_bzero(auth->token, strlen(auth->token));
    free(auth->token);
    explicit_bzero(auth, sizeof(*auth));
}

static const char *header(struct lws *wsi, enum lws_token_indexes token, char value[VALUE_MAX])
{
    return http_header(wsi, token, value, VALUE_MAX);
}

/* In constant time for a text of the right length. */
static bool equals(const char *expected, const char *given, size_t given_len)
{
    return strlen(expected) == given_len && CRYPTO_memcmp(expected, given, given_len) == 0;
}

static bool is_basic(const struct admin_auth *auth, const char *encoded)
{
    struct buf plain = {0};
    bool is_right = false;
    if (base64_decode(&plain, encoded, strlen(encoded)) == 0 && plain.len > 0) {
        const char *colon = memchr(plain.bytes, ':', plain.len);
        if (colon)
            is_right =
                equals(auth->token, colon + 1, (size_t)(plain.bytes + plain.len - (colon + 1)));
        explicit_bzero(plain.bytes, plain.len);
    }
    buf_deinit(&plain);
    return is_right;
}

static bool has_credentials(const struct admin_auth *auth, const char *value)
{
    if (strncasecmp(value, "Bearer ", 7) == 0)
        return equals(auth->token, value + 7, strlen(value + 7));
    return strncasecmp(value, "Basic ", 6) == 0 && is_basic(auth, value + 6);
}

static bool has_cookie(const struct admin_auth *auth, const char *list)
{
    while (*list) {
        list += strspn(list, "; ");
        size_t len = strcspn(list, ";");
        if (equals(auth->cookie, list, len))
            return true;
        list += len;
    }
    return false;
}

bool admin_auth_is_claimed(struct lws *wsi)
{
    return lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_AUTHORIZATION) > 0;
}

bool admin_auth_allows(const struct admin_auth *auth, struct lws *wsi)
{
    char value[VALUE_MAX];
    if (!auth->token)
        return true;
    bool is_allowed = has_credentials(auth, header(wsi, WSI_TOKEN_HTTP_AUTHORIZATION, value)) ||
                      has_cookie(auth, header(wsi, WSI_TOKEN_HTTP_COOKIE, value));
    explicit_bzero(value, sizeof(value));
    return is_allowed;
}

/* Cuts the port off, and the brackets of IPv6. */
static char *without_port(char *host)
{
    if (host[0] == '[') {
        host++;
        host[strcspn(host, "]")] = '\0';
    } else {
        host[strcspn(host, ":")] = '\0';
    }
    return host;
}

bool admin_auth_knows_host(const struct admin_auth *auth, struct lws *wsi)
{
    char value[VALUE_MAX];
    unsigned char address[sizeof(struct in6_addr)];
    if (auth->token)
        return true;
    (void)header(wsi, WSI_TOKEN_HOST, value);
    const char *host = without_port(value);
    return strcasecmp(host, "localhost") == 0 || inet_pton(AF_INET, host, address) == 1 ||
           inet_pton(AF_INET6, host, address) == 1;
}

bool admin_auth_is_same_origin(struct lws *wsi)
{
    char origin[VALUE_MAX], host[VALUE_MAX];
    if (lws_hdr_total_length(wsi, WSI_TOKEN_ORIGIN) <= 0)
        return true;
    const char *at = strstr(header(wsi, WSI_TOKEN_ORIGIN, origin), "://");
    return at && strcasecmp(at + 3, header(wsi, WSI_TOKEN_HOST, host)) == 0;
}

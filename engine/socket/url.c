/* url.c — see url.h. */
#include "socket/url.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NODE "/node"

static const char name_bytes[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_";

/* What follows the scheme; NULL for another one. */
static const char *skip_scheme(struct url *url, const char *text)
{
    if (strncasecmp(text, "ws://", 5) == 0)
        return text + 5;
    if (strncasecmp(text, "wss://", 6) != 0)
        return NULL;
    url->is_tls = true;
    return text + 6;
}

/* What follows the host; NULL when there is none that could be. */
static const char *take_host(struct url *url, const char *text)
{
    unsigned char address[sizeof(struct in6_addr)];
    bool is_v6 = *text == '[';
    const char *host = text + is_v6;
    size_t len = is_v6 ? strcspn(host, "]") : strspn(host, name_bytes);
    if (len == 0 || len > URL_HOST_MAX || (is_v6 && host[len] != ']'))
        return NULL;
    memcpy(url->host, host, len);
    url->host[len] = '\0';
    if (is_v6 && inet_pton(AF_INET6, url->host, address) != 1)
        return NULL;
    url->is_numeric = is_v6 || inet_pton(AF_INET, url->host, address) == 1;
    return host + len + is_v6;
}

/* What follows the port; NULL when it is wrong. */
static const char *take_port(struct url *url, const char *text)
{
    if (*text != ':') {
        url->port = url->is_tls ? 443 : 80;
        return text;
    }
    size_t len = strspn(++text, "0123456789");
    unsigned long port = strtoul(text, NULL, 10);
    if (len == 0 || len > 5 || port == 0 || port > UINT16_MAX)
        return NULL;
    url->port = (uint16_t)port;
    return text + len;
}

static bool path_is_valid(const char *path)
{
    if (*path && *path != '/')
        return false;
    for (const char *at = path; *at; at++)
        if (*at <= ' ' || *at > '~' || strchr("?#\"<>\\^`{|}", *at))
            return false;
    return strlen(path) <= URL_PATH_MAX;
}

static void take_path(struct url *url, const char *path)
{
    size_t len = strlen(path);
    bool is_whole = len >= strlen(NODE) && strcmp(path + len - strlen(NODE), NODE) == 0;
    if (!is_whole && len > 0 && path[len - 1] == '/')
        len--;
    snprintf(url->path, sizeof(url->path), "%.*s%s", (int)len, path, is_whole ? "" : NODE);
}

/* A port that everybody knows is left out (RFC 9110 section 7.2). */
static void compose_authority(struct url *url)
{
    bool is_v6 = strchr(url->host, ':') != NULL;
    int len = snprintf(url->authority, sizeof(url->authority), is_v6 ? "[%s]" : "%s", url->host);
    if (url->port != (url->is_tls ? 443 : 80))
        snprintf(url->authority + len, sizeof(url->authority) - (size_t)len, ":%u", url->port);
}

int url_parse(struct url *url, const char *text)
{
    *url = (struct url){0};
    if (!(text = skip_scheme(url, text)) || !(text = take_host(url, text)) ||
        !(text = take_port(url, text)) || !path_is_valid(text))
        return RELAY_EINVAL;
    take_path(url, text);
    compose_authority(url);
    return 0;
}

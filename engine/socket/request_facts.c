/* request_facts.c — see request_facts.h. */
#include "socket/request_facts.h"

#include <stdio.h>
#include <string.h>

#define ARGUMENTS_MAX 128
#define NAME_MAX_LEN 128

/* Copies a header's value behind the others; its length, or -1 when it is absent or there is no
 * room. */
static int copy_header(struct request_facts *facts, struct lws *wsi, enum lws_token_indexes token,
                       struct text *out)
{
    int total = lws_hdr_total_length(wsi, token);
    if (total <= 0 || facts->used + (size_t)total + 1 > sizeof(facts->bytes))
        return -1;
    char *at = facts->bytes + facts->used;
    int len = lws_hdr_copy(wsi, at, (int)(sizeof(facts->bytes) - facts->used), token);
    if (len < 0)
        return -1;
    facts->used += (size_t)len + 1;
    *out = (struct text){at, (size_t)len};
    return len;
}

/* libwebsockets names a header "origin:"; its other tokens ("get ", ":path") are no headers. */
static bool is_header_name(const char *name, size_t len)
{
    return len > 1 && name[0] != ':' && name[len - 1] == ':';
}

static void collect_headers(struct request_facts *facts, struct lws *wsi)
{
    for (int token = 0;
         token < WSI_TOKEN_COUNT && facts->request.header_count < REQUEST_HEADERS_MAX; token++) {
        const char *name = (const char *)lws_token_to_string((enum lws_token_indexes)token);
        size_t len = name ? strlen(name) : 0;
        struct header *to = &facts->headers[facts->request.header_count];
        if (!is_header_name(name, len) ||
            copy_header(facts, wsi, (enum lws_token_indexes)token, &to->value) < 0)
            continue;
        to->name = (struct text){name, len - 1};
        facts->request.header_count++;
    }
    facts->request.headers = facts->headers;
}

/* A byte that may stand in a query as it is. The first '=' of an argument parts its name from its
 * value; any other was escaped. */
static bool stays(unsigned char byte, bool had_equals)
{
    return byte > 0x20 && byte < 0x7f && !strchr("&%+#\"<>\\^`{|}", byte) &&
           !(byte == '=' && had_equals);
}

static void add_escaped(struct request_facts *facts, const char *argument, size_t len)
{
    bool had_equals = false;
    for (size_t i = 0; i < len && facts->used + 4 < sizeof(facts->bytes); i++) {
        unsigned char byte = (unsigned char)argument[i];
        char *at = facts->bytes + facts->used;
        if (stays(byte, had_equals))
            facts->used += (size_t)snprintf(at, 2, "%c", byte);
        else
            facts->used += (size_t)snprintf(at, 4, "%%%02X", byte);
        had_equals |= byte == '=';
    }
}

/* libwebsockets has cut the query at each '&' and unescaped the parts: put together again, so that
 * nothing in a value can pass for another argument. */
static void collect_query(struct request_facts *facts, struct lws *wsi)
{
    char argument[REQUEST_BYTES];
    size_t begin = facts->used;
    for (int i = 0; i < ARGUMENTS_MAX; i++) {
        int len =
            lws_hdr_copy_fragment(wsi, argument, sizeof(argument), WSI_TOKEN_HTTP_URI_ARGS, i);
        if (len < 0)
            break;
        if (i > 0)
            facts->bytes[facts->used++] = '&';
        add_escaped(facts, argument, (size_t)len);
    }
    facts->request.query = (struct text){facts->bytes + begin, facts->used - begin};
    facts->used++;
}

/* Those that the policy asks for by name and libwebsockets has no token for. */
static void collect_named(struct request_facts *facts, struct lws *wsi, const char *const *names)
{
    for (; names && *names && facts->request.header_count < REQUEST_HEADERS_MAX; names++) {
        char key[NAME_MAX_LEN];
        int key_len = snprintf(key, sizeof(key), "%s:", *names);
        char *at = facts->bytes + facts->used;
        int len =
            lws_hdr_custom_copy(wsi, at, (int)(sizeof(facts->bytes) - facts->used), key, key_len);
        if (len < 0)
            continue;
        facts->headers[facts->request.header_count++] =
            (struct header){{*names, (size_t)key_len - 1}, {at, (size_t)len}};
        facts->used += (size_t)len + 1;
    }
}

void request_facts_collect(struct request_facts *facts, struct lws *wsi, const char *address,
                           const char *path, const char *const *names)
{
    facts->used = 0;
    facts->request = (struct connect_request){
        .address = {address, strlen(address)},
        .path = {path, strlen(path)},
    };
    collect_query(facts, wsi);
    copy_header(facts, wsi, WSI_TOKEN_ORIGIN, &facts->request.origin);
    collect_headers(facts, wsi);
    collect_named(facts, wsi, names);
}

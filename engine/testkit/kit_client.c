/* kit_client.c — see kit_client.h. */
#include "testkit/kit_client.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/ws_frame.h"
#include "testkit/kit_net.h"

#define HEADERS_MAX 64

static void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

/* --- The upgrade --- */

static bool is_named(struct text name, const char *const *names)
{
    for (; names && *names; names++)
        if (strlen(*names) == name.len && memcmp(*names, name.at, name.len) == 0)
            return true;
    return false;
}

/* Those that libwebsockets has a token for, as far as a client sends them; others are shown only
 * when client_auth.headers names them. */
static bool is_shown(const struct relay *relay, struct text name)
{
    static const char *const usual[] = {"host",
                                        "origin",
                                        "accept",
                                        "accept-encoding",
                                        "accept-language",
                                        "authorization",
                                        "cache-control",
                                        "cookie",
                                        "from",
                                        "pragma",
                                        "proxy-authorization",
                                        "referer",
                                        "sec-websocket-protocol",
                                        "user-agent",
                                        "via",
                                        "x-auth-token",
                                        "x-forwarded-for",
                                        "x-real-ip",
                                        NULL};
    return is_named(name, usual) || is_named(name, relay->hooks.client_headers);
}

static size_t count_from(const struct relay *relay, struct text address)
{
    size_t count = 0;
    for (const struct list *at = relay->clients.next; at != &relay->clients; at = at->next) {
        const char *own = list_entry(at, struct client, node)->address;
        count += strlen(own) == address.len && memcmp(own, address.at, address.len) == 0;
    }
    return count;
}

static struct verdict refusal(unsigned status, const char *reason)
{
    struct verdict verdict = {.status = status};
    strncat(verdict.reason, reason, VERDICT_REASON_MAX);
    return verdict;
}

/* As socket/handshake.c asks. */
static struct verdict ask(const struct kit_node *node, const struct connect_request *request,
                          struct buf *identity)
{
    const struct relay *relay = &node->whole->relay;
    const struct config_limits *limits = &script_config(node->script)->limits;
    struct header shown[HEADERS_MAX];
    struct connect_request seen = *request;
    if (limits->connections_per_address &&
        count_from(relay, request->address) >= limits->connections_per_address)
        return refusal(429, "too many connections from one address");
    if (relay->client_count >= limits->connections)
        return refusal(503, "full");
    if (relay->draining)
        return refusal(503, "draining");
    seen.headers = shown;
    seen.header_count = 0;
    for (size_t i = 0; i < request->header_count && seen.header_count < HEADERS_MAX; i++)
        if (is_shown(relay, request->headers[i].name))
            shown[seen.header_count++] = request->headers[i];
    return relay->hooks.client_connect(relay->hooks.context, &seen, identity);
}

static void complete(struct verdict *verdict)
{
    if (!verdict->status)
        verdict->status = 403;
    if (!verdict->reason[0])
        *verdict = refusal(verdict->status, "not allowed");
}

static struct kit_client *client_new(struct kit_net *net)
{
    struct kit_client *client = must(calloc(1, sizeof(*client)));
    size_t size = (net->client_count + 1) * sizeof(struct kit_client *);
    list_init(&client->heard);
    net->clients = must(realloc(net->clients, size));
    net->clients[net->client_count++] = client;
    return client;
}

long kit_client_open(struct kit_net *net, struct kit_node *node,
                     const struct connect_request *request, struct verdict *verdict)
{
    struct buf identity = {0};
    *verdict = ask(node, request, &identity);
    if (verdict->allowed) {
        struct kit_client *client = client_new(net);
        client->whole = whole_client_open_as(node->whole, client, request->address.at, &identity);
    } else {
        complete(verdict);
    }
    buf_deinit(&identity);
    return verdict->allowed ? (long)net->client_count - 1 : -1;
}

/* --- What it hears --- */

void kit_client_heard(void *context, struct whole_client *whole, const char *text, size_t len)
{
    struct kit_client *client = whole->user;
    (void)context;
    if (client->heard_bytes + len > KIT_HEARD_MAX) {
        client_close(whole->client, CLOSE_TRY_LATER, "too slow");
        return;
    }
    struct kit_heard *heard = must(malloc(sizeof(*heard) + len));
    heard->len = len;
    memcpy(heard->text, text, len);
    client->heard_bytes += len;
    list_append(&client->heard, &heard->node);
}

void kit_client_closed(void *context, struct whole_client *whole, unsigned code)
{
    (void)context;
    (void)code;
    ((struct kit_client *)whole->user)->is_closed = true;
}

struct kit_heard *kit_client_hear(struct kit_client *client)
{
    struct list *node = list_shift(&client->heard);
    if (!node)
        return NULL;
    struct kit_heard *heard = list_entry(node, struct kit_heard, node);
    client->heard_bytes -= heard->len;
    return heard;
}

void kit_client_free(struct kit_client *client)
{
    struct kit_heard *heard;
    while ((heard = kit_client_hear(client)) != NULL)
        free(heard);
    free(client);
}

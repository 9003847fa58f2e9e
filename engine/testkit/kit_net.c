/* kit_net.c — see kit_net.h. */
#include "testkit/kit_net.h"

#include <stdlib.h>
#include <string.h>

#define ERROR_MAX 8192

static void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

static unsigned number_of(const struct whole_node *node)
{
    return ((const struct kit_node *)node->config.mind->context)->number;
}

static uint32_t delay_us(void *context, const struct whole_node *from, const struct whole_node *to)
{
    const struct kit_net *net = context;
    unsigned a = number_of(from), b = number_of(to);
    for (size_t i = 0; i < net->link_count; i++) {
        const struct kit_link *link = &net->links[i];
        if ((link->a == a && link->b == b) || (link->a == b && link->b == a))
            return link->delay_us;
    }
    return UINT32_MAX;
}

struct kit_net *kit_net_new(uint64_t seed, const struct kit_paths *paths)
{
    struct kit_net *net = must(calloc(1, sizeof(*net)));
    const struct whole_watch watch = {net, kit_client_heard, kit_client_closed};
    net->whole = whole_net_new(seed, watch);
    net->whole->paths = (struct whole_paths){net, delay_us};
    net->paths = paths;
    list_init(&net->asks);
    buf_init(&net->error, ERROR_MAX);
    return net;
}

/* Nodes and clients after the whole network: what ends in it still tells them. */
void kit_net_free(struct kit_net *net)
{
    while (!list_is_empty(&net->asks))
        kit_ask_free(list_entry(net->asks.next, struct kit_ask, node));
    whole_net_free(net->whole);
    for (unsigned i = 0; i < net->node_count; i++)
        kit_node_free(net->nodes[i]);
    for (size_t i = 0; i < net->client_count; i++)
        kit_client_free(net->clients[i]);
    for (size_t i = 0; i < net->wire_count; i++)
        kit_wire_free(net->wires[i]);
    free(net->wires);
    free(net->clients);
    free(net->links);
    buf_deinit(&net->error);
    buf_deinit(&net->text);
    free(net);
}

struct kit_node *kit_net_add(struct kit_net *net, const char *name, const char *main_path,
                             const char *policies)
{
    struct kit_node *node = kit_node_new(net, name, main_path, policies);
    net->nodes[net->node_count++] = node;
    return node;
}

void kit_net_link(struct kit_net *net, unsigned a, unsigned b, uint32_t delay)
{
    net->links = must(realloc(net->links, (net->link_count + 1) * sizeof(struct kit_link)));
    net->links[net->link_count++] = (struct kit_link){a, b, delay};
}

/* "wss://a.example.com:8443/node" → "a.example.com:8443" */
static struct text authority(const char *url)
{
    const char *at = strstr(url, "://");
    at = at ? at + 3 : url;
    return (struct text){at, strcspn(at, "/")};
}

struct kit_node *kit_net_find_host(const struct kit_net *net, const char *url)
{
    struct text wanted = authority(url);
    for (unsigned i = 0; i < net->node_count; i++) {
        if (!net->nodes[i]->host)
            continue;
        struct text own = authority(net->nodes[i]->host);
        if (own.len == wanted.len && memcmp(own.at, wanted.at, own.len) == 0)
            return net->nodes[i];
    }
    return NULL;
}

/* mesh_fixture.c — see mesh_fixture.h. */
#include "mesh_fixture.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

struct heard {
    struct list node;
    char *text;
};

/* A client's memory; whole_client.user. */
struct memory {
    struct list texts;
    char *last;
};

static struct memory *memory_of(struct whole_client *client)
{
    if (!client->user) {
        struct memory *memory = calloc(1, sizeof(*memory));
        assert_non_null(memory);
        list_init(&memory->texts);
        client->user = memory;
    }
    return client->user;
}

static void on_heard(void *context, struct whole_client *client, const char *text, size_t len)
{
    (void)context;
    struct heard *heard = calloc(1, sizeof(*heard));
    assert_non_null(heard);
    heard->text = strndup(text, len);
    list_append(&memory_of(client)->texts, &heard->node);
}

struct whole_net *mesh_net_new(void)
{
    return whole_net_new(1, (struct whole_watch){.heard = on_heard});
}

const char *mesh_heard(struct whole_client *client)
{
    struct memory *memory = memory_of(client);
    struct list *node = list_shift(&memory->texts);
    if (!node)
        return NOTHING_HEARD;
    struct heard *heard = list_entry(node, struct heard, node);
    free(memory->last);
    memory->last = heard->text;
    free(heard);
    return memory->last;
}

static void forget(struct whole_client *client)
{
    struct memory *memory = client->user;
    if (!memory)
        return;
    while (!list_is_empty(&memory->texts))
        (void)mesh_heard(client);
    free(memory->last);
    free(memory);
}

void mesh_net_free(struct whole_net *net)
{
    for (struct list *at = net->clients.next; at != &net->clients; at = at->next)
        forget(list_entry(at, struct whole_client, all));
    net->watch.heard = NULL;
    far_end_free_all();
    whole_net_free(net);
}

struct whole_node *mesh_node(struct whole_net *net, const char *name, const char *peer)
{
    struct whole_config config = {.name = name, .token = WHOLE_TOKEN, .pool = 16};
    if (peer)
        config.peers[config.peer_count++] = peer;
    return whole_net_add(net, &config);
}

struct whole_net *mesh_row(unsigned count)
{
    static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    struct whole_net *net = mesh_net_new();
    for (unsigned i = 0; i < count; i++)
        mesh_node(net, names[i], i > 0 ? names[i - 1] : NULL);
    whole_net_advance(net, 3000);
    for (unsigned i = 1; i < count; i++)
        assert_non_null(mesh_link_of(net->nodes[i], names[i - 1]));
    return net;
}

struct link *mesh_link_of(const struct whole_node *node, const char *peer)
{
    return mesh_link_to(node->mesh, text_of(peer));
}

struct whole_client *mesh_client(struct whole_node *node)
{
    return whole_client_open(node, NULL);
}

struct whole_client *mesh_member(struct whole_node *node, const char *channel, const char *password)
{
    struct whole_client *client = mesh_client(node);
    whole_client_subscribe(client, channel, password, 1);
    whole_net_advance(node->net, 2000);
    assert_client_hears(client, CLIENT_OK("1"));
    return client;
}

void mesh_assert_hears(struct whole_client *client, const char *text, const char *file, int line)
{
    char *expected = strdup(text);
    assert_non_null(expected);
    for (char *at = expected; *at; at++)
        if (*at == '\'')
            *at = '"';
    _assert_string_equal(mesh_heard(client), expected, file, line);
    free(expected);
}

/* kit_ask.c — see kit_ask.h. */
#include "testkit/kit_ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "testkit/kit_net.h"

static void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

static void keep(struct kit_ask *ask, const struct mesh_response *response)
{
    size_t source_len = response->source.len, data_len = response->data.len;
    struct kit_answer *answer = must(malloc(sizeof(*answer) + source_len + data_len));
    answer->source_len = source_len;
    answer->data_len = data_len;
    memcpy(answer->bytes, response->source.at, source_len);
    memcpy(answer->bytes + source_len, response->data.at, data_len);
    list_append(&ask->answers, &answer->node);
}

static void on_response(void *context, const struct mesh_response *response, const char *error)
{
    struct kit_ask *ask = context;
    if (response)
        keep(ask, response);
    else
        snprintf(ask->reason, sizeof(ask->reason), "%s", error ? error : "");
    ask->is_done = true;
}

/* A broadcast is over when NULL comes. */
static void on_responses(void *context, const struct mesh_response *response, const char *error)
{
    struct kit_ask *ask = context;
    (void)error;
    if (response)
        keep(ask, response);
    else
        ask->is_done = true;
}

struct kit_ask *kit_ask_new(struct kit_net *net, struct kit_node *asker, struct text node,
                            struct text data, uint64_t timeout_ms)
{
    struct kit_ask *ask = must(calloc(1, sizeof(*ask)));
    struct mesh *mesh = asker->whole->mesh;
    ask->asker = asker;
    ask->starts = asker->whole->starts;
    ask->number = ++net->last_ask;
    list_init(&ask->answers);
    list_append(&net->asks, &ask->node);
    ask->request = node.len ? mesh_request(mesh, node, data, timeout_ms, on_response, ask)
                            : mesh_broadcast(mesh, data, timeout_ms, on_responses, ask);
    if (ask->request)
        return ask;
    kit_ask_free(ask);
    return NULL;
}

static bool is_awaited(const struct kit_ask *ask)
{
    return ask->request && !ask->is_done && kit_node_is_alive(ask->asker) &&
           ask->asker->whole->starts == ask->starts;
}

void kit_ask_free(struct kit_ask *ask)
{
    struct list *node;
    if (is_awaited(ask))
        mesh_request_cancel(ask->asker->whole->mesh, ask->request);
    while ((node = list_shift(&ask->answers)) != NULL)
        free(list_entry(node, struct kit_answer, node));
    list_remove(&ask->node);
    free(ask);
}

struct kit_ask *kit_ask_find(const struct kit_net *net, uint64_t number)
{
    for (struct list *at = net->asks.next; at != &net->asks; at = at->next)
        if (list_entry(at, struct kit_ask, node)->number == number)
            return list_entry(at, struct kit_ask, node);
    return NULL;
}

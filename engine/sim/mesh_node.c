/* mesh_node.c — see mesh_node.h. */
#include "sim/mesh_node.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define LITERAL(s) ((struct text){(s), sizeof(s) - 1})

static void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

static struct inm_address address_of(const struct packet_head *head)
{
    return (struct inm_address){
        .source = head->source.at,
        .source_len = head->source.len,
        .destination = head->destination.at,
        .destination_len = head->destination.len,
        .nonce = head->nonce.at,
        .nonce_len = head->nonce.len,
    };
}

/* The packet around `data`, with its bytes. */
static struct packet *compose(struct mesh_node *node, const struct packet_head *head,
                              struct text data)
{
    struct inm_address address = address_of(head);
    buf_clear(&node->text);
    inm_packet_write(&node->text, &address, head->type, data.at, data.len);
    assert(!node->text.failed);
    return must(packet_new(head, node->text.bytes, node->text.len));
}

static void send_packet(struct mesh_node *node, unsigned link, const struct packet *packet)
{
    const struct station *station = &node->station;
    station->send(station->context, station->node, link, packet->bytes, packet->len);
}

static void forward_broadcast(void *context, unsigned link, struct packet *packet)
{
    struct mesh_node *node = context;
    node->station.copied(node->station.context, node->station.node, link);
    send_packet(node, link, packet);
}

static void forward_directed(void *context, unsigned link, struct packet *packet)
{
    send_packet(context, link, packet);
}

static void tell(void *context, unsigned link, const struct link_packet *packet)
{
    struct mesh_node *node = context;
    const struct station *station = &node->station;
    struct packet_head head = {INM_LINK, station->name, node->peers[link], LITERAL("-")};
    struct inm_address address = address_of(&head);
    buf_clear(&node->text);
    inm_packet_begin(&node->text, &address, INM_LINK);
    link_packet_write(&node->text, packet);
    inm_packet_end(&node->text);
    assert(!node->text.failed);
    node->link_bytes += node->text.len;
    station->send(station->context, station->node, link, node->text.bytes, node->text.len);
}

/* The observer sees a packet as a node would: parsed again, when its turn has come. */
static void deliver(void *context, struct packet *packet)
{
    struct mesh_node *node = context;
    struct inm_packet parsed;
    int err = inm_packet_parse(&parsed, packet->bytes, packet->len);
    assert(err == 0);
    (void)err;
    node->station.deliver(node->station.context, node->station.node, &parsed);
}

static size_t queued_bytes(void *context, unsigned link)
{
    const struct station *station = &((struct mesh_node *)context)->station;
    return station->queued_bytes(station->context, station->node, link);
}

static void left(void *context, unsigned link, struct text source)
{
    (void)context;
    (void)link;
    (void)source;
}

static uint32_t draw(void *context)
{
    return (uint32_t)(chance_next(((struct mesh_node *)context)->station.chance) >> 32);
}

static unsigned direct(void *context, struct text name)
{
    const struct mesh_node *node = context;
    for (unsigned link = 0; link < node->peer_count; link++) {
        const struct text *peer = &node->peers[link];
        if (peer->len == name.len && memcmp(peer->at, name.at, name.len) == 0)
            return link;
    }
    return LINK_NONE;
}

struct mesh_node *mesh_node_new(const struct station *station, uint64_t boot)
{
    struct mesh_node *node = must(calloc(1, sizeof(*node)));
    struct hash_key key = {chance_next(station->chance), chance_next(station->chance)};
    struct tree_owner owner = {
        .clock = station->clock,
        .context = node,
        .forward = forward_broadcast,
        .tell = tell,
        .deliver = deliver,
        .queued_bytes = queued_bytes,
        .left = left,
        .random = draw,
    };
    struct router_owner routes = {.context = node, .forward = forward_directed, .direct = direct};
    node->station = *station;
    node->tree = must(tree_new(&owner, &key, station->name, boot));
    router_init(&node->router, &routes, station->clock, node->tree, node->station.name);
    return node;
}

void mesh_node_free(struct mesh_node *node)
{
    if (!node)
        return;
    tree_free(node->tree);
    buf_deinit(&node->text);
    free(node->peers);
    free(node);
}

void mesh_node_up(struct mesh_node *node, unsigned link, struct text peer, bool is_plain,
                  uint32_t latency_ms)
{
    if (link >= node->peer_count) {
        node->peers = must(realloc(node->peers, (link + 1) * sizeof(struct text)));
        while (node->peer_count <= link)
            node->peers[node->peer_count++] = (struct text){NULL, 0};
    }
    node->peers[link] = peer;
    if (tree_link_up(node->tree, link, is_plain, latency_ms) != 0)
        abort();
}

void mesh_node_down(struct mesh_node *node, unsigned link)
{
    node->peers[link].len = 0;
    tree_link_down(node->tree, link);
}

static void answer(struct mesh_node *node, const struct packet_head *command)
{
    struct packet_head head = {INM_RESPONSE, node->station.name, command->source, command->nonce};
    struct packet *packet = compose(node, &head, LITERAL("{\"ok\":true}"));
    router_send(&node->router, packet, ROUTE_BEST);
    packet_unref(packet);
}

static void receive_directed(struct mesh_node *node, unsigned link, struct packet *packet,
                             const struct inm_packet *parsed)
{
    if (router_receive(&node->router, link, packet) != ROUTE_MINE)
        return;
    if (parsed->type == INM_COMMAND)
        answer(node, &packet->head);
    else
        node->station.deliver(node->station.context, node->station.node, parsed);
}

static void receive(struct mesh_node *node, unsigned link, const char *text, size_t len,
                    const struct inm_packet *parsed)
{
    struct packet_head head = {
        parsed->type,
        {parsed->source, parsed->source_len},
        {parsed->destination, parsed->destination_len},
        {parsed->nonce, parsed->nonce_len},
    };
    struct packet *packet = must(packet_new(&head, text, len));
    if (parsed->is_for_all)
        tree_receive(node->tree, link, packet);
    else
        receive_directed(node, link, packet, parsed);
    packet_unref(packet);
}

void mesh_node_arrive(struct mesh_node *node, unsigned link, const char *text, size_t len)
{
    struct inm_packet parsed;
    if (inm_packet_parse(&parsed, text, len) != 0) {
        node->malformed++;
        return;
    }
    if (parsed.type != INM_LINK) {
        receive(node, link, text, len, &parsed);
        return;
    }
    struct link_packet told;
    if (link_packet_read(&told, parsed.data.at, parsed.data.len) == 0)
        tree_hear(node->tree, link, &told);
    else
        node->malformed++;
}

void mesh_node_publish(struct mesh_node *node, const char *message)
{
    char nonce[INM_NONCE_OURS_MAX];
    struct buf data = {0};
    struct packet_head head = {INM_MESSAGE, node->station.name, LITERAL("*"), {nonce, 0}};
    head.nonce.len = tree_nonce(node->tree, nonce);
    buf_add_text(&data, "{\"message\":\"");
    buf_add_text(&data, message);
    buf_add_text(&data, "\",\"channel\":\"garden\"}");
    struct packet *packet = compose(node, &head, (struct text){data.bytes, data.len});
    buf_deinit(&data);
    tree_publish(node->tree, packet);
    packet_unref(packet);
}

void mesh_node_ask(struct mesh_node *node, struct text destination, enum route_attempt attempt,
                   char nonce[ROUTE_NONCE_LEN + 1])
{
    uint64_t random[2] = {chance_next(node->station.chance), chance_next(node->station.chance)};
    unsigned char bytes[ROUTE_RANDOM_LEN];
    memcpy(bytes, random, sizeof(bytes));
    route_nonce(nonce, attempt, bytes);
    struct packet_head head = {
        INM_COMMAND, node->station.name, destination, {nonce, ROUTE_NONCE_LEN}};
    struct packet *packet = compose(node, &head, LITERAL("{\"command\":\"list-nodes\"}"));
    router_send(&node->router, packet, attempt);
    packet_unref(packet);
}

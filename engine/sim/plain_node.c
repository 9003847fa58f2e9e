/* plain_node.c — see plain_node.h. */
#include "sim/plain_node.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/json_write.h"

#define NO_LINK UINT32_MAX
#define LITERAL(s) ((struct text){(s), sizeof(s) - 1})

static void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

struct plain_node *plain_node_new(const struct station *station)
{
    struct plain_node *node = must(calloc(1, sizeof(*node)));
    struct hash_key key = {chance_next(station->chance), chance_next(station->chance)};
    node->station = *station;
    seen_init(&node->seen, &key, clock_ms(&station->clock));
    return node;
}

void plain_node_free(struct plain_node *node)
{
    if (!node)
        return;
    seen_deinit(&node->seen);
    buf_deinit(&node->text);
    free(node->is_up);
    free(node);
}

void plain_node_up(struct plain_node *node, unsigned link)
{
    if (link >= node->link_count) {
        node->is_up = must(realloc(node->is_up, (link + 1) * sizeof(bool)));
        while (node->link_count <= link)
            node->is_up[node->link_count++] = false;
    }
    node->is_up[link] = true;
}

void plain_node_down(struct plain_node *node, unsigned link)
{
    node->is_up[link] = false;
}

static void add_member(struct buf *buf, const char *key, struct text value)
{
    buf_add_text(buf, key);
    json_write_string(buf, value.at, value.len);
}

/* Writes a packet as this peer does, into `text`. */
static void compose(struct plain_node *node, const struct packet_head *head, struct text data)
{
    static const char *const types[] = {"message", "command", "response", "link"};
    struct text type = {types[head->type], strlen(types[head->type])};
    struct buf *buf = &node->text;
    buf_clear(buf);
    add_member(buf, "{ \"nonce\": ", head->nonce);
    add_member(buf, ", \"type\": ", type);
    buf_add_text(buf, ", \"data\": ");
    buf_add(buf, data.at, data.len);
    add_member(buf, ", \"destination\": ", head->destination);
    add_member(buf, ", \"source\": ", head->source);
    buf_add_text(buf, " }");
    assert(!buf->failed);
}

/* Sends what compose wrote to all links but one. */
static void flood(struct plain_node *node, unsigned but, bool is_broadcast)
{
    const struct station *station = &node->station;
    for (unsigned link = 0; link < node->link_count; link++) {
        if (!node->is_up[link] || link == but)
            continue;
        if (is_broadcast)
            station->copied(station->context, station->node, link);
        station->send(station->context, station->node, link, node->text.bytes, node->text.len);
    }
}

static bool is_self(const struct plain_node *node, const char *name, size_t len)
{
    return len == node->station.name.len && memcmp(name, node->station.name.at, len) == 0;
}

static struct packet_head head_of(const struct inm_packet *packet)
{
    return (struct packet_head){
        packet->type,
        {packet->source, packet->source_len},
        {packet->destination, packet->destination_len},
        {packet->nonce, packet->nonce_len},
    };
}

static void handle(struct plain_node *node, const struct inm_packet *packet)
{
    if (packet->type != INM_COMMAND || packet->is_for_all) {
        node->station.deliver(node->station.context, node->station.node, packet);
        return;
    }
    struct packet_head answer = head_of(packet);
    answer.type = INM_RESPONSE;
    answer.destination = answer.source;
    answer.source = node->station.name;
    compose(node, &answer, LITERAL("{ \"ok\": true }"));
    flood(node, NO_LINK, false);
}

void plain_node_arrive(struct plain_node *node, unsigned link, const char *text, size_t len)
{
    struct inm_packet packet;
    if (inm_packet_parse(&packet, text, len) != 0 || packet.type == INM_LINK) {
        node->surprises++;
        return;
    }
    struct packet_head head = head_of(&packet);
    bool is_mine = is_self(node, packet.destination, packet.destination_len);
    if (is_self(node, packet.source, packet.source_len) ||
        !seen_add(&node->seen, &head, clock_ms(&node->station.clock)))
        return;
    if (!is_mine) {
        compose(node, &head, (struct text){packet.data.at, packet.data.len});
        flood(node, link, packet.is_for_all);
    }
    if (is_mine || packet.is_for_all)
        handle(node, &packet);
}

void plain_node_publish(struct plain_node *node, const char *message)
{
    char nonce[40];
    struct buf data = {0};
    int len = snprintf(nonce, sizeof(nonce), "%016" PRIx64 "%016" PRIx64,
                       chance_next(node->station.chance), chance_next(node->station.chance));
    struct packet_head head = {INM_MESSAGE, node->station.name, LITERAL("*"), {nonce, (size_t)len}};
    buf_add_text(&data, "{ \"channel\": \"garden\", \"message\": \"");
    buf_add_text(&data, message);
    buf_add_text(&data, "\" }");
    compose(node, &head, (struct text){data.bytes, data.len});
    buf_deinit(&data);
    flood(node, NO_LINK, true);
}

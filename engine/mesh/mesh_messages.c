/* mesh_messages.c — clients' messages, out into the network and in from it. They never enter Lua.
 */
#include <string.h>

#include "mesh/mesh_state.h"
#include "protocol/inm_message.h"

/* What a message carries of its channel's password; "" for a channel without one. */
static const char *tag_of(const struct channel *channel, char tag[CLAIM_TAG_LEN + 1])
{
    claim_tag(&channel->password, tag);
    return tag[0] ? tag : NULL;
}

/* The tag that a packet carries; length 0: none. */
static struct text tag_in(const struct inm_packet *parsed)
{
    if (parsed->claim.kind != JSON_STRING)
        return (struct text){"", 0};
    return (struct text){parsed->claim.at + 1, parsed->claim.len - 2};
}

static struct packet *compose(struct mesh *mesh, const struct channel *channel,
                              const struct json_span *message, const struct json_span *nonce,
                              const struct packet_head *head)
{
    char tag[CLAIM_TAG_LEN + 1];
    const struct inm_address address = {
        .source = mesh->name,
        .source_len = mesh->name_len,
        .destination = head->destination.at,
        .destination_len = head->destination.len,
        .nonce = head->nonce.at,
        .nonce_len = head->nonce.len,
    };
    const struct inm_message inm = {
        .message = *message,
        .channel_json = channel->json,
        .channel_json_len = channel->json_len,
        .nonce = *nonce,
        .claim = tag_of(channel, tag),
    };
    buf_clear(&mesh->text);
    mesh->text.max = INM_PACKET_MAX;
    inm_message_write(&mesh->text, &address, &inm);
    struct packet *packet =
        mesh->text.failed ? NULL : packet_new(head, mesh->text.bytes, mesh->text.len);
    buf_clear(&mesh->text);
    mesh->text.max = 0;
    return packet;
}

static int publish_to_all(struct mesh *mesh, const struct channel *channel,
                          const struct json_span *message, const struct json_span *nonce)
{
    char number[INM_NONCE_OURS_MAX];
    struct packet_head head = {INM_MESSAGE, mesh_name(mesh), {"*", 1}, {number, 0}};
    head.nonce.len = tree_nonce(mesh->tree, number);
    struct packet *packet = compose(mesh, channel, message, nonce, &head);
    if (!packet)
        return RELAY_ENOMEM;
    if (mesh->relay->trace)
        mesh_trace_published(mesh, &head, channel, nonce);
    tree_publish(mesh->tree, packet);
    packet_unref(packet);
    return 0;
}

/* To the nodes of the channel's scope alone, each by itself. */
static int publish_to_some(struct mesh *mesh, const struct channel *channel,
                           const struct json_span *message, const struct json_span *nonce)
{
    const struct buf *nodes = &channel->scope.nodes;
    for (size_t at = 0; at < nodes->len;) {
        char random[ROUTE_NONCE_LEN + 1];
        struct text node = text_of(nodes->bytes + at);
        struct packet_head head = {INM_MESSAGE, mesh_name(mesh), node, {random, ROUTE_NONCE_LEN}};
        at += node.len + 1;
        if (text_equals(node, mesh_name(mesh)))
            continue;
        mesh_nonce(mesh, random);
        struct packet *packet = compose(mesh, channel, message, nonce, &head);
        if (!packet)
            return RELAY_ENOMEM;
        if (mesh->relay->trace)
            mesh_trace_published(mesh, &head, channel, nonce);
        (void)router_send(&mesh->router, packet, ROUTE_BEST);
        packet_unref(packet);
    }
    return 0;
}

int mesh_publish_message(void *context, const struct channel *channel,
                         const struct json_span *message, const struct json_span *nonce)
{
    struct mesh *mesh = context;
    if (message->len > UPLINK_MESSAGE_MAX)
        return RELAY_EFULL;
    return channel->scope.kind == SCOPE_LIST ? publish_to_some(mesh, channel, message, nonce)
                                             : publish_to_all(mesh, channel, message, nonce);
}

/* Whether the source is a node that knows the notes alone, as far as is known here. */
static bool is_plain_source(const struct mesh *mesh, const struct packet *packet)
{
    const struct membership *member = members_find(&mesh->members, packet->head.source);
    return packet->number.seq == 0 && (!member || member->is_plain);
}

static void copy_source(const struct inm_packet *parsed, char source[NODE_NAME_MAX + 1])
{
    memcpy(source, parsed->source, parsed->source_len);
    source[parsed->source_len] = '\0';
}

static void deliver(struct mesh *mesh, struct channel *channel, const struct inm_packet *parsed)
{
    buf_clear(&mesh->text);
    if (inm_message_decode(parsed, &mesh->text) != 0) {
        mesh->counters.messages_undecodable++;
        return;
    }
    struct json_span message = {mesh->text.bytes, mesh->text.len, JSON_STRING};
    if (relay_deliver(mesh->relay, channel, &message, &parsed->client_nonce) == 0)
        mesh->counters.messages_delivered++;
    buf_clear(&mesh->text);
}

void mesh_message_arrived(struct mesh *mesh, const struct packet *packet,
                          const struct inm_packet *parsed)
{
    struct relay *relay = mesh->relay;
    struct channel *channel =
        channel_table_find(&relay->channels, parsed->channel, parsed->channel_len);
    if (!channel || channel->scope.kind == SCOPE_NODE) {
        if (relay->trace)
            mesh_trace_packet(mesh, TRACE_unheard, NULL, &packet->head, parsed);
        return;
    }
    char source[NODE_NAME_MAX + 1];
    struct text tag = tag_in(parsed);
    copy_source(parsed, source);
    if (reservation_delivers(mesh->reservation, source, is_plain_source(mesh, packet),
                             parsed->channel, parsed->channel_len, tag.at, tag.len)) {
        deliver(mesh, channel, parsed);
        return;
    }
    mesh->counters.messages_withheld++;
    if (relay->trace)
        mesh_trace_packet(mesh, TRACE_withheld, NULL, &packet->head, parsed);
}

bool mesh_takes_message(struct mesh *mesh, const struct link *from, const struct inm_packet *parsed)
{
    if (!text_equals(link_name(from), (struct text){parsed->source, parsed->source_len}))
        return true;
    return reservation_takes_from(mesh->reservation, from->name, parsed->channel,
                                  parsed->channel_len);
}

bool mesh_gives_message(struct mesh *mesh, const struct link *to, const struct packet *packet,
                        const struct inm_packet *parsed)
{
    struct text tag = tag_in(parsed);
    char source[NODE_NAME_MAX + 1];
    copy_source(parsed, source);
    return reservation_gives_to(mesh->reservation, to->name, source, is_plain_source(mesh, packet),
                                parsed->channel, parsed->channel_len, tag.at, tag.len);
}

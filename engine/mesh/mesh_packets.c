/* mesh_packets.c — the way of a packet: in by a link, through tree or router, out by links.
 *
 * A packet is parsed once, where it arrives; what is forwarded is its very bytes. */
#include <string.h>

#include "mesh/mesh_state.h"

static struct packet_head head_of(const struct inm_packet *parsed)
{
    return (struct packet_head){
        parsed->type,
        {parsed->source, parsed->source_len},
        {parsed->destination, parsed->destination_len},
        {parsed->nonce, parsed->nonce_len},
    };
}

/* --- In --- */

static void malformed(struct link *link)
{
    struct mesh *mesh = link->mesh;
    mesh->counters.packets_malformed++;
    log_event_gated(
        mesh->log, &mesh->gates.malformed, mesh_now(mesh), LOG_WARN, "malformed packet",
        LOG_FIELDS(LOG_STR("peer", link->name), LOG_INT("in_a_row", link->malformed + 1)));
    if (++link->malformed >= LINK_MALFORMED_MAX)
        link_close(link, CLOSE_POLICY, "malformed packets");
}

/* What two nodes of our kind say about their trees. */
static void hear(struct link *link, const struct inm_packet *parsed)
{
    struct link_packet told;
    struct text data = {parsed->data.at, parsed->data.len};
    if (!link->is_plain && link_packet_read(&told, data.at, data.len) == 0)
        tree_hear(link->mesh->tree, link->slot, &told);
    else if (link->is_plain || !mesh_hear_roster(link, data)) {
        malformed(link);
        return;
    }
    link->malformed = 0;
}

/* A packet for this node. */
static void mine(struct mesh *mesh, const struct packet *packet, const struct inm_packet *parsed)
{
    if (parsed->type == INM_MESSAGE)
        mesh_message_arrived(mesh, packet, parsed);
    else if (parsed->type == INM_COMMAND)
        mesh_command_arrived(mesh, packet, parsed);
    else
        mesh_response_arrived(mesh, packet, parsed);
}

static void receive(struct link *link, struct packet *packet)
{
    struct mesh *mesh = link->mesh;
    const struct inm_packet *parsed = mesh->parsed;
    if (parsed->is_for_all)
        tree_receive(mesh->tree, link->slot, packet);
    else if (router_receive(&mesh->router, link->slot, packet) == ROUTE_MINE)
        mine(mesh, packet, parsed);
}

/* Hands a packet to tree or router, whose counters tell whether it was here before. */
static void receive_traced(struct link *link, struct packet *packet)
{
    struct mesh *mesh = link->mesh;
    const uint64_t *duplicates = &tree_counters(mesh->tree)->duplicates;
    uint64_t before = *duplicates + mesh->router.counters.seen;
    mesh_trace_packet(mesh, TRACE_arrived, link, &packet->head, mesh->parsed);
    receive(link, packet);
    if (mesh->relay->trace && *duplicates + mesh->router.counters.seen != before)
        mesh_trace_packet(mesh, TRACE_duplicate, link, &packet->head, mesh->parsed);
}

static void spread(struct link *link, const struct inm_packet *parsed, const char *text, size_t len)
{
    struct mesh *mesh = link->mesh;
    struct packet_head head = head_of(parsed);
    struct packet *packet = packet_new(&head, text, len);
    if (!packet)
        return;
    mesh->parsed = parsed;
    mesh->received = packet;
    if (mesh->relay->trace)
        receive_traced(link, packet);
    else
        receive(link, packet);
    mesh->parsed = NULL;
    mesh->received = NULL;
    packet_unref(packet);
}

/* A plain-looking peer of our kind that was slow to answer our handshake. */
static bool is_late_handshake(struct link *link, const char *text, size_t len)
{
    struct inm_handshake handshake;
    if (!link->is_plain || inm_handshake_parse(&handshake, text, len) != 0)
        return false;
    mesh_late_handshake(link, &handshake);
    return true;
}

/* A message of a plain peer that may not pass. */
static void withhold(struct link *link, const struct inm_packet *parsed)
{
    struct packet_head head = head_of(parsed);
    link->mesh->counters.messages_withheld++;
    if (link->mesh->relay->trace)
        mesh_trace_packet(link->mesh, TRACE_withheld, link, &head, parsed);
}

void mesh_arrived(struct link *link, const char *text, size_t len)
{
    struct mesh *mesh = link->mesh;
    struct inm_packet parsed;
    mesh->counters.packets_received++;
    mesh->counters.packet_bytes_received += len;
    if (inm_packet_parse(&parsed, text, len) != 0) {
        if (!is_late_handshake(link, text, len))
            malformed(link);
        return;
    }
    if (parsed.type == INM_LINK) {
        hear(link, &parsed);
        return;
    }
    link->malformed = 0;
    if (parsed.type == INM_MESSAGE && link->is_plain && !mesh_takes_message(mesh, link, &parsed))
        withhold(link, &parsed);
    else
        spread(link, &parsed, text, len);
}

/* --- What tree and router need --- */

/* The packet as it was parsed: now where it is the one that arrives, else again. */
static const struct inm_packet *parse(const struct mesh *mesh, const struct packet *packet,
                                      struct inm_packet *room)
{
    if (packet == mesh->received)
        return mesh->parsed;
    return inm_packet_parse(room, packet->bytes, packet->len) == 0 ? room : NULL;
}

static void trace_forward(const struct mesh *mesh, const struct link *link,
                          const struct packet *packet)
{
    struct inm_packet room;
    bool is_ours = text_equals(packet->head.source, mesh_name(mesh));
    mesh_trace_packet(mesh, is_ours ? TRACE_sent : TRACE_forwarded, link, &packet->head,
                      parse(mesh, packet, &room));
}

static void forward(void *context, unsigned slot, struct packet *packet)
{
    struct mesh *mesh = context;
    struct link *link = mesh_slot(mesh, slot);
    struct inm_packet room;
    if (!link)
        return;
    if (link->is_plain && packet->head.type == INM_MESSAGE) {
        const struct inm_packet *parsed = parse(mesh, packet, &room);
        if (!parsed || !mesh_gives_message(mesh, link, packet, parsed)) {
            mesh->counters.messages_withheld++;
            return;
        }
    }
    if (mesh->relay->trace)
        trace_forward(mesh, link, packet);
    link_send(link, packet);
}

static void deliver(void *context, struct packet *packet)
{
    struct mesh *mesh = context;
    struct inm_packet room;
    const struct inm_packet *parsed = parse(mesh, packet, &room);
    if (parsed)
        mine(mesh, packet, parsed);
}

void mesh_tell(struct link *link, struct text data)
{
    struct mesh *mesh = link->mesh;
    struct inm_address address = {
        .source = mesh->name,
        .source_len = mesh->name_len,
        .destination = link->name,
        .destination_len = strlen(link->name),
        .nonce = "-",
        .nonce_len = 1,
    };
    struct buf text = {0};
    inm_packet_write(&text, &address, INM_LINK, data.at, data.len);
    if (!text.failed)
        link_send_text(link, text.bytes, text.len);
    buf_deinit(&text);
}

static void tell(void *context, unsigned slot, const struct link_packet *told)
{
    struct link *link = mesh_slot(context, slot);
    struct buf data = {0};
    if (!link)
        return;
    link_packet_write(&data, told);
    if (!data.failed)
        mesh_tell(link, (struct text){data.bytes, data.len});
    buf_deinit(&data);
}

static size_t queued_bytes(void *context, unsigned slot)
{
    const struct link *link = mesh_slot(context, slot);
    return link ? link->session.outbox.bytes : 0;
}

/* What is linked here says itself that it ends. */
static void left(void *context, unsigned slot, struct text node)
{
    struct mesh *mesh = context;
    const struct link *own = mesh_link_to(mesh, node);
    if (!own || own->slot == slot)
        members_leave(&mesh->members, node);
}

static uint32_t random_number(void *context)
{
    struct mesh *mesh = context;
    uint32_t number;
    mesh->calls.random(mesh->calls.context, &number, sizeof(number));
    return number;
}

static unsigned direct(void *context, struct text node)
{
    const struct link *link = mesh_link_to(context, node);
    return link ? link->slot : LINK_NONE;
}

void mesh_fill_tree_owner(struct mesh *mesh, struct tree_owner *owner)
{
    *owner = (struct tree_owner){
        .clock = mesh->clock,
        .context = mesh,
        .forward = forward,
        .tell = tell,
        .deliver = deliver,
        .queued_bytes = queued_bytes,
        .left = left,
        .random = random_number,
    };
}

void mesh_fill_router_owner(struct mesh *mesh, struct router_owner *owner)
{
    *owner = (struct router_owner){
        .context = mesh, .forward = forward, .direct = direct, .choose = mesh_choose_route};
}

/* --- Out --- */

struct packet *mesh_compose(struct mesh *mesh, enum inm_type type, struct text destination,
                            struct text nonce, struct text data)
{
    struct packet_head head = {type, mesh_name(mesh), destination, nonce};
    struct inm_address address = {
        .source = mesh->name,
        .source_len = mesh->name_len,
        .destination = destination.at,
        .destination_len = destination.len,
        .nonce = nonce.at,
        .nonce_len = nonce.len,
    };
    struct buf text;
    buf_init(&text, INM_PACKET_MAX);
    inm_packet_write(&text, &address, type, data.at, data.len);
    struct packet *packet = text.failed ? NULL : packet_new(&head, text.bytes, text.len);
    buf_deinit(&text);
    return packet;
}

void mesh_nonce(struct mesh *mesh, char nonce[ROUTE_NONCE_LEN + 1])
{
    unsigned char random[ROUTE_RANDOM_LEN];
    mesh->calls.random(mesh->calls.context, random, sizeof(random));
    route_nonce(nonce, ROUTE_BEST, random);
}

int mesh_publish_command(struct mesh *mesh, struct text data, char nonce[INM_NONCE_OURS_MAX],
                         size_t *nonce_len)
{
    *nonce_len = tree_nonce(mesh->tree, nonce);
    struct packet *packet = mesh_compose(mesh, INM_COMMAND, (struct text){"*", 1},
                                         (struct text){nonce, *nonce_len}, data);
    if (!packet)
        return RELAY_ENOMEM;
    tree_publish(mesh->tree, packet);
    packet_unref(packet);
    return 0;
}

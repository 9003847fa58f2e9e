/* mesh_commands.c — commands for this node, requests of its own, responses both ways. */
#include <string.h>

#include "mesh/mesh_state.h"

#define UNKNOWN_COMMAND "{\"ok\":false,\"reason\":\"unknown command\"}"
#define LITERAL(s) ((struct text){(s), sizeof(s) - 1})

void mesh_command_arrived(struct mesh *mesh, const struct packet *packet,
                          const struct inm_packet *parsed)
{
    const struct membership *member = members_find(&mesh->members, packet->head.source);
    const struct mesh_command command = {
        .source = packet->head.source,
        .nonce = packet->head.nonce,
        .command = {parsed->command, parsed->command_len},
        .data = {parsed->data.at, parsed->data.len},
        .is_plain = packet->number.seq == 0 && (!member || member->is_plain),
        .is_peer = mesh_link_to(mesh, packet->head.source) != NULL,
        .is_broadcast = parsed->is_for_all,
    };
    mesh->counters.commands_received++;
    if (mesh->calls.command)
        mesh->calls.command(mesh->calls.context, &command);
    else
        mesh_respond(mesh, command.source, command.nonce, LITERAL(UNKNOWN_COMMAND));
}

void mesh_respond(struct mesh *mesh, struct text source, struct text nonce, struct text data)
{
    struct packet *packet = mesh_compose(mesh, INM_RESPONSE, source, nonce, data);
    if (packet)
        (void)router_send(&mesh->router, packet, ROUTE_BEST);
    packet_unref(packet);
}

/* A vote is known by the claim that it names: it may come without having been asked for. */
static bool is_vote(struct mesh *mesh, const struct inm_packet *parsed)
{
    struct claim_packet read;
    char source[NODE_NAME_MAX + 1];
    if (claim_vote_read(&read, parsed->data.at, parsed->data.len) != 0)
        return false;
    memcpy(source, parsed->source, parsed->source_len);
    source[parsed->source_len] = '\0';
    reservation_vote(mesh->reservation, source, &read.vote);
    return true;
}

void mesh_response_arrived(struct mesh *mesh, const struct packet *packet,
                           const struct inm_packet *parsed)
{
    const struct mesh_response response = {
        .source = packet->head.source,
        .data = {parsed->data.at, parsed->data.len},
    };
    if (is_vote(mesh, parsed))
        return;
    if (!requests_respond(&mesh->requests, packet->head.nonce, &response,
                          members_count(&mesh->members)))
        mesh->counters.responses_unexpected++;
}

/* --- Requests --- */

static unsigned send(void *context, struct text node, struct text data, struct text nonce,
                     enum route_attempt attempt)
{
    struct mesh *mesh = context;
    struct packet *packet = mesh_compose(mesh, INM_COMMAND, node, nonce, data);
    unsigned links = packet ? router_send(&mesh->router, packet, attempt) : 0;
    packet_unref(packet);
    return links;
}

void mesh_send_command(struct mesh *mesh, struct text node, struct text data)
{
    char nonce[ROUTE_NONCE_LEN + 1];
    mesh_nonce(mesh, nonce);
    if (data.at)
        (void)send(mesh, node, data, (struct text){nonce, ROUTE_NONCE_LEN}, ROUTE_BEST);
}

static uint32_t patience_ms(void *context, struct text node)
{
    const struct mesh *mesh = context;
    return router_patience_ms(&mesh->router, node);
}

static void random_bytes(void *context, void *bytes, size_t len)
{
    const struct mesh *mesh = context;
    mesh->calls.random(mesh->calls.context, bytes, len);
}

void mesh_open_requests(struct mesh *mesh)
{
    requests_init(&mesh->requests, &mesh->key);
    mesh->requests.send = send;
    mesh->requests.patience_ms = patience_ms;
    mesh->requests.random = random_bytes;
    mesh->requests.context = mesh;
}

uint64_t mesh_request(struct mesh *mesh, struct text node, struct text data, uint64_t timeout_ms,
                      request_done *done, void *context)
{
    mesh->counters.requests++;
    return requests_add(&mesh->requests, node, data, false, mesh_now(mesh), timeout_ms, done,
                        context);
}

uint64_t mesh_broadcast(struct mesh *mesh, struct text data, uint64_t timeout_ms,
                        request_done *done, void *context)
{
    char bytes[INM_NONCE_OURS_MAX];
    struct text nonce = {bytes, tree_nonce(mesh->tree, bytes)};
    mesh->counters.requests++;
    if (members_count(&mesh->members) == 0)
        timeout_ms = 0;
    uint64_t number =
        requests_add_broadcast(&mesh->requests, nonce, mesh_now(mesh), timeout_ms, done, context);
    if (number && mesh_publish_command(mesh, data, bytes, &nonce.len) != 0) {
        requests_cancel(&mesh->requests, number);
        return 0;
    }
    return number;
}

void mesh_request_cancel(struct mesh *mesh, uint64_t request)
{
    requests_cancel(&mesh->requests, request);
}

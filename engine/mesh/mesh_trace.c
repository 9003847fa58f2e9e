/* mesh_trace.c — what a trace (relay/trace.h) sees of a packet: never its data, but a message's
 * channel and nonce. */
#include "mesh/mesh_state.h"
#include "relay/trace.h"

static void add_parsed(struct trace_event *event, const struct inm_packet *parsed)
{
    if (parsed->type == INM_MESSAGE) {
        event->channel = (struct text){parsed->channel, parsed->channel_len};
        event->nonce = parsed->client_nonce;
    } else if (parsed->type == INM_COMMAND) {
        event->command = (struct text){parsed->command, parsed->command_len};
    }
}

void mesh_trace_packet(const struct mesh *mesh, enum trace_step step, const struct link *link,
                       const struct packet_head *head, const struct inm_packet *parsed)
{
    static const char *const TYPES[] = {"message", "command", "response", "link"};
    struct trace_event event = {
        .step = step,
        .what = TYPES[head->type],
        .packet = head->nonce,
        .source = head->source,
        .destination = head->destination,
    };
    if (link)
        event.peer = link_name(link);
    if (parsed)
        add_parsed(&event, parsed);
    mesh->relay->trace->event(mesh->relay->trace->context, &event);
}

void mesh_trace_published(const struct mesh *mesh, const struct packet_head *head,
                          const struct channel *channel, const struct json_span *nonce)
{
    const struct trace_event event = {
        .step = TRACE_published,
        .what = "message",
        .packet = head->nonce,
        .destination = head->destination,
        .channel = {channel->name, channel->name_len},
        .nonce = *nonce,
    };
    mesh->relay->trace->event(mesh->relay->trace->context, &event);
}

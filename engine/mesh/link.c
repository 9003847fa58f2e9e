/* link.c — see link.h. */
#include "mesh/link.h"

#include <stdlib.h>
#include <string.h>

#include "mesh/mesh_state.h"
#include "protocol/inm_packet.h"

#define RTT_WEIGHT 8      /* a new sample counts an eighth (RFC 6298) */
#define GREETING_MAX 4096 /* bytes; a handshake is shorter */
#define CHANGE_MS 1       /* the routing policy hears of a round trip that changed by so much, */
#define CHANGE_PART 0.2   /* and by such a part */

static struct link *link_of(struct session *session)
{
    return list_entry(session, struct link, session);
}

static size_t message_max(const struct session *session)
{
    const struct link *link = list_entry(session, const struct link, session);
    bool is_stranger = link->state == LINK_GREETS && !link->is_dialled;
    return is_stranger ? GREETING_MAX : INM_PACKET_MAX;
}

static void receive(struct session *session, const char *text, size_t len)
{
    struct link *link = link_of(session);
    struct mesh *mesh = link->mesh;
    if (link->state == LINK_GREETS)
        mesh_greeted(link, text, len);
    else if (link->state == LINK_STANDS)
        mesh_arrived(link, text, len);
    mesh_settle(mesh);
}

static void pong(struct session *session)
{
    struct link *link = link_of(session);
    struct mesh *mesh = link->mesh;
    if (link->pinged_us == 0 || link->state != LINK_STANDS)
        return;
    double sample_ms = (double)(mesh->calls.now_us(mesh->calls.context) - link->pinged_us) / 1000;
    link->pinged_us = 0;
    link->rtt_ms =
        link->rtt_ms < 0 ? sample_ms : link->rtt_ms + (sample_ms - link->rtt_ms) / RTT_WEIGHT;
    tree_link_latency(mesh->tree, link->slot, (uint32_t)(link->rtt_ms / 2 + 0.5));
    double change_ms = link->rtt_ms > link->routed_rtt_ms ? link->rtt_ms - link->routed_rtt_ms
                                                          : link->routed_rtt_ms - link->rtt_ms;
    if (change_ms < CHANGE_MS || change_ms < link->routed_rtt_ms * CHANGE_PART)
        return;
    link->routed_rtt_ms = link->rtt_ms;
    mesh_routes_changed(mesh);
}

static void close_by_transport(struct session *session, unsigned code, const char *reason)
{
    link_close(link_of(session), code, reason);
}

static void gone(struct session *session)
{
    mesh_link_gone(link_of(session));
}

static const struct session_kind kind = {
    .message_max = message_max,
    .receive = receive,
    .pong = pong,
    .close = close_by_transport,
    .gone = gone,
};

struct link *link_new(struct mesh *mesh, const struct transport *transport, void *connection,
                      const char *address)
{
    struct link *link = calloc(1, sizeof(*link));
    if (!link)
        return NULL;
    link->session =
        (struct session){.kind = &kind, .transport = transport, .connection = connection};
    link->mesh = mesh;
    outbox_init(&link->session.outbox, &mesh->queued_bytes);
    link->id = ++mesh->last_link;
    link->slot = LINK_NONE;
    link->rtt_ms = -1;
    link->address = address;
    list_init(&link->fallen);
    list_append(&mesh->links, &link->node);
    return link;
}

static void queue(struct link *link, struct frame *frame, bool is_urgent)
{
    struct mesh *mesh = link->mesh;
    if (link->state == LINK_CLOSES)
        return;
    bool is_full = link->session.outbox.bytes + frame->len > LINK_QUEUE_MAX;
    if (is_full || outbox_push(&link->session.outbox, frame)) {
        mesh->counters.links_too_slow++;
        log_event_gated(mesh->log, &mesh->gates.slow, mesh_now(mesh), LOG_WARN, "peer too slow",
                        LOG_FIELDS(LOG_STR("peer", link->name),
                                   LOG_INT("queued_bytes", link->session.outbox.bytes)));
        mesh->relay->counters.frames_dropped_slow += link->session.outbox.count + 1;
        outbox_deinit(&link->session.outbox);
        link_close(link, CLOSE_TRY_LATER, "too slow");
        return;
    }
    link->session.transport->wake(link->session.connection, is_urgent);
}

void link_send(struct link *link, struct packet *packet)
{
    link->mesh->counters.packets_sent++;
    link->mesh->counters.packet_bytes_sent += packet->len;
    queue(link, packet->frame, false);
}

void link_send_text(struct link *link, const char *text, size_t len)
{
    struct frame *frame = frame_new(WS_TEXT, text, len);
    if (frame)
        queue(link, frame, false);
    else
        link_close(link, CLOSE_TRY_LATER, "out of memory");
    frame_unref(frame);
}

void link_close(struct link *link, unsigned code, const char *reason)
{
    if (link->state == LINK_CLOSES)
        return;
    if (link->state == LINK_STANDS)
        list_append(&link->mesh->fallen, &link->fallen);
    link->state = LINK_CLOSES;
    log_debug(link->mesh->log, "link closing", LOG_STR("peer", link->name),
              LOG_STR("address", link->address), LOG_INT("code", code), LOG_STR("reason", reason));
    link->session.transport->close(link->session.connection, code, reason);
}

static void ping(struct link *link, uint64_t now_ms)
{
    struct frame *frame = frame_new(WS_PING, "p", 1); /* libwebsockets answers no empty one */
    if (!frame)
        return;
    link->pinged_us = link->mesh->calls.now_us(link->mesh->calls.context);
    link->ping_due_ms = now_ms + LINK_PING_MS;
    queue(link, frame, true);
    frame_unref(frame);
}

static uint64_t silent_us(const struct link *link)
{
    const struct mesh_calls *calls = &link->mesh->calls;
    return link->pinged_us ? calls->now_us(calls->context) - link->pinged_us : 0;
}

bool link_is_stale(const struct link *link)
{
    return silent_us(link) >= LINK_STALE_MS * UINT64_C(1000);
}

void link_tick(struct link *link, uint64_t now_ms)
{
    if (link->state == LINK_GREETS && now_ms >= link->until_ms) {
        mesh_greeting_over(link);
    } else if (link->state == LINK_STANDS && silent_us(link) >= LINK_SILENT_MS * UINT64_C(1000)) {
        link->mesh->counters.links_timed_out++;
        log_warn(link->mesh->log, "peer does not answer", LOG_STR("peer", link->name));
        link_close(link, CLOSE_TRY_LATER, "no pong");
    } else if (link->state == LINK_STANDS && link->pinged_us == 0 && now_ms >= link->ping_due_ms) {
        ping(link, now_ms);
    }
}

/* kit_wire.c — see kit_wire.h. */
#include "testkit/kit_wire.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/ws_frame.h"
#include "testkit/kit_net.h"

#define MESSAGE_MAX ((size_t)1 << 24)

static void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

static struct kit_wire *wire_of(struct session *session)
{
    return (struct kit_wire *)session; /* its first member */
}

static size_t message_max(const struct session *session)
{
    (void)session;
    return MESSAGE_MAX;
}

static void close_wire(struct session *session, unsigned code, const char *reason)
{
    session->transport->close(session->connection, code, reason);
}

static void receive(struct session *session, const char *text, size_t len)
{
    struct kit_wire *wire = wire_of(session);
    if (wire->heard_bytes + len > KIT_HEARD_MAX) {
        close_wire(session, CLOSE_TRY_LATER, "too slow");
        return;
    }
    struct kit_heard *heard = must(malloc(sizeof(*heard) + len));
    heard->len = len;
    memcpy(heard->text, text, len);
    wire->heard_bytes += len;
    list_append(&wire->heard, &heard->node);
}

static void gone(struct session *session)
{
    wire_of(session)->is_gone = true;
    outbox_deinit(&session->outbox);
}

static const struct session_kind KIND = {
    .message_max = message_max,
    .receive = receive,
    .close = close_wire,
    .gone = gone,
};

/* Both ends are plugged into the node: it is cut off and dies with it. */
long kit_wire_open(struct kit_net *net, struct kit_node *node, struct text token, uint32_t delay_us)
{
    struct whole_node *whole = node->whole;
    if (!mesh_admits(whole->mesh, token))
        return -1;
    struct cable *cable = cable_new(&net->whole->cables, delay_us, whole, whole);
    struct kit_wire *wire = must(calloc(1, sizeof(*wire)));
    size_t size = (net->wire_count + 1) * sizeof(struct kit_wire *);
    list_init(&wire->heard);
    wire->session = (struct session){
        .kind = &KIND, .transport = &cable_transport, .connection = &cable->ends[0]};
    cable->ends[0].session = &wire->session;
    cable->ends[1].session =
        must(mesh_accept(whole->mesh, &cable_transport, &cable->ends[1], "192.0.2.3", token));
    net->wires = must(realloc(net->wires, size));
    net->wires[net->wire_count++] = wire;
    return (long)net->wire_count - 1;
}

void kit_wire_free(struct kit_wire *wire)
{
    struct kit_heard *heard;
    while ((heard = kit_wire_hear(wire)) != NULL)
        free(heard);
    free(wire);
}

void kit_wire_say(struct kit_wire *wire, struct text text)
{
    if (wire->is_gone)
        return;
    struct frame *frame = must(frame_new(WS_TEXT, text.at, text.len));
    if (outbox_push(&wire->session.outbox, frame) != 0)
        abort();
    frame_unref(frame);
    wire->session.transport->wake(wire->session.connection, false);
}

void kit_wire_close(struct kit_wire *wire)
{
    if (!wire->is_gone)
        close_wire(&wire->session, CLOSE_NORMAL, "");
}

struct kit_heard *kit_wire_hear(struct kit_wire *wire)
{
    struct list *node = list_shift(&wire->heard);
    if (!node)
        return NULL;
    struct kit_heard *heard = list_entry(node, struct kit_heard, node);
    wire->heard_bytes -= heard->len;
    return heard;
}

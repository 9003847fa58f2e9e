/* kit_wire.h — a link of a node with a test: texts in, texts out, as a peer on the far end has
 * them.
 *
 * For peers that are no nodes of ours: the test speaks the notes itself. It comes in as through
 * WS /node, with a token. What it hears it keeps until it is asked. Heap of its network. */
#ifndef WSRELAY_TESTKIT_KIT_WIRE_H
#define WSRELAY_TESTKIT_KIT_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "hooks.h"
#include "relay/session.h"

struct kit_heard;
struct kit_net;
struct kit_node;

struct kit_wire {
    struct session session;
    struct list heard; /* struct kit_heard.node */
    size_t heard_bytes;
    bool is_gone;
};

/* Its place in the network, or -1: HTTP 403. The node must run. */
long kit_wire_open(struct kit_net *net, struct kit_node *node, struct text token,
                   uint32_t delay_us);
/* The network must be gone. */
void kit_wire_free(struct kit_wire *wire);

/* Nothing when it is gone. */
void kit_wire_say(struct kit_wire *wire, struct text text);
void kit_wire_close(struct kit_wire *wire);
/* What it heard next, which the caller frees; NULL: nothing waits. */
struct kit_heard *kit_wire_hear(struct kit_wire *wire);

#endif

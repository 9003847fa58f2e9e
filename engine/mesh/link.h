/* link.h — a connection with another node: its handshake, then packets both ways.
 *
 * A session (relay/session.h) as a client is, made when the WebSocket stands. It greets until the
 * other end's name is known, stands from then on with a slot (the small number by which tree and
 * router know it), and is deaf once it closes. Source: protocol-notes "WS /node", docs/protocol.md.
 * The surprising rule: link_close only marks it; what stood is taken down later (mesh_settle),
 * because the caller may be deep inside of the tree. */
#ifndef WSRELAY_MESH_LINK_H
#define WSRELAY_MESH_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "hooks.h"
#include "protocol/inm_handshake.h"
#include "relay/session.h"
#include "spread/packet.h"

#define LINK_GREETING_MS 5000 /* how long an accepted one may take for its handshake */
#define LINK_ANSWER_MS 1000   /* no handshake in answer to ours: it is a plain peer */
#define LINK_PING_MS 5000
#define LINK_SILENT_MS 15000               /* no pong for so long: it is dead */
#define LINK_STALE_MS 2000                 /* or its node may come back on another link */
#define LINK_QUEUE_MAX (16u * 1024 * 1024) /* what may wait for it, in bytes */
#define LINK_MALFORMED_MAX 10              /* in a row */

struct mesh;

enum link_state { LINK_GREETS, LINK_STANDS, LINK_CLOSES };

struct link {
    struct session session;
    struct mesh *mesh;
    struct list node;   /* mesh->links */
    struct list fallen; /* mesh->fallen: stood, and closes */
    enum link_state state;
    bool is_dialled;
    bool is_plain;     /* it knows the notes alone */
    uint64_t id;       /* never used again */
    unsigned slot;     /* LINK_NONE: it does not stand */
    uint64_t until_ms; /* while it greets */
    uint64_t up_ms;
    uint64_t boot; /* of our kind's */
    uint64_t dial; /* the attempt that made it; 0: it was accepted */
    char *token;   /* of an accepted one that greets */
    const char *address;
    unsigned malformed; /* in a row */
    uint64_t pinged_us; /* 0: no ping is under way */
    uint64_t ping_due_ms;
    double rtt_ms;        /* smoothed; negative: not measured yet */
    double routed_rtt_ms; /* as the routing policy knows it */
    size_t host_len;
    char host[INM_HOST_MAX];
    char name[NODE_NAME_MAX + 1]; /* of the other end; of a dialled one from the start */
};

/* A link that greets. `address` is borrowed. NULL for want of memory. */
struct link *link_new(struct mesh *mesh, const struct transport *transport, void *connection,
                      const char *address);

static inline struct text link_name(const struct link *link)
{
    size_t len = 0;
    while (link->name[len])
        len++;
    return (struct text){link->name, len};
}

/* Queues a packet; a link whose queue nobody empties is closed with 1013. */
void link_send(struct link *link, struct packet *packet);
/* Queues a text of our own. */
void link_send_text(struct link *link, const char *text, size_t len);

void link_close(struct link *link, unsigned code, const char *reason);

/* Pings that are due, and what takes too long. */
void link_tick(struct link *link, uint64_t now_ms);
/* Whether it seems dead already. */
bool link_is_stale(const struct link *link);

#endif

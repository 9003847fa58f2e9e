/* mesh_state.h — the inside of a mesh, for mesh*.c and link.c alone.
 *
 * link.c: one connection. mesh_links.c: handshakes, who stands, who falls. mesh_dials.c: whom
 * this node dials. mesh_packets.c:
 * the way of a packet, in and out. mesh_messages.c: clients' messages. mesh_commands.c: commands,
 * requests, responses. mesh_claims.c: the reservation's words.
 * mesh_rosters.c: plain peers elsewhere.
 * mesh_plain.c: what plain peers list. mesh_routes.c: what the routing
 * policy said. mesh.c: life, time, lists. */
#ifndef WSRELAY_MESH_MESH_STATE_H
#define WSRELAY_MESH_MESH_STATE_H

#include "base/log.h"
#include "mesh/dial_table.h"
#include "mesh/link.h"
#include "mesh/members.h"
#include "mesh/mesh.h"
#include "mesh/plain_rosters.h"
#include "mesh/requests.h"
#include "mesh/token_table.h"
#include "relay/trace.h"
#include "relay/uplink.h"
#include "spread/router.h"
#include "spread/tree.h"

/* What the routing policy said about one destination. */
struct chosen_route {
    UT_hash_handle hh;
    uint64_t version; /* of the routes that it was asked about */
    unsigned slot;    /* LINK_NONE: the router's own choice */
    char name[];
};

struct mesh {
    struct mesh_calls calls;
    struct relay *relay;
    struct log *log;
    struct clock clock;
    struct hash_key key;
    char name[NODE_NAME_MAX + 1];
    size_t name_len;
    uint64_t boot;
    char *host, *token; /* or NULL */
    size_t pool;
    size_t configured; /* peers in main.lua */

    struct uplink uplink;
    struct tree *tree;
    struct router router;
    struct reservation *reservation;
    struct members members;
    struct plain_rosters rosters;
    uint64_t roster_version; /* of our own */
    struct requests requests;
    struct dial_table dials;
    struct token_table tokens;

    struct list links;  /* struct link.node */
    struct list fallen; /* struct link.fallen */
    struct list looks;  /* mesh_plain.c's */
    struct link **slots;
    unsigned slot_count;
    size_t peer_count;   /* links that stand */
    size_t queued_bytes; /* in the outboxes of all links */
    uint64_t last_link;

    struct chosen_route *routes; /* uthash */
    struct hold *holds;          /* uthash: mesh_holds.c */
    uint64_t routes_version;

    const struct inm_packet *parsed; /* what is being received, */
    const struct packet *received;   /* and whose */
    struct buf text;                 /* scratch: a packet that is composed */
    uint64_t tick_ms, members_ms, reserve_ms;
    bool is_closing;
    struct mesh_counters counters;
    struct mesh_gates {
        struct log_gate refused, malformed, dials, slow;
    } gates;
};

static inline uint64_t mesh_now(const struct mesh *mesh)
{
    return clock_ms(&mesh->clock);
}

static inline struct text text_of(const char *string)
{
    size_t len = 0;
    while (string[len])
        len++;
    return (struct text){string, len};
}

static inline bool text_equals(struct text a, struct text b)
{
    return a.len == b.len && __builtin_memcmp(a.at, b.at, a.len) == 0;
}

/* The link of a slot that stands; NULL otherwise. */
static inline struct link *mesh_slot(const struct mesh *mesh, unsigned slot)
{
    struct link *link = slot < mesh->slot_count ? mesh->slots[slot] : NULL;
    return link && link->state == LINK_STANDS ? link : NULL;
}

/* mesh.c */

/* A node of our kind is believed alive for as long as what its tree knows of it says so. */
void mesh_heard_of(struct mesh *mesh, struct text node);

/* mesh_links.c */

/* The first frame of a link that greets: handshake, or anything. */
void mesh_greeted(struct link *link, const char *text, size_t len);
/* The time for it is over. */
void mesh_greeting_over(struct link *link);
/* A handshake on a link that stands as a plain one: it is of our kind, and was slow. */
void mesh_late_handshake(struct link *link, const struct inm_handshake *handshake);
/* The transport has let go of a link: frees it. */
void mesh_link_gone(struct link *link);
/* Takes down what stood and closes. Not to be called from inside of the tree. */
void mesh_settle(struct mesh *mesh);
/* The link that stands with a node; NULL when none does. */
struct link *mesh_link_to(const struct mesh *mesh, struct text node);
void mesh_send_handshake(struct link *link);
void mesh_describe(const struct link *link, struct mesh_peer *peer);

/* mesh_dials.c */

/* Begins the attempts that are due. */
void mesh_dial_due(struct mesh *mesh);
/* The link that an attempt made stands. */
void mesh_dial_succeeded(struct link *link);
/* It is not needed any more: the other end dialled us. */
void mesh_dial_given_up(const struct link *link);
/* An attempt is over without a link that stands, or its link is gone. */
void mesh_dial_ended(struct mesh *mesh, struct dial *dial, const char *error);
/* Forgets all; who waits hears `cancelled`. */
void mesh_cancel_dials(struct mesh *mesh);
/* Takes the configured peers over. */
int mesh_set_peers(struct mesh *mesh, const struct mesh_config *config) RELAY_MUST_USE;

/* mesh_packets.c */

/* A frame that is no handshake arrived by a link that stands. */
void mesh_arrived(struct link *link, const char *text, size_t len);
/* Makes a packet of this node around `data`; NULL for want of memory, or when it is too large. */
struct packet *mesh_compose(struct mesh *mesh, enum inm_type type, struct text destination,
                            struct text nonce, struct text data);
/* Broadcasts a command, and gives its nonce. RELAY_ENOMEM. */
int mesh_publish_command(struct mesh *mesh, struct text data, char nonce[INM_NONCE_OURS_MAX],
                         size_t *nonce_len) RELAY_MUST_USE;
/* Sends the `data` of a link packet to a neighbour of our kind. */
void mesh_tell(struct link *link, struct text data);
void mesh_nonce(struct mesh *mesh, char nonce[ROUTE_NONCE_LEN + 1]);
void mesh_fill_tree_owner(struct mesh *mesh, struct tree_owner *owner);
void mesh_fill_router_owner(struct mesh *mesh, struct router_owner *owner);

/* mesh_plain.c */

/* Asks a plain peer for its open channels. */
void mesh_look(void *context, const char *peer);

/* mesh_rosters.c */

void mesh_open_rosters(struct mesh *mesh);
/* A link with a plain peer came or went. */
void mesh_roster_changed(struct mesh *mesh);
/* A new neighbour of our kind hears all that is known. */
void mesh_tell_rosters(struct link *link);
/* False: the link packet is no roster. */
bool mesh_hear_roster(struct link *link, struct text data);

/* mesh_messages.c */

int mesh_publish_message(void *context, const struct channel *channel,
                         const struct json_span *message, const struct json_span *nonce);
void mesh_message_arrived(struct mesh *mesh, const struct packet *packet,
                          const struct inm_packet *parsed);
/* Whether a message that came from a plain peer, or goes to one, may pass. */
bool mesh_takes_message(struct mesh *mesh, const struct link *from,
                        const struct inm_packet *parsed);
bool mesh_gives_message(struct mesh *mesh, const struct link *to, const struct packet *packet,
                        const struct inm_packet *parsed);

/* mesh_trace.c: only while relay->trace is set. `link` and `parsed` may be NULL. */

void mesh_trace_packet(const struct mesh *mesh, enum trace_step step, const struct link *link,
                       const struct packet_head *head, const struct inm_packet *parsed);
void mesh_trace_published(const struct mesh *mesh, const struct packet_head *head,
                          const struct channel *channel, const struct json_span *nonce);

/* mesh_commands.c */

void mesh_command_arrived(struct mesh *mesh, const struct packet *packet,
                          const struct inm_packet *parsed);
void mesh_response_arrived(struct mesh *mesh, const struct packet *packet,
                           const struct inm_packet *parsed);
void mesh_open_requests(struct mesh *mesh);
/* A command whose response nobody waits for. */
void mesh_send_command(struct mesh *mesh, struct text node, struct text data);

/* mesh_claims.c */

void mesh_fill_reservation_calls(struct mesh *mesh, struct reservation_calls *calls);
void mesh_fill_uplink(struct mesh *mesh);

/* mesh_holds.c */

/* Whether a script reserved the name, or waits for it. */
bool mesh_holds(const struct mesh *mesh, struct text name);
/* The network's word on a name, which may be nobody's hold. */
void mesh_hold_granted(struct mesh *mesh, struct text name);
void mesh_hold_lost(struct mesh *mesh, struct text name, const char *reason);
void mesh_holds_deinit(struct mesh *mesh);

/* mesh_routes.c */

/* What the policy says about a destination, as a slot; LINK_NONE: the router's own choice. */
unsigned mesh_choose_route(void *context, struct text destination);
/* Links changed: what was said is asked again. */
void mesh_routes_changed(struct mesh *mesh);
void mesh_routes_deinit(struct mesh *mesh);

#endif

/* relay.h — a node's books: its clients, channels, limits and counts. The root of the core.
 *
 * Everything that a client can cause begins at client.h with bytes and ends at transport.h with
 * frames; questions go out through hooks.h. Nothing here knows a socket, a thread, Lua or the wall
 * clock, so the same code runs on real connections, in unit tests and in a simulator. */
#ifndef WSRELAY_RELAY_RELAY_H
#define WSRELAY_RELAY_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/log.h"
#include "crypto/hash_job.h"
#include "hooks.h"
#include "protocol/json_read.h"
#include "relay/channel_table.h"
#include "relay/counters.h"
#include "relay/events.h"
#include "relay/opening.h"
#include "relay/traffic.h"

struct client;
struct trace;
struct uplink;

struct relay {
    /* Given by the owner before relay_init, and changed by it on a reload. */
    struct clock clock;
    struct log *log;
    struct hooks hooks;
    struct relay_events events;
    struct client_limits limits;
    uint64_t limits_version; /* raise it when limits or hooks changed: clients take them over at
                                their next command */
    double health_latency_ms;
    struct hash_jobs *hash_jobs;
    const struct uplink *uplink;    /* NULL: this node is alone */
    size_t peers, peers_configured; /* for the health; the network's owner sets them, */
    double peers_latency_ms;        /* and the latency of the slowest peer */
    struct trace *trace;            /* NULL: nobody looks (trace.h) */

    /* The relay's own. */
    struct channel_table channels;
    struct opening_table openings;
    struct traffic traffic; /* of the messages to all channels that are open here */
    uint64_t swept_ms;
    struct channel *rescoped;     /* rescope.c: the next channel that it asks about */
    struct list clients;          /* struct client.node, oldest first */
    struct client *clients_by_id; /* uthash's */
    struct list
        condemned; /* struct client.condemned_node: too slow, to be closed after the fan-out */
    size_t client_count;
    size_t queued_bytes; /* in the outboxes of all clients */
    uint64_t last_client_id;
    bool draining;
    struct frame *ok_frame; /* the answer to a command without a nonce */
    struct buf text;        /* scratch: a text that becomes a frame at once */
    struct health health;   /* the last answer, and when it was given */
    bool has_health;
    uint64_t health_at_ms;
    struct counters counters;
    struct relay_gates {
        struct log_gate limits, policies;
    } gates;
};

/* Sets up the relay's own part; `key` guards the channel table. RELAY_ENOMEM. */
int relay_init(struct relay *relay, const struct hash_key *key) RELAY_MUST_USE;

/* Its clients must be gone. */
void relay_deinit(struct relay *relay);

/* Closes a channel without subscribers whose name is nobody's concern any more. */
void relay_close_channel(struct relay *relay, struct channel *channel);
/* Opens a channel, which must not be open; the network agreed to it. Takes over what is in `scope`.
 * NULL for want of memory: then the network is told that the name is free. */
struct channel *relay_open_channel(struct relay *relay, struct text name,
                                   const struct password_hash *password,
                                   struct channel_scope *scope);
/* Closes a channel that nobody is subscribed to, and frees its name. */
void relay_close_if_empty(struct relay *relay, struct channel *channel);
/* How many clients are subscribed to a channel, or wait for its opening. */
size_t relay_subscribers(const struct relay *relay, struct text name);
/* A message of this node itself, to a channel that is open here or elsewhere in the network.
 * RELAY_EINVAL: it is open nowhere; RELAY_EFULL: it is too
 * large for the network; RELAY_ENOMEM. */
int relay_publish(struct relay *relay, struct text name,
                  const struct json_span *message) RELAY_MUST_USE;
/* The same to one of its subscribers alone, `client`, by its id. RELAY_EINVAL: it is none. */
int relay_send(struct relay *relay, uint64_t client, struct text name,
               const struct json_span *message) RELAY_MUST_USE;
/* Gives back what idle channels keep for their statistics. Call it now and then. */
void relay_sweep(struct relay *relay);

/* What GET /health answers: the rules are asked at most once a second. `connections` is what the
 * sockets hold. */
const struct health *relay_health(struct relay *relay, size_t connections);

/* Closes up to `most` clients with 1012 `node restarting`, oldest first; how many were closed. From
 * the first call on the node is draining. */
size_t relay_drain(struct relay *relay, size_t most);

#endif

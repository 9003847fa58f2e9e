/* client.h — one client of /connect: what it is subscribed to, what it may, what waits for it.
 *
 * A session (session.h): the transport opens it when the WebSocket stands, gives it every whole
 * text message, and ends it with session_gone. The surprising rule: client_close does not free. It
 * takes the client out of its channels at once and tells the transport to close; the client lives
 * on, deaf, until the transport says that it is gone. */
#ifndef WSRELAY_RELAY_CLIENT_H
#define WSRELAY_RELAY_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/client_reason.h"
#include "protocol/json_read.h"
#include "relay/rate.h"
#include "relay/relay.h"
#include "relay/session.h"

struct pending_subscribe;

/* Open to relay/ alone; others use the functions. */
struct client {
    struct session session; /* what the transport knows of it */
    struct relay *relay;
    struct list node;           /* relay->clients */
    UT_hash_handle hh;          /* relay->clients_by_id */
    struct list condemned_node; /* relay->condemned */
    const char *address;        /* the transport's */
    char *identity;             /* JSON object of client_auth, or NULL */
    struct client_limits limits;
    uint64_t limits_version; /* of the relay's that `limits` come from */
    struct subscriptions subscriptions;
    struct rate commands;              /* limits.messages_per_second */
    struct rate refusals;              /* as many again may be refused; then 1008 */
    struct pending_subscribe *pending; /* waits for a password's hash; the transport is paused */
    uint64_t opened_ms;                /* of the relay's clock */
    uint16_t malformed_in_a_row;
    bool is_closing;
};

/* A client whose WebSocket stands. `address` is borrowed for the client's life; `identity` (a JSON
 * object, may be empty) is copied. Asks hooks.client_limits. NULL for want of memory. */
struct client *client_open(struct relay *relay, const struct transport *transport, void *connection,
                           const char *address, const struct buf *identity);

/* One whole text message: valid UTF-8, within client_message_max. Never called while paused or
 * closing. */
void client_receive(struct client *client, const char *text, size_t len);

/* How large a message may be, in bytes. */
static inline size_t client_message_max(const struct client *client)
{
    return client->limits.message_bytes;
}

/* Ends a client from this side. A second call changes nothing. */
void client_close(struct client *client, unsigned code, const char *reason);

/* The connection is gone: frees the client. */
void client_gone(struct client *client);

/* What the transport sends. */
static inline struct outbox *client_outbox(struct client *client)
{
    return &client->session.outbox;
}

static inline struct subscriptions *client_subscriptions(struct client *client)
{
    return &client->subscriptions;
}

/* Whether it waits for a password's hash, and is paused for it. */
static inline bool client_is_waiting(const struct client *client)
{
    return client->pending != NULL;
}

static inline uint64_t client_id(const struct client *client)
{
    return client->session.id;
}

/* The client with this id; NULL: none. */
struct client *relay_find_client(const struct relay *relay, uint64_t id);

/* For relay/ alone: queue a frame (a reference is taken) and wake the transport. Over
 * send_queue_bytes the client is condemned; one frame alone is never too much. */
bool client_queue(struct client *client, struct frame *frame, bool is_answer);
/* Closes all that were condemned since the last call. */
void relay_close_condemned(struct relay *relay);
/* The answers to a command. */
void client_answer_ok(struct client *client, const struct json_span *nonce);
void client_answer_reason(struct client *client, enum client_reason reason,
                          const struct json_span *nonce);
void client_answer_denied(struct client *client, const struct verdict *verdict,
                          enum client_reason fallback, const struct json_span *nonce);
/* Sends relay->text as a text frame, and empties it. */
void client_answer_text(struct client *client);
struct client_facts client_facts(const struct client *client);
/* Takes `cost` from the client's rate; false: it is spent. */
bool client_spend(struct client *client, double cost);
/* Takes the subscription at `place` away, and closes a channel that nobody is left in. */
void client_leave_at(struct client *client, uint32_t place);

#endif

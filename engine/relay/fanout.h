/* fanout.h — one message to every subscriber of a channel: one frame, many outboxes; and
 * one packet to the network. */
#ifndef WSRELAY_RELAY_FANOUT_H
#define WSRELAY_RELAY_FANOUT_H

#include "base/err.h"
#include "protocol/json_read.h"

struct channel;
struct client;
struct relay;

/* Queues `message` (any JSON value, as written) for all subscribers but `sender`, who may be NULL.
 * RELAY_ENOMEM: nobody got it. */
int fanout_message(struct relay *relay, struct channel *channel, const struct client *sender,
                   const struct json_span *message, const struct json_span *nonce) RELAY_MUST_USE;

/* Hands a message of this node to the other ones, as far as the channel's scope goes. RELAY_ENOMEM,
 * RELAY_EFULL: it is too large. */
int fanout_uplink(struct relay *relay, const struct channel *channel,
                  const struct json_span *message, const struct json_span *nonce) RELAY_MUST_USE;

/* Sends a message of this node to one subscriber alone. RELAY_ENOMEM. */
int fanout_one(struct relay *relay, const struct channel *channel, struct client *client,
               const struct json_span *message) RELAY_MUST_USE;

#endif

/* events.h — what happens in a relay, told to whoever wants to know.
 *
 * The scripts fill it in (script/hear.c). A NULL pointer is nobody who listens, and costs one
 * branch. The surprising rule: a call only notes what happened; it does nothing to the relay, which
 * may be in the middle of a walk over its tables. */
#ifndef WSRELAY_RELAY_EVENTS_H
#define WSRELAY_RELAY_EVENTS_H

#include "hooks.h"
#include "protocol/json_read.h"

struct channel;
struct client;

struct relay_events {
    void *context;
    void (*client_opened)(void *context, const struct client *client);
    /* The client is subscribed to nothing any more. */
    void (*client_closed)(void *context, const struct client *client);
    void (*channel_opened)(void *context, const struct channel *channel);
    void (*channel_closed)(void *context, const struct channel *channel);
    void (*subscribed)(void *context, const struct client *client, const struct channel *channel);
    void (*unsubscribed)(void *context, const struct client *client, const struct channel *channel);
    /* A message to a channel that is open here. `sender` is NULL when it is no client of this node.
     */
    void (*message)(void *context, const struct client *sender, const struct channel *channel,
                    const struct json_span *message, const struct json_span *nonce);
};

#endif

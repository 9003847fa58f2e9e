/* channel.h — a channel and its subscribers.
 *
 * A subscription stands in two arrays, the channel's and the client's, and each side knows its
 * place in the other, so joining and leaving cost the same for one subscriber and for a hundred
 * thousand. A channel lives while it has a subscriber: the last one to leave closes it
 * (channel_table.h). */
#ifndef WSRELAY_RELAY_CHANNEL_H
#define WSRELAY_RELAY_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

#include "crypto/password_hash.h"
#include "hooks.h"
#include "relay/traffic.h"

struct client;

struct subscriber {
    struct client *client;
    uint32_t place; /* in the client's subscriptions */
};

struct subscription {
    struct channel *channel;
    uint32_t place; /* in the channel's subscribers */
};

/* What a client is subscribed to; inside struct client. */
struct subscriptions {
    struct subscription *items;
    uint32_t count, capacity;
};

struct channel {
    UT_hash_handle hh; /* channel_table's */
    struct password_hash password;
    struct channel_scope scope; /* where its messages go */
    struct traffic traffic;
    uint64_t messages, message_bytes; /* since it was opened */
    struct subscriber *subscribers;
    uint32_t count, capacity;
    size_t name_len;
    size_t json_len;
    const char *json; /* the name as a JSON string, quoted; behind `name` */
    char name[];
};

/* NULL for want of memory. `name` is valid. */
struct channel *channel_new(const char *name, size_t name_len,
                            const struct password_hash *password);
/* Its subscribers must be gone. */
void channel_free(struct channel *channel);

/* Whether `client`, whose subscriptions these are, is among the channel's subscribers. */
bool channel_has(const struct channel *channel, const struct client *client,
                 const struct subscriptions *subscriptions);

/* Adds one that is not there yet. RELAY_ENOMEM leaves both as they were. */
int channel_add(struct channel *channel, struct client *client,
                struct subscriptions *subscriptions) RELAY_MUST_USE;

/* Takes out the client's subscription at `place` of its own array. */
void channel_remove_at(struct subscriptions *subscriptions, uint32_t place);

/* The place of `channel` among the subscriptions, or -1. */
int64_t subscriptions_find(const struct subscriptions *subscriptions,
                           const struct channel *channel);

#endif

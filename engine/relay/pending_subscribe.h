/* pending_subscribe.h — a subscribe that waits: for its password's hash, or for the network's word.
 *
 * Its client is paused meanwhile, so its commands keep their order. Made and ended by
 * handle_subscribe.c alone. */
#ifndef WSRELAY_RELAY_PENDING_SUBSCRIBE_H
#define WSRELAY_RELAY_PENDING_SUBSCRIBE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/list.h"
#include "crypto/hash_job.h"
#include "protocol/client_reason.h"
#include "protocol/json_read.h"

struct channel;
struct client;
struct opening;

struct pending_subscribe {
    struct hash_waiter waiter;
    struct client *client;
    struct opening *opening; /* NULL while the hash is waited for */
    struct list waiting;     /* in opening->waiting */
    bool has_password;
    struct password_hash password;
    size_t channel_len, nonce_len;
    enum json_kind nonce_kind;
    char bytes[]; /* the channel's name, then the nonce as written */
};

/* The network's word: subscribes to the open channel, or answers with the reason. Frees it. */
void pending_subscribe_opened(struct pending_subscribe *pending, struct channel *channel);
void pending_subscribe_refused(struct pending_subscribe *pending, enum client_reason reason);

#endif

/* uplink.h — what a relay asks of the network around it, as function pointers.
 *
 * The mesh fills it in (mesh/mesh.h), and tells the relay what became of it with the functions
 * below. A relay without a network has NULL in their place, decides alone, and pays nothing. The
 * surprising rule: `open` may answer UPLINK_WAITS, and then says how it ended by relay_opened or
 * relay_refused, never from inside of the call. */
#ifndef WSRELAY_RELAY_UPLINK_H
#define WSRELAY_RELAY_UPLINK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "crypto/password_hash.h"
#include "hooks.h"
#include "protocol/client_reason.h"
#include "protocol/json_read.h"

struct channel;
struct relay;

enum uplink_answer {
    UPLINK_OPENS,   /* the channel is open here from now on, with `*hash` */
    UPLINK_WAITS,   /* relay_opened or relay_refused will be called */
    UPLINK_REFUSES, /* another password holds the name */
    UPLINK_BUSY
};

struct uplink {
    void *context;
    /* Whether the name is reserved by another node, and with which password. */
    bool (*is_reserved)(void *context, const char *name, size_t name_len,
                        struct password_hash *hash);
    /* A client would open or join a channel that is not open here. OPENS: `*hash` is the channel's,
     * which is none when it has no password. */
    enum uplink_answer (*open)(void *context, const char *name, size_t name_len,
                               struct password_hash *hash);
    /* The last subscriber here left, or the last one who waited. */
    void (*release)(void *context, const char *name, size_t name_len);
    /* A message of this node for the other ones. RELAY_ENOMEM, RELAY_EFULL: it is too large. */
    int (*publish)(void *context, const struct channel *channel, const struct json_span *message,
                   const struct json_span *nonce) RELAY_MUST_USE;
};

/* From now on the relay has a network. The channels that are open already are claimed: one whose
 * name is another's is lost. */
void relay_join(struct relay *relay, const struct uplink *uplink);
/* The channel that clients wait for is open here, with this password: all of them hear `ok`. */
void relay_opened(struct relay *relay, struct text channel, const struct password_hash *password);
/* It will not be: all of them hear the reason. */
void relay_refused(struct relay *relay, struct text channel, enum client_reason reason);
/* Another node's password won the name of a channel that is open here: its subscribers hear
 * `unsubscribed`, and it closes. */
void relay_lost(struct relay *relay, struct text channel);
/* A message that another node's client sent to a channel that is open here. RELAY_ENOMEM. */
int relay_deliver(struct relay *relay, struct channel *channel, const struct json_span *message,
                  const struct json_span *nonce) RELAY_MUST_USE;

/* The largest message that fits in a packet between nodes, in bytes of a client's frame. */
#define UPLINK_MESSAGE_MAX (700 * 1024)

#endif

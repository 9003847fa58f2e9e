/* hooks.h — the questions that the core asks, as function pointers; Lua answers them
 * (script/hooks_lua.c).
 *
 * Facts go in, a verdict comes out, by value. A NULL pointer is an absent hook: the core then takes
 * the answer written beside it and pays nothing. A hook never fails: whatever went wrong behind it,
 * it answers its safe default. Strings in facts are borrowed for the call; a verdict's text is
 * copied into it. */
#ifndef WSRELAY_HOOKS_H
#define WSRELAY_HOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define VERDICT_REASON_MAX 120
#define IDENTITY_MAX 4096
#define HEALTH_REASON_MAX 120

struct text {
    const char *at;
    size_t len;
};

struct verdict {
    bool allowed;
    char reason[VERDICT_REASON_MAX + 1]; /* of a denial; "" stands for the asker's own word */
    unsigned status;                     /* client_connect: the HTTP status of a denial; 0: 403 */
};

struct header {
    struct text name; /* lower case */
    struct text value;
};

/* A client that asks for the upgrade on /connect. */
struct connect_request {
    struct text address, origin, path, query; /* origin.at is NULL when the header is absent */
    const struct header *headers;
    size_t header_count;
};

/* Who asks: every question about an established client begins with this. */
struct client_facts {
    uint64_t id;
    struct text address;
    struct text identity; /* JSON object that client_connect returned, or empty */
    size_t channels;      /* that it is subscribed to */
};

#define DECISION_PLACE_MAX 80

/* Where in a policy an answer was made, for whoever traces. */
struct decision {
    char place[DECISION_PLACE_MAX + 1]; /* file:line; "": it failed */
};

struct channel_request {
    struct client_facts client;
    struct text channel;
    bool is_protected;         /* open: a password was given; else: the channel has one */
    bool password_matches;     /* join alone */
    struct decision *decision; /* NULL: nobody wants to know */
};

enum health_state { HEALTH_GOOD, HEALTH_DEGRADED, HEALTH_BAD };

struct listed_channel {
    struct text name;
    bool is_protected; /* it has a password */
    bool is_shown;     /* the answer */
};

struct health_facts {
    size_t clients, channels, connections, peers, peers_configured;
    double latency_ms;       /* of the slowest peer; 0 without peers */
    double latency_limit_ms; /* health.latency_ms of the configuration */
    bool draining;
};

struct health {
    enum health_state state;
    char reason[HEALTH_REASON_MAX + 1];
};

/* Limits that a policy may replace for one client. */
struct client_limits {
    size_t message_bytes;
    size_t channels_per_client;
    double messages_per_second; /* 0: no limit */
    double burst;
    size_t send_queue_bytes;
};

/* A message before its fan-out; `text` is the unescaped string, or the JSON text where is_json. */
struct publish_request {
    struct client_facts client;
    struct text channel;
    struct text text;
    bool is_json;
    struct decision *decision; /* NULL: nobody wants to know */
};

enum publish_action { PUBLISH_PASS, PUBLISH_REFUSE, PUBLISH_REPLACE };

/* A node that sent its handshake on /node. */
struct node_request {
    struct text name, address;
    bool is_single_use; /* the token: one that get-connection-token made; else the configured one */
    bool token_matches; /* it is valid, and for this name */
    size_t peers;       /* that this node has already */
};

/* A way to a node. */
struct route {
    struct text peer;
    double latency_ms; /* to the peer, round trip; negative: not measured */
    unsigned hops;     /* 1: the peer is the node; 0: not known */
    bool is_fastest;   /* what the router would take */
};

/* Where the messages of a channel go. */
enum scope_kind {
    SCOPE_NETWORK,
    SCOPE_NODE, /* they stay, and the name is not reserved */
    SCOPE_LIST  /* to some nodes alone */
};

#define SCOPE_NODES_MAX 64

struct channel_scope {
    enum scope_kind kind;
    struct buf nodes; /* LIST: their names, each with a NUL behind it; the asker frees it */
};

struct hooks {
    void *context;

    /* Names of headers, lower case, that client_connect wants beside the usual ones; ends with
     * NULL. NULL: none. */
    const char *const *client_headers;
    /* At the upgrade. `identity` receives a JSON object, or stays empty. Absent: allowed. */
    struct verdict (*client_connect)(void *context, const struct connect_request *request,
                                     struct buf *identity);
    /* A channel that does not exist yet would be opened. Absent: allowed. */
    struct verdict (*channel_open)(void *context, const struct channel_request *request);
    /* A channel exists. Absent: allowed when the password matches, else `invalid password`. */
    struct verdict (*channel_join)(void *context, const struct channel_request *request);
    /* Which of these channels a `list` with scope node shows to a client: sets is_shown of each.
     * Asked once for all, so that the client's facts are told once. Absent: all are. */
    void (*channel_list)(void *context, const struct client_facts *client,
                         struct listed_channel *channels, size_t count);
    /* Replaces some limits of a new client. Absent: as they are. */
    void (*client_limits)(void *context, const struct client_facts *client,
                          struct client_limits *limits);
    /* Every message; set only when the user has a policy for it. A replacement is a JSON value in
     * `replacement`. */
    enum publish_action (*message_publish)(void *context, const struct publish_request *request,
                                           struct verdict *denial, struct buf *replacement);
    /* `health` holds the last answer, and keeps it when the rules fail. Absent: good, healthy. */
    void (*health)(void *context, const struct health_facts *facts, struct health *health);

    /* A node's handshake. Absent: allowed when the token matches, which is so anyhow. */
    struct verdict (*node_accept)(void *context, const struct node_request *request);
    /* A channel opens here. Absent: SCOPE_NETWORK. `nodes` is an empty buffer. */
    void (*routing_scope)(void *context, struct text channel, struct channel_scope *scope);
    /* By which of these routes packets to a node go; -1: the router's own choice. Remembered until
     * the routes change. Absent: the router's own. */
    int (*routing_next_hop)(void *context, struct text destination, const struct route *routes,
                            size_t count);
};

#endif

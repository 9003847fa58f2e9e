/* counters.h — what a node counts: every event that a limit or a client caused.
 *
 * Plain additions on one thread. The names are the ones that operators see. */
#ifndef WSRELAY_RELAY_COUNTERS_H
#define WSRELAY_RELAY_COUNTERS_H

#include <stdint.h>

#define COUNTERS(X)                                                                                \
    X(connections_accepted)                                                                        \
    X(connections_refused_full)    /* limits.connections, or descriptors */                        \
    X(connections_refused_address) /* limits.connections_per_address */                            \
    X(handshakes_refused)          /* bad requests, unknown paths, a policy's no */                \
    X(clients_opened)                                                                              \
    X(clients_closed)                                                                              \
    X(commands)            /* text frames from clients */                                          \
    X(commands_failed)     /* answered with a reason */                                            \
    X(commands_malformed)  /* no JSON */                                                           \
    X(commands_limited)    /* rate limited */                                                      \
    X(messages)            /* accepted for fan-out */                                              \
    X(message_bytes)       /* of their JSON values */                                              \
    X(deliveries)          /* messages queued for a subscriber */                                  \
    X(bytes_received)      /* from clients: the payloads of their frames */                        \
    X(bytes_sent)          /* to clients: whole frames */                                          \
    X(peer_bytes_received) /* the same of the links with peers */                                  \
    X(peer_bytes_sent)                                                                             \
    X(frames_dropped_slow) /* meant for a client or a peer that was too slow */                    \
    X(frames_dropped_gone) /* that waited when its connection ended */                             \
    X(channels_opened)                                                                             \
    X(channels_closed)                                                                             \
    X(passwords_refused)                                                                           \
    X(passwords_busy) /* limits.hash_queue */                                                      \
    X(passwords_remembered)                                                                        \
    X(clients_too_slow)    /* limits.send_queue_bytes, or a queue that stood still */              \
    X(clients_flooding)    /* closed for what they sent: 1008 */                                   \
    X(messages_too_big)    /* limits.message_bytes: 1009 */                                        \
    X(messages_not_utf8)   /* 1007 */                                                              \
    X(messages_not_text)   /* 1003 */                                                              \
    X(messages_unfinished) /* fragments or time ran out: 1008 */                                   \
    X(clients_timed_out)   /* no pong */

struct counters {
#define COUNTER_FIELD(name) uint64_t name;
    COUNTERS(COUNTER_FIELD)
#undef COUNTER_FIELD
};

#endif

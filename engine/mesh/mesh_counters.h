/* mesh_counters.h — what a node counts of its network. The names are the ones that operators see.
 */
#ifndef WSRELAY_MESH_MESH_COUNTERS_H
#define WSRELAY_MESH_MESH_COUNTERS_H

#include <stdint.h>

#define MESH_COUNTERS(X)                                                                           \
    X(links_opened) /* handshakes that were accepted, ours and theirs */                           \
    X(links_closed)                                                                                \
    X(links_refused)    /* 4403 */                                                                 \
    X(links_replaced)   /* of a node that came back */                                             \
    X(links_timed_out)  /* no pong */                                                              \
    X(links_too_slow)   /* a queue that nobody emptied: 1013 */                                    \
    X(upgrades_refused) /* an unknown token: HTTP 403 */                                           \
    X(dials)                                                                                       \
    X(dials_failed)                                                                                \
    X(packets_received)                                                                            \
    X(packets_malformed) /* dropped */                                                             \
    X(packet_bytes_received)                                                                       \
    X(packets_sent)                                                                                \
    X(packet_bytes_sent)                                                                           \
    X(messages_delivered) /* of other nodes, for a channel that is open here */                    \
    X(messages_withheld) /* of a channel with another password, or of a name that its peer lost */ \
    X(messages_undecodable)                                                                        \
    X(commands_received)                                                                           \
    X(requests)       /* of this node, broadcasts among them */                                    \
    X(requests_again) /* further attempts */                                                       \
    X(requests_timed_out)                                                                          \
    X(responses_unexpected)

struct mesh_counters {
#define MESH_COUNTER_FIELD(name) uint64_t name;
    MESH_COUNTERS(MESH_COUNTER_FIELD)
#undef MESH_COUNTER_FIELD
};

#endif

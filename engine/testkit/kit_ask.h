/* kit_ask.h — a command that a test sends from a node into the network, and what comes back.
 *
 * Heap of its network: kit_ask_new, kit_ask_free. */
#ifndef WSRELAY_TESTKIT_KIT_ASK_H
#define WSRELAY_TESTKIT_KIT_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "hooks.h"

struct kit_net;
struct kit_node;

struct kit_answer {
    struct list node;
    size_t source_len, data_len;
    char bytes[]; /* the node's name, then its JSON */
};

struct kit_ask {
    struct list node;
    struct kit_node *asker;
    unsigned starts;     /* of the asker: another run has forgotten it */
    uint64_t number;     /* of the network */
    uint64_t request;    /* of the mesh */
    struct list answers; /* struct kit_answer.node */
    bool is_done;
    char reason[64]; /* "": none */
};

/* `node` of length 0: all nodes. NULL: there is no room for it. The asker must run. */
struct kit_ask *kit_ask_new(struct kit_net *net, struct kit_node *asker, struct text node,
                            struct text data, uint64_t timeout_ms);
/* Nothing comes any more. */
void kit_ask_free(struct kit_ask *ask);
struct kit_ask *kit_ask_find(const struct kit_net *net, uint64_t number);

#endif

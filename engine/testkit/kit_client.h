/* kit_client.h — a client of a test: it comes in as through the socket, past client_auth and the
 * limits of connections, and keeps what it hears until it is asked.
 *
 * Heap of its network. */
#ifndef WSRELAY_TESTKIT_KIT_CLIENT_H
#define WSRELAY_TESTKIT_KIT_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/list.h"
#include "hooks.h"
#include "sim/whole_client.h"

#define KIT_HEARD_MAX ((size_t)64 * 1024 * 1024) /* bytes; then it is too slow */

struct kit_net;
struct kit_node;

struct kit_heard {
    struct list node;
    size_t len;
    char text[];
};

struct kit_client {
    struct whole_client *whole;
    struct list heard; /* struct kit_heard.node */
    size_t heard_bytes;
    bool is_closed;
};

/* Its place in the network, or -1: refused, and `verdict` has the HTTP status and the reason. The
 * node must run. `headers` holds all that the client sends; the policy sees those that a node
 * shows it. */
long kit_client_open(struct kit_net *net, struct kit_node *node,
                     const struct connect_request *request, struct verdict *verdict);
void kit_client_free(struct kit_client *client);

/* What it heard next, which the caller frees; NULL: nothing waits. */
struct kit_heard *kit_client_hear(struct kit_client *client);

/* For the network's watch. */
void kit_client_heard(void *context, struct whole_client *whole, const char *text, size_t len);
void kit_client_closed(void *context, struct whole_client *whole, unsigned code);

#endif

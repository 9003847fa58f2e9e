/* requests.h — the commands of this node that wait for a response.
 *
 * A command to one node is sent again while no response came, each time with a new nonce and wider
 * (mesh.md "Routing"); the first response to any of its nonces ends it. One to every node is sent
 * once and takes a response of each. The owner's storage: requests_init, requests_deinit. It does
 * not send: the owner's `send` does. The surprising rule: `done` may start and cancel requests;
 * a response's data is borrowed for its call. */
#ifndef WSRELAY_MESH_REQUESTS_H
#define WSRELAY_MESH_REQUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

#include "base/hash.h"
#include "base/list.h"
#include "hooks.h"
#include "mesh/mesh.h"
#include "spread/router.h"

#define REQUESTS_MAX 16384

typedef void request_done(void *context, const struct mesh_response *response, const char *error);

struct request;

struct requests {
    struct hash_key key;
    struct request_nonce *nonces; /* uthash */
    struct request *by_number;    /* uthash */
    struct list all;              /* struct request.node, oldest first */
    size_t count;
    uint64_t last_number;
    /* Sends an attempt to a node, with this nonce; how many links it went to. */
    unsigned (*send)(void *context, struct text node, struct text data, struct text nonce,
                     enum route_attempt attempt);
    /* How long to wait for the response before the next attempt. */
    uint32_t (*patience_ms)(void *context, struct text node);
    void (*random)(void *context, void *bytes, size_t len);
    void *context;
    uint64_t again, timed_out; /* counted */
};

void requests_init(struct requests *requests, const struct hash_key *key);
/* Ends all with the error `cancelled`. */
void requests_deinit(struct requests *requests);

/* To one node. `is_once`: one attempt alone. Its number; 0 for want of memory or room. */
uint64_t requests_add(struct requests *requests, struct text node, struct text data, bool is_once,
                      uint64_t now_ms, uint64_t timeout_ms, request_done *done, void *context);
/* To every node: the owner has sent it with this nonce. */
uint64_t requests_add_broadcast(struct requests *requests, struct text nonce, uint64_t now_ms,
                                uint64_t timeout_ms, request_done *done, void *context);
void requests_cancel(struct requests *requests, uint64_t number);

/* A response came. False: nobody waits for it. `alive` is how many nodes could answer one to all.
 */
bool requests_respond(struct requests *requests, struct text nonce,
                      const struct mesh_response *response, size_t alive);

/* Next attempts, and what has waited too long. */
void requests_tick(struct requests *requests, uint64_t now_ms);

#endif

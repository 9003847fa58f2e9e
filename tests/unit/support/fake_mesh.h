/* fake_mesh.h — the mesh as the scripts see it, in place of the real one: a test that includes this
 * defines what script/ calls of mesh.h, so that the linker leaves the real one out.
 *
 * One FAKE for the test: what was asked is kept, and the test answers. */
#ifndef TEST_FAKE_MESH_H
#define TEST_FAKE_MESH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "mesh/mesh.h"
#include "mesh/mesh_figures.h"
#include "reserve/claim_table.h"

#define FAKE_REQUESTS 8

struct mesh {
    int unused;
};

struct fake_request {
    char node[64], data[512];
    uint64_t timeout_ms;
    void (*done)(void *context, const struct mesh_response *response, const char *error);
    void *context;
    bool is_broadcast, is_cancelled;
};

static struct fake_mesh {
    struct mesh mesh;
    struct fake_request requests[FAKE_REQUESTS];
    size_t request_count;
    char responses[16][2048];
    char nonces[16][64];
    size_t response_count;
    struct mesh_peer peers[4];
    size_t peer_count;
    struct mesh_node_facts nodes[4];
    size_t node_count;
    struct claim_table claims;
    struct mesh_figures figures;
    char dialled[256];
    void (*dial_done)(void *context, const char *error);
    void *dial_context;
    char dropped[64];
    void (*on_drop)(void);
    char told[512];  /* plain_open, plain_reserved */
    const char *raw; /* of the three commands; NULL: no response */
    char reserved[64], unreserved[64];
    int reserve_answer; /* what mesh_reserve says; 0: `reserve_done` is for the test to call */
    bool has_password, is_reserve_cancelled;
    void (*reserve_done)(void *context, const char *reason);
    void *reserve_context;
} FAKE;

static inline struct text fake_text(const char *string)
{
    return (struct text){string, strlen(string)};
}

static inline uint64_t fake_ask(struct text node, struct text data, uint64_t timeout_ms,
                                void (*done)(void *, const struct mesh_response *, const char *),
                                void *context)
{
    if (FAKE.request_count == FAKE_REQUESTS)
        return 0;
    struct fake_request *request = &FAKE.requests[FAKE.request_count++];
    *request = (struct fake_request){.timeout_ms = timeout_ms, .done = done, .context = context};
    snprintf(request->node, sizeof request->node, "%.*s", (int)node.len, node.at);
    snprintf(request->data, sizeof request->data, "%.*s", (int)data.len, data.at);
    return FAKE.request_count;
}

uint64_t mesh_request(struct mesh *mesh, struct text node, struct text data, uint64_t timeout_ms,
                      void (*done)(void *context, const struct mesh_response *response,
                                   const char *error),
                      void *context)
{
    (void)mesh;
    return fake_ask(node, data, timeout_ms, done, context);
}

uint64_t mesh_broadcast(struct mesh *mesh, struct text data, uint64_t timeout_ms,
                        void (*done)(void *context, const struct mesh_response *response,
                                     const char *error),
                        void *context)
{
    (void)mesh;
    uint64_t number = fake_ask(fake_text("*"), data, timeout_ms, done, context);
    FAKE.requests[FAKE.request_count - 1].is_broadcast = true;
    return number;
}

void mesh_request_cancel(struct mesh *mesh, uint64_t request)
{
    (void)mesh;
    FAKE.requests[request - 1].is_cancelled = true;
}

void mesh_respond(struct mesh *mesh, struct text source, struct text nonce, struct text data)
{
    (void)mesh, (void)source;
    assert_in_range(FAKE.response_count, 0, 15);
    snprintf(FAKE.nonces[FAKE.response_count], 64, "%.*s", (int)nonce.len, nonce.at);
    snprintf(FAKE.responses[FAKE.response_count++], 2048, "%.*s", (int)data.len, data.at);
}

static inline bool fake_handle(struct buf *data)
{
    if (FAKE.raw)
        buf_add_text(data, FAKE.raw);
    return FAKE.raw != NULL;
}

bool mesh_handle_reserve(struct mesh *mesh, const struct mesh_command *command, struct buf *data)
{
    (void)mesh;
    assert_int_equal(command->command.len, strlen("reserve-channel"));
    return fake_handle(data);
}

bool mesh_handle_unreserve(struct mesh *mesh, const struct mesh_command *command, struct buf *data)
{
    (void)mesh, (void)command;
    return fake_handle(data);
}

bool mesh_handle_level(struct mesh *mesh, const struct mesh_command *command, struct buf *data)
{
    (void)mesh, (void)command;
    return fake_handle(data);
}

static inline void fake_tell(const char *what, struct text peer, struct text channel,
                             const struct password_hash *hash)
{
    size_t len = strlen(FAKE.told);
    snprintf(FAKE.told + len, sizeof FAKE.told - len, "%s %.*s %.*s %d;", what, (int)peer.len,
             peer.at, (int)channel.len, channel.at, hash->is_set);
}

void mesh_plain_open(struct mesh *mesh, struct text peer, struct text channel,
                     const struct password_hash *hash)
{
    (void)mesh;
    fake_tell("open", peer, channel, hash);
}

void mesh_plain_reserved(struct mesh *mesh, struct text peer, struct text channel,
                         const struct password_hash *hash, bool is_certain)
{
    (void)mesh;
    fake_tell(is_certain ? "reserved" : "perhaps reserved", peer, channel, hash);
}

void mesh_plain_doubt(struct mesh *mesh, struct text channel)
{
    (void)mesh;
    fake_tell("doubt", fake_text("any"), channel, &(struct password_hash){.is_set = false});
}

/* Of the names one is held. */
bool mesh_plain_freed(struct mesh *mesh, struct text channel)
{
    (void)mesh;
    fake_tell("freed", fake_text("any"), channel, &(struct password_hash){.is_set = false});
    return channel.len != strlen("held") || memcmp(channel.at, "held", channel.len) != 0;
}

bool mesh_next_peer(const struct mesh *mesh, size_t *cursor, struct mesh_peer *peer)
{
    (void)mesh;
    if (*cursor == FAKE.peer_count)
        return false;
    *peer = FAKE.peers[(*cursor)++];
    return true;
}

bool mesh_next_node(const struct mesh *mesh, size_t *cursor, struct mesh_node_facts *node)
{
    (void)mesh;
    if (*cursor == FAKE.node_count)
        return false;
    *node = FAKE.nodes[(*cursor)++];
    return true;
}

bool mesh_find_peer(const struct mesh *mesh, struct text name, struct mesh_peer *peer)
{
    for (size_t i = 0; mesh_next_peer(mesh, &i, peer);)
        if (peer->name.len == name.len && memcmp(peer->name.at, name.at, name.len) == 0)
            return true;
    return false;
}

struct mesh_figures mesh_figures(struct mesh *mesh)
{
    (void)mesh;
    return FAKE.figures;
}

const struct claim_table *mesh_claims(const struct mesh *mesh)
{
    (void)mesh;
    return &FAKE.claims;
}

struct text mesh_name(const struct mesh *mesh)
{
    (void)mesh;
    return fake_text("node-a");
}

struct text mesh_host(const struct mesh *mesh)
{
    (void)mesh;
    return fake_text("wss://a.example.com/");
}

uint64_t mesh_boot(const struct mesh *mesh)
{
    (void)mesh;
    return 1795389987500;
}

size_t mesh_pool(const struct mesh *mesh)
{
    (void)mesh;
    return 8;
}

int mesh_dial(struct mesh *mesh, const char *name, const char *url, const char *token,
              void (*done)(void *context, const char *error), void *context)
{
    (void)mesh;
    if (strcmp(name, "full") == 0)
        return RELAY_EFULL;
    snprintf(FAKE.dialled, sizeof FAKE.dialled, "%s %s %s", name, url, token);
    FAKE.dial_done = done;
    FAKE.dial_context = context;
    return 0;
}

bool mesh_drop_peer(struct mesh *mesh, struct text name)
{
    (void)mesh;
    snprintf(FAKE.dropped, sizeof FAKE.dropped, "%.*s", (int)name.len, name.at);
    if (FAKE.on_drop)
        FAKE.on_drop();
    return true;
}

int mesh_new_token(struct mesh *mesh, struct text node, char token[MESH_TOKEN_LEN + 1])
{
    (void)mesh;
    if (node.len == 0 || memchr(node.at, ' ', node.len))
        return RELAY_EINVAL;
    memset(token, 'x', MESH_TOKEN_LEN);
    token[MESH_TOKEN_LEN] = '\0';
    return 0;
}

int mesh_reserve(struct mesh *mesh, struct text name, const struct password_hash *hash,
                 void (*done)(void *context, const char *reason), void *context)
{
    (void)mesh;
    snprintf(FAKE.reserved, sizeof FAKE.reserved, "%.*s", (int)name.len, name.at);
    FAKE.has_password = hash->is_set;
    FAKE.reserve_done = done;
    FAKE.reserve_context = context;
    return FAKE.reserve_answer;
}

void mesh_reserve_cancel(struct mesh *mesh, void *context)
{
    (void)mesh;
    assert_ptr_equal(context, FAKE.reserve_context);
    FAKE.is_reserve_cancelled = true;
}

/* One that was reserved before. */
bool mesh_unreserve(struct mesh *mesh, struct text name)
{
    (void)mesh;
    snprintf(FAKE.unreserved, sizeof FAKE.unreserved, "%.*s", (int)name.len, name.at);
    return strcmp(FAKE.unreserved, FAKE.reserved) == 0;
}

#endif

/* script_node.h — a main.lua that runs on a relay, a clock and a fake mesh of the test's own. */
#ifndef TEST_SCRIPT_NODE_H
#define TEST_SCRIPT_NODE_H

#include <stdlib.h>

#include "fake_mesh.h"
#include "script_fixture.h"

struct script_node {
    struct script_fixture fixture;
    struct relay relay;
    struct hash_job *job; /* the hash that waits for its worker */
    struct host_network network;
    const struct script_calls *calls;   /* NULL: there is no ctl */
    const struct script_stores *stores; /* NULL: there are none */
    uint64_t now_ms, wake_ms;
};

static inline uint64_t script_node_now(void *context)
{
    return ((struct script_node *)context)->now_ms;
}

static inline void script_node_wake_at(void *context, uint64_t ms)
{
    ((struct script_node *)context)->wake_ms = ms;
}

static inline int script_node_take_job(void *context, struct hash_job *job)
{
    ((struct script_node *)context)->job = job;
    return 0;
}

static int script_node_setup(void **state)
{
    static const struct hash_key key = {0};
    struct script_node *node = calloc(1, sizeof *node);
    memset(&FAKE, 0, sizeof FAKE);
    claim_table_init(&FAKE.claims, &key, 100);
    script_fixture_init(&node->fixture);
    node->now_ms = 1000;
    node->relay.clock = (struct clock){script_node_now, node};
    node->relay.log = &node->fixture.log;
    node->relay.hash_jobs =
        hash_jobs_new((struct hash_worker){script_node_take_job, node}, 1, 4, &key);
    assert_int_equal(relay_init(&node->relay, &key), 0);
    *state = node;
    return 0;
}

static int script_node_teardown(void **state)
{
    struct script_node *node = *state;
    script_fixture_deinit(&node->fixture);
    relay_deinit(&node->relay);
    hash_jobs_free(node->relay.hash_jobs);
    claim_table_deinit(&FAKE.claims);
    free(node);
    return 0;
}

/* Loads a main.lua with these lines behind relay.node, and starts it. */
static inline void script_node_run(struct script_node *node, const char *lines)
{
    struct script_fixture *fixture = &node->fixture;
    char text[4096];
    snprintf(text, sizeof text,
             "local relay = require 'relay'\nrelay.node { name = 'node-a', peers = { { name = "
             "'plain', url = 'ws://plain.example.com/node', token = 't' } } }\n%s\n",
             lines);
    script_fixture_write(fixture, "main.lua", text);
    if (script_fixture_load(fixture, "main.lua", NULL, 0) != 0)
        fail_msg("did not load: %s", fixture->error.bytes);
    const struct script_world world = {.relay = &node->relay,
                                       .mesh = &FAKE.mesh,
                                       .network = &node->network,
                                       .clock = node->relay.clock,
                                       .context = node,
                                       .wake_at = script_node_wake_at,
                                       .calls = node->calls,
                                       .stores = node->stores};
    assert_int_equal(script_start(fixture->script, &world), 0);
}

/* Lets the clock go on, and the script with it. */
static inline void script_node_advance(struct script_node *node, uint64_t ms)
{
    for (uint64_t end = node->now_ms + ms; node->now_ms < end;) {
        node->now_ms = node->wake_ms < end ? node->wake_ms : end;
        if (node->wake_ms <= node->now_ms)
            script_tick(node->fixture.script);
    }
}

static inline void script_node_command(struct script_node *node, const char *name, const char *data)
{
    const struct mesh_command command = {.source = fake_text("node-b"),
                                         .nonce = fake_text("nonce-1"),
                                         .command = fake_text(name),
                                         .data = fake_text(data),
                                         .is_peer = true};
    script_command(node->fixture.script, &command);
}

/* The request that was made last gets this answer; NULL: `error`. */
static inline void script_node_answer(const char *data, const char *error)
{
    const struct fake_request *request = &FAKE.requests[FAKE.request_count - 1];
    struct mesh_response response = {fake_text("node-b"), fake_text(data ? data : "")};
    request->done(request->context, data ? &response : NULL, error);
}

/* Whether something that was logged holds this text. */
static inline bool script_node_logged(struct script_node *node, const char *text)
{
    struct buf *lines = &node->fixture.lines;
    buf_add_byte(lines, '\0');
    bool holds = strstr(lines->bytes, text) != NULL;
    lines->len--;
    return holds;
}

#define assert_response(text)                                                                      \
    do {                                                                                           \
        assert_true(FAKE.response_count > 0);                                                      \
        assert_string_equal(FAKE.responses[FAKE.response_count - 1], text);                        \
    } while (0)

#define SCRIPT_TEST(name)                                                                          \
    cmocka_unit_test_setup_teardown(name, script_node_setup, script_node_teardown)

#endif

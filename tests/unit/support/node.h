/* node.h — a whole node for a test: the real core between a fake transport, a clock and a hash
 * worker that are turned by hand, and a policy that answers what the test says (fake_policy.h).
 *
 * A struct wire is a client's far end. What the node sends stays in the client's outbox until the
 * wire hears it, so a wire that does not listen is a slow reader. In every text given here a '
 * stands for a ", which keeps JSON readable. */
#ifndef TEST_NODE_H
#define TEST_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fake_policy.h"
#include "relay/client.h"
#include "relay/relay.h"

#define NODE_WIRES_MAX 128
#define NODE_JOBS_MAX 64
#define NODE_TEXT_MAX 70000

#define OK "{'type':'response','data':{'ok':true}}"
#define REFUSED(reason) "{'type':'response','data':{'ok':false,'reason':'" reason "'}}"
#define MESSAGE(message, channel)                                                                  \
    "{'type':'message','data':{'message':" message ",'channel':'" channel "'}}"
#define CHANNELS(names) "{'type':'response','data':{'channels':[" names "]}}"
#define NOTHING "(nothing)"

struct wire {
    struct node *node;
    struct client *client; /* NULL: gone */
    char address[32];
    bool is_paused, is_closed;
    unsigned close_code;
    char close_reason[WS_REASON_MAX + 1];
    unsigned wakes, pauses, resumes, closes;
};

struct node {
    struct relay relay;
    struct fake_policy policy;
    struct log log;
    unsigned warnings;
    uint64_t now_ms;
    bool worker_refuses;
    struct hash_job *held[NODE_JOBS_MAX]; /* jobs that the worker took, oldest first */
    size_t held_count;
    struct wire wires[NODE_WIRES_MAX];
    size_t wire_count;
    const struct wire *closed[NODE_WIRES_MAX]; /* in the order in which the core closed them */
    size_t closed_count;
    char text[NODE_TEXT_MAX + 1]; /* what a wire heard last */
};

/* A node with wide limits, no hooks, and the clock at an hour. At most `parallel` hashes run and
 * `queue_max` wait. Heap: node_free. */
struct node *node_new_with(unsigned parallel, size_t queue_max);
struct node *node_new(void); /* one hash at a time, eight wait */
/* Everything ends: running hashes, then clients, then the relay. */
void node_free(struct node *node);

void node_pass_ms(struct node *node, uint64_t ms);
/* Computes the oldest hash that the worker holds, and hands it back. */
void node_hash(struct node *node);
/* As long as there are any. */
void node_hash_all(struct node *node);
/* The open channel of that name, or NULL. */
struct channel *node_channel(struct node *node, const char *name);
/* New limits, or hooks: clients take them over at their next command. */
void node_limits_changed(struct node *node);

/* A new client. */
struct wire *node_connect(struct node *node);
struct wire *node_connect_as(struct node *node, const char *identity);
/* The connection is gone. */
void wire_gone(struct wire *wire);

/* Sends a command; the wire must be neither closed nor paused. */
void wire_say(struct wire *wire, const char *format, ...) __attribute__((format(printf, 2, 3)));
void wire_say_bytes(struct wire *wire, const char *text, size_t len);
/* Commands, with the answer unheard. `message` is JSON. */
void wire_subscribe(struct wire *wire, const char *channel, const char *password);
void wire_unsubscribe(struct wire *wire, const char *channel);
void wire_send(struct wire *wire, const char *channel, const char *message);
/* Subscribes without a password, and asserts the ok. */
void wire_join(struct wire *wire, const char *channel);

/* The next text that waits, or NOTHING. Valid until the next call for any wire of the node. */
const char *wire_hear(struct wire *wire);
/* Hears all that waits; how many texts. */
size_t wire_hear_all(struct wire *wire);

#define assert_hears(wire, text) wire_assert_hears((wire), (text), __FILE__, __LINE__)
#define assert_silent(wire) assert_hears((wire), NOTHING)
#define assert_closed(wire, code, reason)                                                          \
    wire_assert_closed((wire), (code), (reason), __FILE__, __LINE__)
#define assert_open(wire) assert_false((wire)->is_closed)

void wire_assert_hears(struct wire *wire, const char *text, const char *file, int line);
void wire_assert_closed(const struct wire *wire, unsigned code, const char *reason,
                        const char *file, int line);

#endif

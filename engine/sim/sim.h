/* sim.h — a network of nodes in one process, on virtual time, from one seed.
 *
 * Nodes are of our own kind (mesh_node.h) or plain (plain_node.h), on links that can be cut, heal,
 * and lose their ends. The same seed and the same calls give the same run, to the last packet. What
 * nodes deliver goes to the observer. Time is from 0, in ms; wall time at 0 is SIM_WALL_MS. Heap:
 * sim_new, sim_free. Without memory the process ends. */
#ifndef WSRELAY_SIM_SIM_H
#define WSRELAY_SIM_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/inm_packet.h"
#include "sim/chance.h"
#include "spread/router.h"
#include "spread/tree.h"

#define SIM_WALL_MS UINT64_C(1795389987000)

struct sim;

struct sim_observer {
    void *context;
    /* A broadcast, or an answer to sim_ask. */
    void (*delivered)(void *context, unsigned node, const struct inm_packet *packet);
};

struct sim *sim_new(uint64_t seed, struct sim_observer observer);
void sim_free(struct sim *sim);

/* A node that runs from now on, named node-<number>. */
unsigned sim_add_node(struct sim *sim, unsigned region, bool is_plain);
unsigned sim_node_count(const struct sim *sim);
bool sim_is_alive(const struct sim *sim, unsigned node);
bool sim_is_plain(const struct sim *sim, unsigned node);

/* Both ends must be alive. */
void sim_link(struct sim *sim, unsigned a, unsigned b);
/* Nothing crosses from now on; the ends hear of it after `notice_ms`. */
void sim_cut(struct sim *sim, unsigned a, unsigned b, uint64_t notice_ms);
/* Cuts all links between nodes that `side` puts on different sides, and remembers them. */
void sim_partition(struct sim *sim, bool (*side)(void *context, unsigned node), void *context,
                   uint64_t notice_ms);
/* Links again what sim_partition cut, where both ends are alive. */
void sim_heal(struct sim *sim);
/* The node stops without a word; its neighbours hear of it after `notice_ms`. */
void sim_crash(struct sim *sim, unsigned node, uint64_t notice_ms);
/* It starts with a new boot and no links. */
void sim_restart(struct sim *sim, unsigned node);
void sim_limit(struct sim *sim, unsigned a, unsigned b, uint32_t bytes_per_ms);

/* The nodes that it has stood linked with for `min_age_ms`, up to `max`; how many there are. */
unsigned sim_peers(const struct sim *sim, unsigned node, uint64_t min_age_ms, unsigned *peers,
                   unsigned max);
uint32_t sim_delay_us(const struct sim *sim, unsigned a, unsigned b);

/* Broadcasts a message; `message` is base64. */
void sim_publish(struct sim *sim, unsigned node, const char *message);
/* A command from a node of our own kind; its answer is delivered with this nonce. */
void sim_ask(struct sim *sim, unsigned node, unsigned destination, enum route_attempt attempt,
             char nonce[ROUTE_NONCE_LEN + 1]);

/* How long the node waits for an answer before its next attempt. */
uint32_t sim_patience_ms(const struct sim *sim, unsigned node, unsigned destination);

void sim_run_until(struct sim *sim, uint64_t ms);
uint64_t sim_now_ms(const struct sim *sim);
uint64_t sim_now_us(const struct sim *sim);
/* For the test's own decisions, so that they too follow from the seed. */
struct chance *sim_chance(struct sim *sim);
/* Calls at a time, with `number`. */
void sim_at(struct sim *sim, uint64_t ms, void (*call)(void *context, unsigned number),
            void *context, unsigned number);

uint64_t sim_copies(const struct sim *sim); /* of broadcasts, handed to links so far */
uint64_t sim_link_bytes(const struct sim *sim);
/* The counters of a node of our own kind, since its start; NULL for a plain or dead one. */
const struct tree_counters *sim_counters(const struct sim *sim, unsigned node);
const struct tree *sim_tree(const struct sim *sim, unsigned node);
/* Packets that a node could not understand; there must be none. */
uint64_t sim_surprises(const struct sim *sim);

#endif

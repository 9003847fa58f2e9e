/* network.h — simulated links between numbered nodes: delayed, first in, first out, and cut.
 *
 * A link carries texts both ways. Each takes its delay (the regions', and up to a tenth of chance),
 * but never overtakes another on the same link; on different links it does. A link with a rate
 * makes texts wait. A cut link delivers nothing from that moment on, and each end is told only
 * after a notice, as a keep-alive would find out. To a node a link is a small number, its slot,
 * used again after the end. */
#ifndef WSRELAY_SIM_NETWORK_H
#define WSRELAY_SIM_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/chance.h"
#include "sim/event_queue.h"

#define NETWORK_SLOT_NONE UINT32_MAX

struct network;

/* What becomes of it; never called from inside a call but network_link. */
struct network_owner {
    void *context;
    void (*up)(void *context, unsigned node, unsigned slot, unsigned peer);
    void (*down)(void *context, unsigned node, unsigned slot);
    void (*arrive)(void *context, unsigned node, unsigned slot, const char *text, size_t len);
};

/* Without memory the process ends. */
struct network *network_new(struct event_queue *events, struct chance *chance,
                            struct network_owner owner);
void network_free(struct network *network);

unsigned network_add_node(struct network *network, unsigned region);

/* A new link; both ends are told at once. Nothing where one stands. */
void network_link(struct network *network, unsigned a, unsigned b);
/* Cuts the link of two nodes; false when there is none. */
bool network_cut(struct network *network, unsigned a, unsigned b, uint64_t notice_ms);
/* The node is gone: its links are cut, and it is told nothing. */
void network_crash(struct network *network, unsigned node, uint64_t notice_ms);
/* Texts of this link wait for `bytes_per_ms`; 0: no limit. */
void network_limit(struct network *network, unsigned a, unsigned b, uint32_t bytes_per_ms);

bool network_is_linked(const struct network *network, unsigned a, unsigned b);
/* The nodes at the other ends of links that stand for `min_age_ms`, up to `max`; how many there
 * are.
 */
unsigned network_peers(const struct network *network, unsigned node, uint64_t min_age_ms,
                       unsigned *peers, unsigned max);
uint32_t network_delay_us(const struct network *network, unsigned a, unsigned b);

/* The sender's copy. */
void network_send(struct network *network, unsigned node, unsigned slot, const char *text,
                  size_t len);
/* What was sent and waits for the link's rate. */
size_t network_queued(const struct network *network, unsigned node, unsigned slot);

#endif

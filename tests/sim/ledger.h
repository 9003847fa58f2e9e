/* ledger.h — what was sent and what arrived where: the judge of a simulated run.
 *
 * A message's text is its number among its sender's, eight digits (which are base64 too). A second
 * delivery, and one out of order between nodes of our own kind, is a fault at once; what is missing
 * is counted at the end, among those who were entitled to it. */
#ifndef SIM_LEDGER_H
#define SIM_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/sim.h"

#define LEDGER_LATENCY_MAX_MS 20000

struct message {
    unsigned sender;
    unsigned number; /* among the sender's, from 1 */
    uint64_t sent_us;
    uint64_t *arrived; /* a bit a node */
};

struct ledger {
    const struct sim *sim;
    unsigned node_count;
    struct message *messages;
    size_t count, capacity;
    size_t **of_sender; /* by sender, by number: places in `messages` */
    unsigned *sent;     /* by sender */
    unsigned *last;     /* by receiver and sender: the number delivered last */
    uint64_t *since_us; /* by node: alive since */
    unsigned faults;    /* delivered twice, or out of order */
    uint64_t deliveries;
    uint64_t from_us;                              /* messages sent before are not measured */
    uint64_t latencies[LEDGER_LATENCY_MAX_MS + 1]; /* since ledger_measure, by ms */
    uint64_t measured, latency_max_us;
    uint64_t slow_us;      /* what counts as slow; 0: nothing does */
    uint64_t last_slow_us; /* when a slow one arrived last */
};

void ledger_init(struct ledger *ledger, const struct sim *sim, unsigned node_count);
void ledger_deinit(struct ledger *ledger);

/* A message is about to be sent; writes its text. */
void ledger_send(struct ledger *ledger, unsigned sender, char text[9]);
void ledger_deliver(struct ledger *ledger, unsigned receiver, unsigned sender, const char *text);
/* The node began anew: it knows nothing of before. */
void ledger_restarted(struct ledger *ledger, unsigned node);

/* Whether it did not begin anew within this time. */
bool ledger_is_settled(const struct ledger *ledger, unsigned node, uint64_t ms);

/* Begins the measurement of latencies anew, of messages sent from `from_ms` on; what takes longer
 * than `slow_us` is slow. */
void ledger_measure(struct ledger *ledger, uint64_t from_ms, uint64_t slow_us);
/* The latency in ms that this share (0.99) of the measured deliveries does not exceed. */
unsigned ledger_percentile(const struct ledger *ledger, double share);

/* Deliveries that are missing, of those for which `entitled` says yes. The sender must live since
 * it sent, the receiver since `grace_ms` before. */
uint64_t ledger_lost(const struct ledger *ledger, uint64_t grace_ms,
                     bool (*entitled)(void *context, const struct message *message,
                                      unsigned receiver),
                     void *context);

#endif

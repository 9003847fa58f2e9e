/* scenario.h — what happens to a simulated network, and what must hold of it.
 *
 * Every run has the same shape: the network is built, all nodes broadcast, the calm is measured,
 * then the scenario's trouble comes; after a quiet end M1, M2 and M3 of the design are checked. */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

#include <stdbool.h>
#include <stdint.h>

enum scenario_kind {
    SCENARIO_CALM,
    SCENARIO_DEATHS,       /* `percent` of the nodes at once, silently */
    SCENARIO_ONE_A_SECOND, /* a fifth of the nodes, one a second */
    SCENARIO_PARTITION,    /* two halves for 40 s */
    SCENARIO_CHURN,        /* links cut and made, nodes restarted, for 60 s */
    SCENARIO_ROUTES,       /* a fifth dies; then everybody asks somebody */
};

struct scenario {
    const char *name;
    enum scenario_kind kind;
    unsigned percent;       /* deaths */
    unsigned plain_percent; /* of the nodes know only the notes */
};

struct scenario_options {
    uint64_t seed;
    unsigned nodes, links;
    unsigned senders;   /* the first so many broadcast; 0: all */
    unsigned period_ms; /* a node broadcasts about once in this */
    bool is_verbose;
};

struct scenario_result {
    unsigned failures;        /* each was printed */
    double copies;            /* a message a node, in calm */
    unsigned p99_ms;          /* in calm */
    unsigned p999_ms, max_ms; /* of messages since a second before the trouble */
    uint64_t messages, deliveries, lost, skipped;
    uint64_t well_ms; /* from the trouble until the last late delivery */
    double control;   /* bytes a second and node of link packets, in calm */
    unsigned parts;   /* of what lives at the end */
    unsigned asked, answered_first, answered_soon, answered; /* soon: in 2.5 s */
    uint64_t virtual_ms;
};

extern const struct scenario scenarios[];
extern const unsigned scenario_count;

/* NULL when there is none of that name. */
const struct scenario *scenario_find(const char *name);

void scenario_run(const struct scenario *scenario, const struct scenario_options *options,
                  struct scenario_result *result);

#endif

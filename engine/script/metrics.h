/* metrics.h — the counters and gauges of the scripts, by name.
 *
 * Owned by the script: {0} is none, metrics_deinit when its state is gone. A metric lives as long
 * as that, so its Lua object may point at it. The surprising rule: a reload makes new ones, and
 * metrics_carry gives them the values of those with the same name and kind. */
#ifndef WSRELAY_SCRIPT_METRICS_H
#define WSRELAY_SCRIPT_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <uthash.h>

#include "base/buf.h"

#define METRICS_MAX 1000
#define METRIC_NAME_MAX 120
/* Of the node's own figures: no script's name begins so. */
#define METRIC_OWN_PREFIX "wsrelay_"
#define METRIC_PROCESS_PREFIX "process_"
#define METRIC_HELP_MAX 500

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE };

struct metric {
    UT_hash_handle hh;
    enum metric_kind kind;
    double value;
    char *help;
    char name[]; /* as Prometheus has them: [a-zA-Z_][a-zA-Z0-9_]* */
};

struct metrics {
    struct metric *head; /* uthash's, in the order of their making */
};

void metrics_deinit(struct metrics *metrics);

/* The metric of that name, a new one when there is none. RELAY_EINVAL: the name or the help cannot
 * be one (of a text that is no UTF-8 a scraper takes nothing at all); RELAY_ESYNTAX: one of the
 * other kind has it; RELAY_EFULL, RELAY_ENOMEM. */
int metrics_get(struct metrics *metrics, enum metric_kind kind, const char *name, const char *help,
                struct metric **metric) RELAY_MUST_USE;

/* Takes the values of an older generation over. */
void metrics_carry(struct metrics *metrics, const struct metrics *from);

/* Adds them in Prometheus' text format, version 0.0.4. */
void metrics_write(const struct metrics *metrics, struct buf *text);

#endif

/* metrics.c — see metrics.h. */
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element) ((element)->hh.tbl = NULL)

#include "script/metrics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/utf8.h"

static const char *const KINDS[] = {"counter", "gauge"};

static void metric_free(struct metric *metric)
{
    free(metric->help);
    free(metric);
}

void metrics_deinit(struct metrics *metrics)
{
    struct metric *metric, *next;
    HASH_ITER(hh, metrics->head, metric, next)
    {
        HASH_DEL(metrics->head, metric);
        metric_free(metric);
    }
}

static bool begins_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_name(const char *name)
{
    static const char LETTERS[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    size_t len = strlen(name);
    return len > 0 && len <= METRIC_NAME_MAX && strchr(LETTERS, name[0]) &&
           !begins_with(name, METRIC_OWN_PREFIX) && !begins_with(name, METRIC_PROCESS_PREFIX) &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") == len;
}

static struct metric *find(const struct metrics *metrics, const char *name)
{
    struct metric *found;
    HASH_FIND_STR(metrics->head, name, found);
    return found;
}

static struct metric *metric_new(enum metric_kind kind, const char *name, const char *help)
{
    size_t size = strlen(name) + 1;
    struct metric *metric = calloc(1, sizeof(*metric) + size);
    if (!metric)
        return NULL;
    metric->kind = kind;
    metric->help = strdup(help);
    memcpy(metric->name, name, size);
    if (metric->help)
        return metric;
    metric_free(metric);
    return NULL;
}

static int add(struct metrics *metrics, struct metric *metric)
{
    if (!metric)
        return RELAY_ENOMEM;
    HASH_ADD_STR(metrics->head, name, metric);
    if (metric->hh.tbl)
        return 0;
    metric_free(metric);
    return RELAY_ENOMEM;
}

int metrics_get(struct metrics *metrics, enum metric_kind kind, const char *name, const char *help,
                struct metric **out)
{
    size_t help_len = strlen(help);
    if (!is_name(name) || help_len > METRIC_HELP_MAX || !utf8_is_valid(help, help_len))
        return RELAY_EINVAL;
    *out = find(metrics, name);
    if (*out)
        return (*out)->kind == kind ? 0 : RELAY_ESYNTAX;
    if (HASH_COUNT(metrics->head) >= METRICS_MAX)
        return RELAY_EFULL;
    *out = metric_new(kind, name, help);
    return add(metrics, *out);
}

void metrics_carry(struct metrics *metrics, const struct metrics *from)
{
    for (struct metric *metric = metrics->head; metric; metric = metric->hh.next) {
        const struct metric *old = find(from, metric->name);
        if (old && old->kind == metric->kind)
            metric->value =
                metric->kind == METRIC_COUNTER ? metric->value + old->value : old->value;
    }
}

/* A help's line: \ and the end of a line are escaped. */
static void write_help(struct buf *text, const char *help)
{
    for (; *help; help++) {
        if (*help == '\\' || *help == '\n')
            buf_add_byte(text, '\\');
        buf_add_byte(text, *help == '\n' ? 'n' : *help);
    }
}

static void write_value(struct buf *text, double value)
{
    char digits[40];
    if (isnan(value))
        snprintf(digits, sizeof(digits), "NaN");
    else if (isinf(value))
        snprintf(digits, sizeof(digits), value > 0 ? "+Inf" : "-Inf");
    else
        snprintf(digits, sizeof(digits), "%.17g", value);
    buf_add_text(text, digits);
}

void metrics_write(const struct metrics *metrics, struct buf *text)
{
    for (const struct metric *metric = metrics->head; metric; metric = metric->hh.next) {
        buf_add_text(text, "# HELP ");
        buf_add_text(text, metric->name);
        buf_add_byte(text, ' ');
        write_help(text, metric->help);
        buf_add_text(text, "\n# TYPE ");
        buf_add_text(text, metric->name);
        buf_add_byte(text, ' ');
        buf_add_text(text, KINDS[metric->kind]);
        buf_add_byte(text, '\n');
        buf_add_text(text, metric->name);
        buf_add_byte(text, ' ');
        write_value(text, metric->value);
        buf_add_byte(text, '\n');
    }
}

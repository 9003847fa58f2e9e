/* log.h — one line an event, on a sink that the owner gives; levels, text and JSON.
 *
 * A line is an event's name and typed fields: `info listening address="127.0.0.1:8080"`. Values are
 * escaped, so nothing that a client sends can forge a line. What a client could flood goes through
 * a struct log_gate: at most LOG_GATE_LINES lines in a second, and the next line says how many were
 * left out. The surprising rule: a line longer than LOG_LINE_MAX bytes is never split; the value
 * that does not fit is cut, and what follows it left out. */
#ifndef WSRELAY_BASE_LOG_H
#define WSRELAY_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_LINE_MAX 4096
#define LOG_GATE_LINES 10

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_TEXT, LOG_JSON };

/* Built by LOG_STR, LOG_STRN and LOG_INT alone; a NULL key ends a list. */
struct log_field {
    const char *key;
    const char *text; /* NULL is the empty string */
    size_t len;       /* SIZE_MAX: up to the NUL */
    int64_t number;
    bool is_number;
};

struct log_sink {
    void (*write)(void *context, const char *line, size_t len); /* `line` ends with a newline */
    uint64_t (*wall_ms)(void *context); /* Unix time in ms for the stamp; NULL: lines carry none */
    void *context;
};

struct log {
    struct log_sink sink;
    enum log_level level; /* lines below it are dropped */
    enum log_format format;
    uint64_t generation; /* of the scripts, on every line; 0 leaves it out */
};

/* Zeroed by its owner. One for each kind of event that a client could flood. */
struct log_gate {
    uint64_t second;
    uint32_t lines;
    uint64_t left_out;
};

#define LOG_STR(k, v) ((struct log_field){.key = (k), .text = (v), .len = SIZE_MAX})
#define LOG_STRN(k, v, n) ((struct log_field){.key = (k), .text = (v), .len = (n)})
#define LOG_INT(k, v) ((struct log_field){.key = (k), .number = (int64_t)(v), .is_number = true})

/* Writes one line. `event` is lower-case words; `fields` ends with a field whose key is NULL. */
void log_event(const struct log *log, enum log_level level, const char *event,
               const struct log_field *fields);

/* As log_event, at most LOG_GATE_LINES times in one second of `now_ms` (any steady clock); the
 * first line after a silence carries `left_out=N`. */
void log_event_gated(const struct log *log, struct log_gate *gate, uint64_t now_ms,
                     enum log_level level, const char *event, const struct log_field *fields);

#define LOG_FIELDS(...) ((const struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){.key = NULL}})
#define log_debug(log, event, ...) log_event(log, LOG_DEBUG, event, LOG_FIELDS(__VA_ARGS__))
#define log_info(log, event, ...) log_event(log, LOG_INFO, event, LOG_FIELDS(__VA_ARGS__))
#define log_warn(log, event, ...) log_event(log, LOG_WARN, event, LOG_FIELDS(__VA_ARGS__))
#define log_error(log, event, ...) log_event(log, LOG_ERROR, event, LOG_FIELDS(__VA_ARGS__))

/* "debug" … "error", "text", "json" → the value, or -1. */
int log_level_parse(const char *name);
int log_format_parse(const char *name);

#endif

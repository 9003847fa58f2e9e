/* watch.h — somebody who looks at a relay: keeps what its trace says, a line an event. */
#ifndef TEST_WATCH_H
#define TEST_WATCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "relay/relay.h"
#include "relay/trace.h"

struct watch {
    struct trace trace;
    struct buf lines;
    struct text channel, nonce; /* what is looked for; len 0: all */
    bool is_json;
};

static inline void watch_event(void *context, const struct trace_event *event)
{
    struct watch *watch = context;
    if (trace_matches(event, watch->channel, watch->nonce))
        trace_write(&watch->lines, event, "T", watch->is_json);
}

static inline void watch_begin(struct watch *watch, struct relay *relay)
{
    *watch = (struct watch){.trace = {.context = watch, .event = watch_event}};
    relay->trace = &watch->trace;
}

static inline void watch_end(struct watch *watch, struct relay *relay)
{
    relay->trace = NULL;
    buf_deinit(&watch->lines);
}

static inline const char *watch_text(struct watch *watch)
{
    buf_add_byte(&watch->lines, '\0');
    watch->lines.len--;
    return watch->lines.bytes;
}

/* How many lines hold this text. */
static inline size_t watch_count(struct watch *watch, const char *text)
{
    size_t count = 0;
    const char *at = watch_text(watch);
    for (; (at = strstr(at, text)); at += strcspn(at, "\n"))
        count++;
    return count;
}

/* Asserts what was seen since the last call. */
#define assert_seen(watch, text)                                                                   \
    do {                                                                                           \
        assert_string_equal(watch_text(watch), text);                                              \
        buf_clear(&(watch)->lines);                                                                \
    } while (0)

#endif

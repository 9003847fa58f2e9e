/* mini.h — the least of the relay's client protocol that the two comparison servers need: they
 * speak with bench-load only, so they look for keys instead of parsing JSON. One channel is
 * assumed. */
#ifndef BENCH_MINI_H
#define BENCH_MINI_H

#include <stdbool.h>
#include <stddef.h>

struct mini_span {
    const char *data;
    size_t length;
};

struct mini_command {
    bool is_send; /* else a subscribe */
    struct mini_span message;
    struct mini_span channel;
    struct mini_span nonce;
};

enum { MINI_OVERHEAD = 256 };

/* False when the text is neither a send nor a subscribe. The spans point into the text. */
bool mini_read(const char *text, size_t length, struct mini_command *command);

/* Write what the relay would write; `out` holds the command's length + MINI_OVERHEAD bytes. */
size_t mini_delivery(char *out, const struct mini_command *command);
size_t mini_answer(char *out, const struct mini_command *command);

#endif

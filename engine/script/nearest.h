/* nearest.h — the name that somebody most likely meant; scripts/relay/nearest.lua goes by the same
 * rule. */
#ifndef WSRELAY_SCRIPT_NEAREST_H
#define WSRELAY_SCRIPT_NEAREST_H

#include <stddef.h>

#define NEAREST_NAME_MAX 64
#define NEAREST_HINT_MAX (NEAREST_NAME_MAX + 32)

struct nearest {
    const char *word;
    const char *best; /* NULL: none is near; borrowed from who offered it */
    size_t distance;
};

void nearest_init(struct nearest *nearest, const char *word);
void nearest_offer(struct nearest *nearest, const char *candidate);

/* " (did you mean 'x'?)", or "" when none is near. */
void nearest_hint(const struct nearest *nearest, char hint[NEAREST_HINT_MAX]);

#endif

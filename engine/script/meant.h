/* meant.h — the name that somebody most likely meant; scripts/relay/meant.lua goes by the same
 * rule. */
#ifndef WSRELAY_SCRIPT_MEANT_H
#define WSRELAY_SCRIPT_MEANT_H

#include <stddef.h>

#define MEANT_NAME_MAX 64
#define MEANT_HINT_MAX (MEANT_NAME_MAX + 32)

struct meant {
    const char *word;
    const char *best; /* NULL: none is near; borrowed from who offered it */
    size_t distance;
};

void meant_init(struct meant *meant, const char *word);
void meant_offer(struct meant *meant, const char *candidate);

/* " (did you mean 'x'?)", or "" when none is near. */
void meant_hint(const struct meant *meant, char hint[MEANT_HINT_MAX]);

#endif

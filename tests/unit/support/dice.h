/* dice.h — a seeded generator for tests with random steps: the same seed, the same test. */
#ifndef TEST_DICE_H
#define TEST_DICE_H

#include <stdint.h>

struct dice {
    uint64_t state; /* the seed at first; not 0 */
};

/* Below `sides`, which is not 0. (Marsaglia's xorshift64*.) */
static inline unsigned dice_roll(struct dice *dice, unsigned sides)
{
    dice->state ^= dice->state >> 12;
    dice->state ^= dice->state << 25;
    dice->state ^= dice->state >> 27;
    return (unsigned)((dice->state * UINT64_C(2685821657736338717)) >> 33) % sides;
}

#endif

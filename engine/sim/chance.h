/* chance.h — a seeded generator: the same seed, the same run. */
#ifndef WSRELAY_SIM_CHANCE_H
#define WSRELAY_SIM_CHANCE_H

#include <stdint.h>

struct chance {
    uint64_t state; /* the seed at first */
};

/* Steele, Lea and Flood, "Fast splittable pseudorandom number generators": SplitMix64. */
static inline uint64_t chance_next(struct chance *chance)
{
    uint64_t z = chance->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* Below `sides`, which is not 0. */
static inline uint32_t chance_below(struct chance *chance, uint32_t sides)
{
    return (uint32_t)((chance_next(chance) >> 32) * sides >> 32);
}

#endif

/* region.h — eight cloud regions, and how long a packet takes from one to another. */
#ifndef WSRELAY_SIM_REGION_H
#define WSRELAY_SIM_REGION_H

#include <stdint.h>

#define REGION_COUNT 8

/* One way, in microseconds: half of the round trips that clouds publish; 0.4 ms inside of one. */
uint32_t region_delay_us(unsigned from, unsigned to);

#endif

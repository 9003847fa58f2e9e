/* region.c — see region.h. */
#include "sim/region.h"

/* Round trips in ms: us-east, us-west, eu-west, eu-central, ap-south, ap-southeast, ap-northeast,
 * sa-east. */
static const unsigned char round_trips_half_ms[REGION_COUNT][REGION_COUNT] = {
    {0, 31, 34, 45, 95, 108, 75, 58},   {31, 0, 64, 73, 110, 83, 50, 88},
    {34, 64, 0, 13, 60, 87, 105, 90},   {45, 73, 13, 0, 55, 78, 112, 100},
    {95, 110, 60, 55, 0, 30, 65, 150},  {108, 83, 87, 78, 30, 0, 35, 165},
    {75, 50, 105, 112, 65, 35, 0, 130}, {58, 88, 90, 100, 150, 165, 130, 0},
};

uint32_t region_delay_us(unsigned from, unsigned to)
{
    return from == to ? 400 : (uint32_t)round_trips_half_ms[from][to] * 1000;
}

/* simulation.h — the scripts of a simulated node: virtual time and seeded chance in the place of
 * the machine's, and no way to end the process.
 *
 * os.time and os.date follow the simulation's clock, math.random its seed, os.getenv knows its
 * variables before the machine's, os.exit raises. */
#ifndef WSRELAY_SCRIPT_SIMULATION_H
#define WSRELAY_SCRIPT_SIMULATION_H

#include <lua.h>

#include "script/script.h"
#include "script/unix_clock.h"

/* After the libraries were opened. NULL: nothing is changed. */
void simulation_open(lua_State *lua, const struct script_simulation *simulation);

/* The clock of the policies; NULL: the wall's. The simulation outlives it. */
struct unix_clock simulation_clock(const struct script_simulation *simulation);

#endif

/* verdict.h — what must be true of a network of whole nodes once it is quiet. */
#ifndef SIM_WHOLE_VERDICT_H
#define SIM_WHOLE_VERDICT_H

#include "crowd.h"

/* Everybody knows everybody; all tables of claims are equal; each name has one password, and each
 * node claims the channels that are open at it; nothing is under way. */
void verdict_quiet(struct crowd *crowd);
/* Nobody is subscribed: no channel is open and nothing is claimed. */
void verdict_empty(struct crowd *crowd);

#endif

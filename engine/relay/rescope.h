/* rescope.h — asks the routing policy again where the messages of open channels go, after a reload.
 *
 * Some channels a turn, so that a hundred thousand do not hold the loop. A channel that stayed on
 * this node and now goes out is claimed; one whose name is another's by now is lost. */
#ifndef WSRELAY_RELAY_RESCOPE_H
#define WSRELAY_RELAY_RESCOPE_H

#include <stdbool.h>
#include <stddef.h>

struct channel;
struct relay;

/* From the first channel on. */
void rescope_begin(struct relay *relay);
/* Asks about so many more; false: that was all. */
bool rescope_some(struct relay *relay, size_t most);

/* For relay.c alone: a channel closes. */
void rescope_forget(struct relay *relay, const struct channel *channel);

#endif

/* hooks_network.h — the questions about other nodes: who may join, where messages go, whom to hold,
 * which one a client shall use.
 *
 * As in hooks_lua.h each answers its safe default when the policy fails. */
#ifndef WSRELAY_SCRIPT_HOOKS_NETWORK_H
#define WSRELAY_SCRIPT_HOOKS_NETWORK_H

#include "base/buf.h"
#include "hooks.h"
#include "script/policy.h"

/* Sets node_accept, routing_scope and routing_next_hop. */
void hooks_network_fill(struct policies *policies, struct hooks *hooks);

/* peer_selection.choose: `text` holds the candidates, a JSON array, and is replaced by the array of
 * the names that were chosen. RELAY_ESCRIPT: the policy failed. */
int hooks_network_choose_peers(struct policies *policies, long long pool,
                               struct buf *text) RELAY_MUST_USE;

/* nearest.choose: the client's request, a JSON object without nodes and time; the nodes, a JSON
 * array. `names` gets the array of the names that were chosen; it may hold the request before.
 * RELAY_ESCRIPT: the policy failed. */
int hooks_network_choose_nearest(struct policies *policies, struct text request, struct text nodes,
                                 struct buf *names) RELAY_MUST_USE;

#endif

/* native.h — require "relay.testkit.engine": what C gives to scripts/relay/testkit.lua, in the
 * specs' state alone.
 *
 * A network is a userdata; its nodes, clients and questions are numbers, from 1 on. Texts go in and
 * out as they are: JSON is made and read by encode and decode. Wrong numbers and networks that are
 * closed raise; what a script did comes back as nil and a message. */
#ifndef WSRELAY_TESTKIT_NATIVE_H
#define WSRELAY_TESTKIT_NATIVE_H

#include <lua.h>

#include "testkit/kit_net.h"

/* Sets the functions of one group in the table at the top.
 * net: open(seed), close(net), add(net, name, main, policies), set(net, node, key, value),
 * set_variable(net, node, name, value),
 * link(net, a, b, latency_ms), advance(net, ms), now(net), partition(net, groups), heal(net),
 * cut(net, a, b). */
void native_net(lua_State *lua, const struct kit_paths *paths);
/* start(net, node), crash(net, node), stop(net, node), reload(net, node, main, policies),
 * is_alive(net, node), health(net, node), log(net, node), channels(net, node), peers(net, node),
 * nodes(net, node). */
void native_node(lua_State *lua);
/* client(net, node, address, query, origin, headers), say(net, client, text), hear(net, client),
 * closed(net, client), leave(net, client). */
void native_client(lua_State *lua);
/* For peers that a spec plays itself: wire(net, node, token, latency_ms), wire_say(net, wire,
 * text), wire_hear(net, wire), wire_stands(net, wire), wire_close(net, wire). */
void native_wire(lua_State *lua);
/* ask(net, node, to, data, ms), answers(net, ask), forget(net, ask); encode(value), decode(text),
 * null, array(table). */
void native_ask(lua_State *lua);

/* The open network at index 1, the node at `index`, one that runs. */
struct kit_net *native_check_net(lua_State *lua);
struct kit_node *native_check_node(lua_State *lua, int index);
struct kit_node *native_check_alive(lua_State *lua, int index);

#endif

/* facts.h — what the core knows, as the plain tables that policies read.
 *
 * Every function pushes one table of its own and raises when memory runs out: for script_call's
 * bodies. A policy may do to its table what it likes; nothing comes back by it. `time` is that of
 * policies_time. */
#ifndef WSRELAY_SCRIPT_FACTS_H
#define WSRELAY_SCRIPT_FACTS_H

#include <lua.h>

#include "hooks.h"

void facts_push_connect(lua_State *lua, const struct connect_request *request, double time);
void facts_push_channel(lua_State *lua, const struct channel_request *request, bool is_join,
                        double time);
/* The facts of one channel of a list; the client's table stands at `client`. */
void facts_push_listed(lua_State *lua, int client, const struct listed_channel *channel);
/* A client's table by itself. */
void facts_push_client(lua_State *lua, const struct client_facts *client);
void facts_push_limits(lua_State *lua, const struct client_facts *client,
                       const struct client_limits *limits);
void facts_push_publish(lua_State *lua, const struct publish_request *request, double time);
void facts_push_health(lua_State *lua, const struct health_facts *facts);
void facts_push_node(lua_State *lua, const struct node_request *request);
void facts_push_routes(lua_State *lua, const struct route *routes, size_t count);

#endif

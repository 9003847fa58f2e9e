/* bind.h — require "relay.engine": what C gives to the modules of scripts/relay, in the scripts'
 * state alone.
 *
 * Users meet it through require "relay" (scripts/relay/init.lua). One bind_<noun>.c a group; each
 * has a function that sets its fields in the module table at the top of the stack. */
#ifndef WSRELAY_SCRIPT_BIND_H
#define WSRELAY_SCRIPT_BIND_H

#include <lua.h>

#include "script/script.h"

struct runtime;
struct task;

/* log(level, message, place): one line at that level. The log outlives the state. */
void bind_log(lua_State *lua, const struct log *log);

/* context: facts of this load; configure(table): what relay.node made of it; configuration(): that
 * table; path_kind(path). */
void bind_node(lua_State *lua, const struct script_source *source);

/* null, array(table), json(value). */
void bind_json(lua_State *lua);

/* command(name, handler), on(event, handler), every(s, handler), after(s, handler), sleep(s). */
void bind_handler(lua_State *lua);

/* request(node, data, s), broadcast(data, s), hash(password, channel). */
void bind_request(lua_State *lua);

/* name(), host(), boot(), pool(), nodes(), peers(), latency(peer), new_token(node), dial(peer),
 * drop_peer(name). */
void bind_mesh(lua_State *lua);

/* channels(), reserved(), is_protected(channel), publish(channel, text), send(client, channel,
 * text), reserve(channel, hash), unreserve(channel). */
void bind_channel(lua_State *lua);

/* counter(name, help), gauge(name, help); metrics(): Prometheus' text. */
void bind_metric(lua_State *lua);

/* stats(bytes), host_stats(). */
void bind_stats(lua_State *lua);

/* figures(): all that the node counts and measures; busiest_channels(most). */
void bind_figures(lua_State *lua);

/* For scripts/inm and scripts/relay alone: handle_reserve(), handle_unreserve() and handle_level()
 * answer the command that runs; plain_open and plain_reserved(peer, channel, password);
 * claim(channel), plain_doubt(channel) and plain_freed(channel), for a master. */
void bind_inm(lua_State *lua);

/* choose_peers(candidates, pool): what policies/peer_selection.lua says; choose_nearest(request,
 * nodes): what policies/nearest.lua says; nil: the policy failed. */
void bind_policy(lua_State *lua);

/* clients(after, most), close_client(id, code, reason). */
void bind_client(lua_State *lua);

/* For scripts/relay/master alone: store(path, options). */
void bind_store(lua_State *lua);

/* For scripts/relay/ctl alone: control(handler), control_write(is_error, text),
 * control_json(value), control_follow(channel, nonce, is_json), end_traces(), reload(), drain(). */
void bind_control(lua_State *lua);
/* Pushes the handler of ctl's commands; nil: there is none. */
void bind_control_push_handler(lua_State *lua);

/* For scripts/relay alone: http(handler) and http_public(path); live(text) and viewers(). */
void bind_web(lua_State *lua);
/* Pushes the handler of requests; nil: there is none. */
void bind_web_push_handler(lua_State *lua);
/* Answers whoever waits for the task: with what its handler returned; with status 500. */
void bind_web_finish(struct task *task);
void bind_web_fail(struct task *task);
bool bind_web_is_public(const struct runtime *runtime, struct text path);
/* The paths that were registered. */
void bind_web_forget(struct runtime *runtime);

/* For scripts/relay alone: status(), time(), questions(), registered(), channels_after(name, most).
 */
void bind_status(lua_State *lua);

/* Sets the functions in the table at the top; the list ends with a NULL name. */
struct luaL_Reg;
void bind_functions(lua_State *lua, const struct luaL_Reg *functions);

/* nil and a reason, as results. */
int bind_failure(lua_State *lua, const char *reason);

/* A number of seconds at `index`, in milliseconds. */
uint64_t bind_check_ms(lua_State *lua, int index);

/* Pushes the table that configure got; nil when it was not called. */
void bind_node_push_configuration(lua_State *lua);

#endif

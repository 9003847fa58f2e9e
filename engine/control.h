/* control.h — what `wsrelay-engine ctl` talks to: a unix socket, one request a connection.
 *
 * A request is one line of JSON, {"arguments":["clients"],"json":false}; the answer is lines of
 * {"out":"text"} and {"error":"text"}, and at last {"exit":0}. The commands are Lua
 * (scripts/relay/ctl.lua) and run as handlers of the scripts; whoever follows a trace is served
 * here, so that it goes on through a reload. Heap: control_new, control_close, and when the loop
 * has run out control_free. docs/operations.md tells the bounds. */
#ifndef WSRELAY_CONTROL_H
#define WSRELAY_CONTROL_H

#include <stddef.h>
#include <uv.h>

#include "relay/relay.h"
#include "script/script.h"

struct control;

/* Listens nowhere yet. NULL for want of memory. */
struct control *control_new(uv_loop_t *loop, struct relay *relay);

/* Listens at `path` from now on; NULL: nowhere. Connections that stand go on. On failure nothing
 * has changed, and `error` says for a person why. */
int control_apply(struct control *control, const char *path, struct buf *error) RELAY_MUST_USE;

/* Whose handlers run commands from now on; those that run already end where they are. */
void control_serve(struct control *control, struct script *script);

/* How many follow a trace. */
size_t control_traces(const struct control *control);
/* Ends them all; how many. */
size_t control_end_traces(struct control *control);

/* Commands that run are cancelled, and the socket's file is removed. NULL is allowed. */
void control_close(struct control *control);
void control_free(struct control *control);

#endif

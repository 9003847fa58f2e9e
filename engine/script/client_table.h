/* client_table.h — what policies see of a client, as a table that is kept from question to
 * question.
 *
 * A message policy is asked for every message, mostly of clients that it was asked about a moment
 * ago; decoding an identity costs more than the question. The surprising rule: a policy may do to
 * the table what it likes, since before every question it is compared with what it should be, and
 * made anew when it is not that. */
#ifndef WSRELAY_SCRIPT_CLIENT_TABLE_H
#define WSRELAY_SCRIPT_CLIENT_TABLE_H

#include <lua.h>

#include "hooks.h"

/* Pushes the table. Raises. */
void client_table_push(lua_State *lua, const struct client_facts *client);

#endif

/* describe.h — a loaded generation, told to a person: its configuration, and who decides what.
 *
 * The words are in scripts/relay/effective.lua. */
#ifndef WSRELAY_SCRIPT_DESCRIBE_H
#define WSRELAY_SCRIPT_DESCRIBE_H

#include "script/policy.h"
#include "script/vm.h"

/* Adds the configuration as Lua, and the answers as comments behind it. The paths are the two
 * policies' directories. RELAY_ESCRIPT: adds why not. */
int describe_text(struct vm *vm, const struct policies *policies, const char *user_path,
                  const char *installed_path, struct buf *text) RELAY_MUST_USE;

/* Adds file:line of a key of relay.node. RELAY_ESCRIPT: adds nothing. */
int describe_place(struct vm *vm, const char *key, struct buf *text) RELAY_MUST_USE;

#endif

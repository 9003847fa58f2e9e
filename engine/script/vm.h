/* vm.h — one Lua state with a hard cap on its memory and a budget for each call into it.
 *
 * Owned by whoever made it: vm_new, vm_free. Nothing may run in the state but through script_call
 * (call.h). The surprising rule: memory that the cap refuses is a budget overrun too, so a script's
 * own pcall cannot catch it and go on. */
#ifndef WSRELAY_SCRIPT_VM_H
#define WSRELAY_SCRIPT_VM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lua.h>

#include "base/buf.h"
#include "hooks.h"
#include "script/budget.h"

/* Beyond the cap, for the traceback of the overrun alone. */
#define VM_MEMORY_RESERVE ((size_t)256 * 1024)

struct runtime;

struct vm {
    lua_State *lua;
    struct runtime *runtime; /* of the scripts' state; else NULL */
    size_t memory_used;
    size_t memory_max;
    unsigned
        memory_refusals; /* in a row; Lua collects its garbage after the first and asks again */
    struct budget budget;
    struct decision *decision; /* where the call's last Lua return goes; NULL: nobody asked */
    bool is_trusted;
    bool has_traceback; /* the error that is under way has its traceback already */
};

/* An empty state: no library is open in it. */
int vm_new(struct vm **vm, size_t memory_max, bool is_trusted) RELAY_MUST_USE;

/* NULL is allowed. */
void vm_free(struct vm *vm);

/* Of any coroutine of the state. */
struct vm *vm_of(lua_State *lua);

#endif

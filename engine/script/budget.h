/* budget.h — how long and on how much memory one call into a Lua state may run.
 *
 * A count hook spends the budget. Once it is overrun, the hook raises at every further instruction
 * until the entry point (script_call), so that no pcall in between can swallow it. C functions run
 * no instructions: those of the sandbox that can loop long charge the budget themselves
 * (budget_charge). */
#ifndef WSRELAY_SCRIPT_BUDGET_H
#define WSRELAY_SCRIPT_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lua.h>

#define BUDGET_MESSAGE_MAX 160

/* What a call may spend. Time is wall time first, then the thread's own: a call that ran for
 * wall_ms gets cpu_ms of the processor more, so a busy machine alone cannot fail it. */
struct budget_limits {
    uint64_t instructions;
    uint64_t wall_ms;
    uint64_t cpu_ms;
    size_t allocated_bytes; /* in the call, freed again or not; 0: no limit */
};

struct budget {
    struct budget_limits limits;
    uint64_t instructions; /* spent */
    size_t allocated;
    uint64_t deadline_ms; /* wall, then cpu when is_on_cpu_time */
    bool is_on_cpu_time;
    bool is_overrun;
    char message[BUDGET_MESSAGE_MAX]; /* why; without the place */
};

struct vm;

/* Begins a call; ends one, and gives the budget of the call around it back. */
void budget_begin(struct vm *vm, const struct budget_limits *limits);
void budget_end(struct vm *vm, const struct budget *outer);

/* Spends what a C function is about to do. Raises on an overrun. */
void budget_charge(lua_State *lua, uint64_t instructions);

/* From now on the hook raises. Takes no memory and raises nothing itself, so that the allocator may
 * call it. */
void budget_overrun(struct vm *vm, const char *why);

#endif

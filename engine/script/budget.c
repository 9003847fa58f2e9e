/* budget.c — the count hook that spends a call's budget. */
#include "script/budget.h"

#include <stdio.h>
#include <time.h>

#include <lauxlib.h>

#include "hooks.h"
#include "script/vm.h"

/* Instructions between two looks at the clock: a hundred of the slowest single operations (a
 * comparison of two strings of some MiB) must stay under the time that an overrun may take. */
#define HOOK_PERIOD 100

static uint64_t clock_ms(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Raises with the place that runs. In a hook that is level 0; in a C function, its caller. */
static void raise_overrun(lua_State *lua, int level)
{
    lua_Debug place;
    const struct budget *budget = &vm_of(lua)->budget;
    if (lua_getstack(lua, level, &place) && lua_getinfo(lua, "Sl", &place) && place.currentline > 0)
        lua_pushfstring(lua, "%s:%d: %s", place.short_src, place.currentline, budget->message);
    else
        lua_pushstring(lua, budget->message);
    lua_error(lua);
}

/* The wall clock is cheap to read; only when its time is up is the thread's own clock asked. */
static bool is_out_of_time(struct budget *budget)
{
    if (!budget->is_on_cpu_time) {
        if (clock_ms(CLOCK_MONOTONIC_COARSE) < budget->deadline_ms)
            return false;
        budget->is_on_cpu_time = true;
        budget->deadline_ms = clock_ms(CLOCK_THREAD_CPUTIME_ID) + budget->limits.cpu_ms;
    }
    return clock_ms(CLOCK_THREAD_CPUTIME_ID) >= budget->deadline_ms;
}

static void spend(struct vm *vm, uint64_t instructions)
{
    struct budget *budget = &vm->budget;
    char why[BUDGET_MESSAGE_MAX];
    if (budget->is_overrun)
        return;
    budget->instructions += instructions;
    if (budget->instructions > budget->limits.instructions) {
        snprintf(why, sizeof why, "ran over its budget of %llu instructions",
                 (unsigned long long)budget->limits.instructions);
        budget_overrun(vm, why);
    } else if (is_out_of_time(budget)) {
        snprintf(why, sizeof why, "ran over its budget of %llu ms",
                 (unsigned long long)(budget->limits.wall_ms + budget->limits.cpu_ms));
        budget_overrun(vm, why);
    }
}

/* What returns last is what decided. */
static void note_return(lua_State *lua, lua_Debug *event, struct decision *decision)
{
    if (!decision || !lua_getinfo(lua, "Sl", event) || event->currentline <= 0)
        return;
    snprintf(decision->place, sizeof decision->place, "%s:%d", event->short_src,
             event->currentline);
}

static void count_hook(lua_State *lua, lua_Debug *event)
{
    struct vm *vm = vm_of(lua);
    if (event->event == LUA_HOOKRET) {
        note_return(lua, event, vm->decision);
        return;
    }
    spend(vm, HOOK_PERIOD);
    if (!vm->budget.is_overrun)
        return;
    lua_sethook(lua, count_hook, LUA_MASKCOUNT, 1); /* of this coroutine, too */
    raise_overrun(lua, 0);
}

void budget_begin(struct vm *vm, const struct budget_limits *limits)
{
    struct budget *budget = &vm->budget;
    *budget = (struct budget){.limits = *limits};
    budget->deadline_ms = clock_ms(CLOCK_MONOTONIC_COARSE) + limits->wall_ms;
    vm->memory_refusals = 0;
    lua_sethook(vm->lua, count_hook, LUA_MASKCOUNT | (vm->decision ? LUA_MASKRET : 0), HOOK_PERIOD);
}

void budget_end(struct vm *vm, const struct budget *outer)
{
    vm->budget = *outer;
    if (outer->limits.instructions == 0)
        lua_sethook(vm->lua, NULL, 0, 0);
    else
        lua_sethook(vm->lua, count_hook, LUA_MASKCOUNT, outer->is_overrun ? 1 : HOOK_PERIOD);
}

void budget_charge(lua_State *lua, uint64_t instructions)
{
    struct vm *vm = vm_of(lua);
    spend(vm, instructions);
    if (vm->budget.is_overrun)
        raise_overrun(lua, 1);
}

void budget_overrun(struct vm *vm, const char *why)
{
    struct budget *budget = &vm->budget;
    if (budget->is_overrun || budget->limits.instructions == 0)
        return; /* it is one already, or no call runs: the state is being made or freed */
    budget->is_overrun = true;
    snprintf(budget->message, sizeof budget->message, "%s", why);
    lua_sethook(vm->lua, count_hook, LUA_MASKCOUNT, 1);
}

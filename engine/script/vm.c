/* vm.c — the allocator with its cap, and the life of a state. */
#include "script/vm.h"

#include <stdio.h>
#include <stdlib.h>

static bool fits(const struct vm *vm, size_t growth)
{
    size_t max = vm->memory_max + (vm->budget.is_overrun ? VM_MEMORY_RESERVE : 0);
    return vm->memory_used <= max && growth <= max - vm->memory_used;
}

/* Whether the block may grow. The first refusal makes Lua collect garbage and ask again; the second
 * is an overrun, and what is small then comes from the reserve, so that the overrun is raised with
 * its place. */
static bool may_grow(struct vm *vm, size_t growth)
{
    if (!fits(vm, growth) && ++vm->memory_refusals >= 2)
        budget_overrun(vm, "ran out of memory");
    if (!fits(vm, growth))
        return false;
    vm->memory_refusals = 0;
    return true;
}

static void count_allocated(struct vm *vm, size_t bytes)
{
    struct budget *budget = &vm->budget;
    budget->allocated += bytes;
    if (budget->limits.allocated_bytes && budget->allocated > budget->limits.allocated_bytes)
        budget_overrun(vm, "allocated too much memory in one call");
}

/* Lua passes the kind of a new object in the place of the old size. */
static bool is_too_long(struct vm *vm, const void *block, size_t kind, size_t size)
{
    if (block || kind != LUA_TSTRING || size <= VM_STRING_MAX || vm->is_trusted)
        return false;
    budget_overrun(vm, "made a string of more than 4 MiB");
    return true;
}

static void *allocate(void *context, void *block, size_t old_size, size_t new_size)
{
    struct vm *vm = context;
    if (is_too_long(vm, block, old_size, new_size))
        return NULL;
    if (!block)
        old_size = 0;
    if (new_size == 0) {
        free(block);
        vm->memory_used -= old_size;
        return NULL;
    }
    if (new_size > old_size && !may_grow(vm, new_size - old_size))
        return NULL;
    void *moved = block ? realloc(block, new_size) : malloc(new_size);
    if (!moved)
        return NULL;
    vm->memory_used += new_size - old_size; /* wraps to the right sum when it shrinks */
    if (new_size > old_size)
        count_allocated(vm, new_size);
    return moved;
}

/* Only an unprotected raise comes here: a bug of ours. */
static int panic(lua_State *lua)
{
    const char *message = lua_tostring(lua, -1);
    fprintf(stderr, "wsrelay-engine: unprotected Lua error: %s\n", message ? message : "?");
    abort();
}

int vm_new(struct vm **out, size_t memory_max, bool is_trusted)
{
    struct vm *vm = calloc(1, sizeof *vm);
    if (!vm)
        return RELAY_ENOMEM;
    vm->memory_max = memory_max;
    vm->is_trusted = is_trusted;
    vm->lua = lua_newstate(allocate, vm);
    if (!vm->lua) {
        free(vm);
        return RELAY_ENOMEM;
    }
    *(struct vm **)lua_getextraspace(vm->lua) = vm;
    lua_atpanic(vm->lua, panic);
    *out = vm;
    return 0;
}

void vm_free(struct vm *vm)
{
    if (!vm)
        return;
    lua_close(vm->lua);
    free(vm);
}

struct vm *vm_of(lua_State *lua)
{
    return *(struct vm **)lua_getextraspace(lua);
}

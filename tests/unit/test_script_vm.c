/* test_script_vm.c — a state at the end of its memory fails; it never panics, and it lives on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <lauxlib.h>
#include <lualib.h>

#include "script/call.h"
#include "script/hooks_lua.h"
#include "script/policy.h"
#include "script/vm.h"

static const struct budget_limits LIMITS = {.instructions = 100000, .wall_ms = 500, .cpu_ms = 500};

static void drop_line(void *context, const char *line, size_t len)
{
    (void)context, (void)line, (void)len;
}

static void test_vm_too_small_for_a_state_is_no_memory(void **state)
{
    (void)state;
    struct vm *vm = NULL;
    assert_int_equal(vm_new(&vm, 512, false), RELAY_ENOMEM);
    assert_null(vm);
}

static void ask_everything(struct policies *policies)
{
    struct hooks hooks;
    struct buf identity = {0};
    struct client_limits limits = {1, 1, 1, 1, 1};
    struct health health = {HEALTH_GOOD, "healthy"};
    const struct connect_request connect = {.address = {"192.0.2.7", 9}};
    const struct channel_request channel = {.channel = {"c", 1}};
    hooks_lua_fill(policies, &hooks);
    (void)hooks.client_connect(hooks.context, &connect, &identity);
    (void)hooks.channel_open(hooks.context, &channel);
    (void)hooks.channel_join(hooks.context, &channel);
    struct listed_channel listed = {.name = {"c", 1}};
    hooks.channel_list(hooks.context, &channel.client, &listed, 1);
    hooks.client_limits(hooks.context, &channel.client, &limits);
    hooks.health(hooks.context, &(struct health_facts){0}, &health);
    buf_deinit(&identity);
}

static void test_vm_policies_of_any_memory_fail_or_answer(void **state)
{
    (void)state;
    const struct log log = {.sink = {.write = drop_line}, .level = LOG_DEBUG};
    struct policies_source source = {
        .user_path = "policies", .installed_path = "policies", .log = &log};
    size_t answered = 0;
    for (source.memory_max = 1024; source.memory_max < 128 * 1024; source.memory_max += 509) {
        struct policies *policies = NULL;
        struct buf error = {0};
        if (policies_new(&policies, &source, &error) == 0) {
            ask_everything(policies);
            answered++;
        }
        policies_free(policies);
        buf_deinit(&error);
    }
    assert_true(answered > 0);
}

static int hoard_body(lua_State *lua)
{
    if (luaL_dostring(lua, "hoard = hoard or {}; hoard[#hoard + 1] = {('x'):rep(50000)}") != LUA_OK)
        lua_error(lua);
    return 0;
}

static int small_body(lua_State *lua)
{
    lua_pushnil(lua);
    lua_setglobal(lua, "hoard");
    return 0;
}

static int open_body(lua_State *lua)
{
    luaL_requiref(lua, LUA_STRLIBNAME, luaopen_string, 1);
    return 0;
}

static void test_vm_full_state_fails_each_call_and_recovers(void **state)
{
    (void)state;
    struct vm *vm = NULL;
    struct buf error = {0};
    int failed = 0;
    assert_int_equal(vm_new(&vm, 1024 * 1024, false), 0);
    assert_int_equal(script_call(vm, &LIMITS, open_body, NULL, &error), 0);
    for (int i = 0; i < 100; i++)
        failed += script_call(vm, &LIMITS, hoard_body, NULL, &error) != 0;
    assert_true(failed > 50 && failed < 100);
    assert_true(vm->memory_used <= vm->memory_max + VM_MEMORY_RESERVE);
    assert_int_equal(script_call(vm, &LIMITS, small_body, NULL, &error), 0);
    failed += script_call(vm, &LIMITS, hoard_body, NULL, &error); /* may fail, and then cleans up */
    assert_int_equal(script_call(vm, &LIMITS, hoard_body, NULL, &error), 0);
    vm_free(vm);
    buf_deinit(&error);
}

static int raise_body(lua_State *lua)
{
    lua_pushliteral(lua, "no more");
    return lua_error(lua);
}

static void test_call_leaves_the_stack_as_it_was(void **state)
{
    (void)state;
    struct vm *vm = NULL;
    struct buf error = {0};
    assert_int_equal(vm_new(&vm, 1024 * 1024, false), 0);
    lua_pushinteger(vm->lua, 7);
    assert_int_equal(script_call(vm, &LIMITS, raise_body, NULL, &error), RELAY_ESCRIPT);
    assert_memory_equal(error.bytes, "no more\nstack traceback:", 24);
    assert_int_equal(script_call(vm, &LIMITS, small_body, NULL, &error), 0);
    assert_int_equal(lua_gettop(vm->lua), 1);
    vm_free(vm);
    buf_deinit(&error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vm_too_small_for_a_state_is_no_memory),
        cmocka_unit_test(test_vm_policies_of_any_memory_fail_or_answer),
        cmocka_unit_test(test_vm_full_state_fails_each_call_and_recovers),
        cmocka_unit_test(test_call_leaves_the_stack_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

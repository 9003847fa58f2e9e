/* test_snapshot.c — plain values come through as they were, the rest is named, and nothing runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <lauxlib.h>
#include <lualib.h>

#include "script/call.h"
#include "script/json_lua.h"
#include "script/snapshot.h"
#include "script/vm.h"

#define LEFT_OUT_MAX 1000

static const struct budget_limits LIMITS = {
    .instructions = 100000000, .wall_ms = 5000, .cpu_ms = 5000};

/* What one step does: runs a text, or writes or reads what it made. */
struct step {
    const char *text;
    struct buf *bytes, *left_out;
};

static struct carrier {
    struct vm *from, *to;
    struct buf bytes, left_out, error;
} carrier;

static int null_is(lua_State *lua)
{
    json_lua_push_null(lua);
    lua_pushvalue(lua, 1);
    lua_pushboolean(lua, lua_rawequal(lua, -1, -2));
    return 1;
}

static int mark_array(lua_State *lua)
{
    lua_settop(lua, 1);
    json_lua_mark_array(lua);
    return 1;
}

static int is_array(lua_State *lua)
{
    lua_settop(lua, 1);
    lua_pushboolean(lua, json_lua_is_array(lua));
    return 1;
}

static int open_body(lua_State *lua)
{
    luaL_openlibs(lua);
    json_lua_open(lua);
    lua_register(lua, "is_null", null_is);
    lua_register(lua, "array", mark_array);
    lua_register(lua, "is_array", is_array);
    json_lua_push_null(lua);
    lua_setglobal(lua, "null");
    lua_newtable(lua);
    lua_setglobal(lua, "t");
    return 0;
}

static int run_body(lua_State *lua)
{
    const struct step *step = lua_touserdata(lua, 1);
    if (luaL_loadstring(lua, step->text) != LUA_OK)
        return lua_error(lua);
    lua_call(lua, 0, 0);
    return 0;
}

static int write_body(lua_State *lua)
{
    const struct step *step = lua_touserdata(lua, 1);
    lua_getglobal(lua, "t");
    int height = lua_gettop(lua);
    snapshot_write(lua, -1, "state", step->bytes, step->left_out);
    assert_int_equal(lua_gettop(lua), height);
    return 0;
}

static int read_body(lua_State *lua)
{
    const struct step *step = lua_touserdata(lua, 1);
    lua_getglobal(lua, "t");
    int height = lua_gettop(lua);
    snapshot_read(lua, -1, step->bytes);
    assert_int_equal(lua_gettop(lua), height);
    return 0;
}

static int setup(void **state)
{
    (void)state;
    carrier = (struct carrier){.left_out.max = LEFT_OUT_MAX};
    assert_int_equal(vm_new(&carrier.from, (size_t)256 << 20, true), 0);
    assert_int_equal(vm_new(&carrier.to, (size_t)256 << 20, true), 0);
    assert_int_equal(script_call(carrier.from, &LIMITS, open_body, NULL, &carrier.error), 0);
    assert_int_equal(script_call(carrier.to, &LIMITS, open_body, NULL, &carrier.error), 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    vm_free(carrier.from);
    vm_free(carrier.to);
    buf_deinit(&carrier.bytes);
    buf_deinit(&carrier.left_out);
    buf_deinit(&carrier.error);
    return 0;
}

static int step(struct vm *vm, lua_CFunction body, const char *text)
{
    struct step step = {text, &carrier.bytes, &carrier.left_out};
    buf_clear(&carrier.error);
    int err = script_call(vm, &LIMITS, body, &step, &carrier.error);
    buf_add_byte(&carrier.error, '\0');
    return err;
}

static void run(struct vm *vm, const char *text)
{
    if (step(vm, run_body, text) != 0)
        fail_msg("%s", carrier.error.bytes);
}

static int written(const char *text)
{
    run(carrier.from, text);
    return step(carrier.from, write_body, NULL);
}

/* The table `t` that `makes` makes there is one here that `holds`. */
static void assert_carried(const char *makes, const char *holds)
{
    assert_int_equal(written(makes), 0);
    assert_int_equal(step(carrier.to, read_body, NULL), 0);
    run(carrier.to, holds);
}

static void assert_left_out(const char *paths)
{
    buf_add_byte(&carrier.left_out, '\0');
    assert_string_equal(carrier.left_out.bytes, paths);
}

static void test_snapshot_every_plain_kind_comes_through(void **state)
{
    (void)state;
    assert_carried("t = { yes = true, no = false, text = 'é', n = null, table = { 1, 2 } }",
                   "assert(t.yes == true and t.no == false and t.text == 'é')\n"
                   "assert(is_null(t.n) and #t.table == 2 and t.table[2] == 2)");
    assert_int_equal(carrier.left_out.len, 0);
}

static void test_snapshot_of_an_empty_table_is_one(void **state)
{
    (void)state;
    assert_carried("t = {}", "assert(next(t) == nil)");
}

static void test_snapshot_integers_and_floats_stay_what_they_are(void **state)
{
    (void)state;
    assert_carried("t = { math.maxinteger, math.mininteger, 1, 1.0, 0.1, 2^63 }",
                   "assert(t[1] == math.maxinteger and t[2] == math.mininteger)\n"
                   "assert(math.type(t[3]) == 'integer' and math.type(t[4]) == 'float')\n"
                   "assert(t[5] == 0.1 and t[6] == 2^63)");
}

static void test_snapshot_numbers_that_json_cannot_come_through(void **state)
{
    (void)state;
    assert_carried("t = { -0.0, 1/0, -1/0, 0/0 }",
                   "assert(1 / t[1] == -1/0 and t[2] == 1/0 and t[3] == -1/0 and t[4] ~= t[4])");
}

static void test_snapshot_strings_are_bytes(void **state)
{
    (void)state;
    assert_carried("t = { '', '\\0a\\0', '\\255\\254', ('x'):rep(100000) }",
                   "assert(t[1] == '' and t[2] == '\\0a\\0' and t[3] == '\\255\\254')\n"
                   "assert(t[4] == ('x'):rep(100000))");
}

static void test_snapshot_keys_are_any_plain_value(void **state)
{
    (void)state;
    assert_carried("k = {} t = { [1.5] = 'f', [-7] = 'i', [true] = 'b', [null] = 'n', [k] = 'k', "
                   "same = k, ['\\0'] = 's' }",
                   "assert(t[1.5] == 'f' and t[-7] == 'i' and t[true] == 'b' and t[null] == 'n')\n"
                   "assert(t[t.same] == 'k' and t['\\0'] == 's')");
}

static void test_snapshot_a_shared_table_is_still_one(void **state)
{
    (void)state;
    assert_carried("local s = { n = 1 } t = { a = s, b = s, c = { s } }",
                   "assert(t.a == t.b and t.c[1] == t.a and t.a.n == 1)");
}

static void test_snapshot_a_circle_is_still_one(void **state)
{
    (void)state;
    assert_carried("t = {} t.me = t t.child = { up = t } t[t] = t t.child[t.child] = 1",
                   "assert(t.me == t and t.child.up == t and t[t] == t and t.child[t.child] == 1)");
}

static void test_snapshot_lists_keep_their_mark(void **state)
{
    (void)state;
    assert_carried("t = { a = array {}, b = {}, c = array { 1 } }",
                   "assert(is_array(t.a) and not is_array(t.b) and is_array(t.c))");
}

static void test_snapshot_of_a_marked_root_is_read(void **state)
{
    (void)state;
    assert_carried("t = array { 1, 2 }", "assert(t[1] == 1 and t[2] == 2)");
}

static void test_snapshot_keys_of_the_reader_stay(void **state)
{
    (void)state;
    run(carrier.to, "t = { mine = 1, both = 'new' } same = t");
    assert_carried("t = { both = 'old' }", "assert(t.mine == 1 and t.both == 'old' and t == same)");
}

static void test_snapshot_names_what_belongs_to_a_state(void **state)
{
    (void)state;
    assert_carried("t = { keep = { 1 } } t.keep.f = print", "assert(t.keep[1] == 1)\n"
                                                            "assert(t.keep.f == nil)");
    assert_left_out("state.keep.f (a function)");
    buf_clear(&carrier.left_out);
    buf_clear(&carrier.bytes);
    assert_carried("t = { file = io.stdout }", "assert(t.file == nil)");
    assert_left_out("state.file (a userdata)");
    buf_clear(&carrier.left_out);
    buf_clear(&carrier.bytes);
    assert_carried("t = { { co = coroutine.create(print) } }", "assert(t[1].co == nil)");
    assert_left_out("state[…].co (a thread)");
    buf_clear(&carrier.left_out);
    buf_clear(&carrier.bytes);
    assert_carried("t = { [print] = 1 }", "for key in pairs(t) do assert(key ~= print) end");
    assert_left_out("state[…] (a function)");
}

static void test_snapshot_names_as_many_as_find_room(void **state)
{
    (void)state;
    assert_carried("t = {} for i = 1, 500 do t['function' .. i] = print end", "");
    assert_true(carrier.left_out.len <= LEFT_OUT_MAX);
    assert_true(carrier.left_out.len > LEFT_OUT_MAX - 40);
    assert_false(carrier.left_out.failed);
    assert_int_equal(carrier.left_out.bytes[carrier.left_out.len - 1], ')');
}

static void test_snapshot_a_path_that_is_too_long_is_cut(void **state)
{
    (void)state;
    assert_carried("t = { [('k'):rep(2000)] = { f = print } }", "");
    assert_left_out("state..f (a function)");
}

static void test_snapshot_takes_100_tables_in_one_another(void **state)
{
    (void)state;
    assert_carried("t = {} local at = t for i = 2, 100 do at.t = {} at = at.t end at.last = 1",
                   "local at = t for i = 2, 100 do at = at.t end assert(at.last == 1)");
}

static void test_snapshot_refuses_101_and_says_where(void **state)
{
    (void)state;
    assert_int_equal(written("t = {} local at = t for i = 2, 101 do at.t = {} at = at.t end"),
                     RELAY_ESCRIPT);
    assert_non_null(strstr(carrier.error.bytes, "state.t.t"));
    assert_non_null(strstr(carrier.error.bytes, "is deeper than 100 tables"));
}

static void test_snapshot_depth_counts_keys_too(void **state)
{
    (void)state;
    assert_int_equal(written("t = {} for i = 1, 200 do t = { [t] = 1 } end"), RELAY_ESCRIPT);
    assert_non_null(strstr(carrier.error.bytes, "is deeper than 100 tables"));
}

/* A root, its end, a key of one byte: 1 + 1 + 1 + 8 + 1; a string: 1 + 8 and its bytes. */
static void test_snapshot_is_as_large_as_allowed_and_no_larger(void **state)
{
    (void)state;
    carrier.bytes.max = 1000;
    assert_int_equal(written("t = { k = ('x'):rep(1000 - 12 - 9) }"), 0);
    assert_int_equal(carrier.bytes.len, 1000);
    buf_clear(&carrier.bytes);
    assert_int_equal(written("t = { k = ('x'):rep(1000 - 12 - 9 + 1) }"), RELAY_ESCRIPT);
    assert_non_null(strstr(carrier.error.bytes, "it is larger than 1000 bytes"));
}

static void test_snapshot_calls_no_metamethod(void **state)
{
    (void)state;
    run(carrier.to, "t = setmetatable({}, { __newindex = error, __index = error })");
    assert_carried("local locked = { __index = error, __pairs = error, __len = error,\n"
                   "  __gc = nil, __eq = error, __metatable = 'no', __name = 'n' }\n"
                   "t = setmetatable({ a = setmetatable({ 1 }, locked) }, locked)",
                   "assert(rawget(t, 'a')[1] == 1 and getmetatable(rawget(t, 'a')) == nil)");
}

/* The mark is the metatable itself, not its name. */
static void test_snapshot_a_name_is_no_mark(void **state)
{
    (void)state;
    assert_carried("t = { x = setmetatable({ n = 1 }, { __name = 'relay.array' }) }",
                   "assert(t.x.n == 1 and not is_array(t.x))");
}

static void test_snapshot_that_finds_no_memory_raises_and_the_state_lives_on(void **state)
{
    (void)state;
    assert_int_equal(written("t = { text = ('x'):rep(1 << 20), n = 1 }"), 0);
    carrier.to->memory_max = carrier.to->memory_used + 4096;
    assert_int_equal(step(carrier.to, read_body, NULL), RELAY_ESCRIPT);
    assert_non_null(strstr(carrier.error.bytes, "memory"));
    carrier.to->memory_max = (size_t)256 << 20;
    assert_int_equal(step(carrier.to, read_body, NULL), 0);
    run(carrier.to, "assert(#t.text == 1 << 20 and t.n == 1)");
}

static void test_snapshot_writing_without_memory_raises(void **state)
{
    (void)state;
    run(carrier.from, "t = {} for i = 1, 20000 do t[i] = {} end");
    carrier.from->memory_max = carrier.from->memory_used + 4096;
    assert_int_equal(step(carrier.from, write_body, NULL), RELAY_ESCRIPT);
    carrier.from->memory_max = (size_t)256 << 20;
    buf_clear(&carrier.bytes);
    assert_carried("", "assert(#t == 20000)");
}

#define SNAPSHOT_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SNAPSHOT_TEST(test_snapshot_every_plain_kind_comes_through),
        SNAPSHOT_TEST(test_snapshot_of_an_empty_table_is_one),
        SNAPSHOT_TEST(test_snapshot_integers_and_floats_stay_what_they_are),
        SNAPSHOT_TEST(test_snapshot_numbers_that_json_cannot_come_through),
        SNAPSHOT_TEST(test_snapshot_strings_are_bytes),
        SNAPSHOT_TEST(test_snapshot_keys_are_any_plain_value),
        SNAPSHOT_TEST(test_snapshot_a_shared_table_is_still_one),
        SNAPSHOT_TEST(test_snapshot_a_circle_is_still_one),
        SNAPSHOT_TEST(test_snapshot_lists_keep_their_mark),
        SNAPSHOT_TEST(test_snapshot_of_a_marked_root_is_read),
        SNAPSHOT_TEST(test_snapshot_keys_of_the_reader_stay),
        SNAPSHOT_TEST(test_snapshot_names_what_belongs_to_a_state),
        SNAPSHOT_TEST(test_snapshot_names_as_many_as_find_room),
        SNAPSHOT_TEST(test_snapshot_a_path_that_is_too_long_is_cut),
        SNAPSHOT_TEST(test_snapshot_takes_100_tables_in_one_another),
        SNAPSHOT_TEST(test_snapshot_refuses_101_and_says_where),
        SNAPSHOT_TEST(test_snapshot_depth_counts_keys_too),
        SNAPSHOT_TEST(test_snapshot_is_as_large_as_allowed_and_no_larger),
        SNAPSHOT_TEST(test_snapshot_calls_no_metamethod),
        SNAPSHOT_TEST(test_snapshot_a_name_is_no_mark),
        SNAPSHOT_TEST(test_snapshot_that_finds_no_memory_raises_and_the_state_lives_on),
        SNAPSHOT_TEST(test_snapshot_writing_without_memory_raises),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

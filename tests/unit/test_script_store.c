/* test_script_store.c — stores in the scripts: what they ask, what comes back, and who holds what.
 */
#include "script_node.h"

#include "store/store_items.h"

/* Stands in for the worker: keeps what was asked for until the test answers. */
struct asked {
    script_store_opened *opened;
    script_store_ran *ran;
    void *context;
    char path[64];
    uint64_t bytes_max;
    struct buf job;
    int held, err; /* err: of the next thing that is asked */
};

static struct asked asked;

static int fake_open(void *context, const char *path, uint64_t bytes_max, script_store_opened *done,
                     void *done_context)
{
    struct asked *to = context;
    snprintf(to->path, sizeof to->path, "%s", path);
    to->bytes_max = bytes_max;
    to->opened = done;
    to->context = done_context;
    return to->err;
}

static int fake_run(void *context, struct script_store *store, const struct buf *job,
                    script_store_ran *done, void *done_context)
{
    struct asked *to = context;
    assert_ptr_equal(store, context);
    buf_clear(&to->job);
    buf_add(&to->job, job->bytes, job->len);
    to->ran = done;
    to->context = done_context;
    return to->err;
}

static void fake_release(void *context, struct script_store *store)
{
    assert_ptr_equal(store, context);
    ((struct asked *)context)->held--;
}

static const struct script_stores STORES = {&asked, fake_open, fake_run, fake_release};

static int setup(void **state)
{
    asked = (struct asked){.held = 0};
    int result = script_node_setup(state);
    ((struct script_node *)*state)->stores = &STORES;
    return result;
}

static int teardown(void **state)
{
    int result = script_node_teardown(state);
    buf_deinit(&asked.job);
    assert_int_equal(asked.held, 0); /* whatever happened, nothing is held for ever */
    return result;
}

static void answer_open(const char *error)
{
    asked.held += error ? 0 : 1;
    asked.opened(asked.context, error ? NULL : (struct script_store *)(void *)&asked, error);
}

static void answer_run(const struct buf *answer, const char *error)
{
    static const struct buf NOTHING = {0};
    asked.ran(asked.context, answer ? answer : &NOTHING, error);
}

/* main.lua runs `lines` in a handler, with `store` open, or the reason in `why`. */
static void run(struct script_node *node, const char *lines)
{
    char text[2048];
    snprintf(text, sizeof text,
             "local engine = require 'relay.engine'\n"
             "relay.after(0, function()\n"
             "  local store, why = engine.store('/x.db', { bytes = 65536 })\n%s\nend)",
             lines);
    script_node_run(node, text);
    script_node_advance(node, 1);
}

#define assert_logged(text) assert_true(script_node_logged(*state, text))

static void test_store_waits_until_it_is_open(void **state)
{
    run(*state, "relay.log.info(type(store), why)");
    assert_string_equal(asked.path, "/x.db");
    assert_int_equal(asked.bytes_max, 65536);
    assert_false(script_node_logged(*state, "userdata"));
    answer_open(NULL);
    assert_logged("userdata nil");
}

static void test_store_that_cannot_be_opened_is_nil_and_why(void **state)
{
    run(*state, "relay.log.info('got', store, why)");
    answer_open("no such directory");
    assert_logged("got nil no such directory");
}

static void test_store_is_refused_while_too_much_waits_or_the_node_ends(void **state)
{
    run(*state, "relay.log.info('1', store:run {{ 'SELECT 1' }})\n"
                "relay.log.info('2', store:run {{ 'SELECT 1' }})\n"
                "relay.log.info('3', engine.store '/x.db')");
    asked.err = RELAY_EFULL;
    answer_open(NULL);
    assert_logged("1 nil busy");
    assert_logged("3 nil busy");
}

static void test_store_is_not_here_in_a_simulation(void **state)
{
    ((struct script_node *)*state)->stores = NULL;
    run(*state, "relay.log.info('got', store, why)");
    assert_logged("got nil no store here");
}

static void expect_item(size_t *at, enum store_kind kind, int64_t integer, double real,
                        const char *text)
{
    struct store_item item;
    assert_true(store_items_next(&asked.job, at, &item));
    assert_int_equal(item.kind, kind);
    assert_int_equal(item.integer, integer);
    assert_true(item.real == real);
    assert_int_equal(item.len, strlen(text));
    assert_memory_equal(item.text ? item.text : "", text, item.len);
}

static void test_store_job_carries_every_kind_of_value(void **state)
{
    run(*state, "local sql = 'INSERT'\n"
                "store:run { { sql, 1, nil, 2.5, true, 'x', nil }, { sql, nil, 9007199254740993 },"
                "            { 'SELECT' } }");
    answer_open(NULL);
    size_t at = 0;
    struct store_item item;
    expect_item(&at, STORE_STATEMENT, 0, 0, "INSERT");
    expect_item(&at, STORE_INTEGER, 1, 0, "");
    expect_item(&at, STORE_NIL, 0, 0, "");
    expect_item(&at, STORE_REAL, 0, 2.5, "");
    expect_item(&at, STORE_INTEGER, 1, 0, "");
    expect_item(&at, STORE_TEXT, 0, 0, "x");
    expect_item(&at, STORE_STATEMENT, 0, 0, "");
    expect_item(&at, STORE_NIL, 0, 0, "");
    expect_item(&at, STORE_INTEGER, 9007199254740993, 0, "");
    expect_item(&at, STORE_STATEMENT, 0, 0, "SELECT");
    assert_false(store_items_next(&asked.job, &at, &item));
    answer_run(NULL, "done");
}

static void test_store_answer_is_a_list_of_rows_for_each_statement(void **state)
{
    run(*state, "local lists = store:run {{ 'a' }, { 'b' }, { 'c' }}\n"
                "local row = lists[2][2]\n"
                "relay.log.info('got', #lists, #lists[1], #lists[2], #lists[3], row[1], row[2], "
                "row[3], math.type(row[4]))");
    answer_open(NULL);
    struct buf answer = {0};
    const struct store_item items[] = {
        {.kind = STORE_STATEMENT},
        {.kind = STORE_STATEMENT},
        {.kind = STORE_ROW, .integer = 1},
        {.kind = STORE_NIL},
        {.kind = STORE_ROW, .integer = 4},
        {.kind = STORE_INTEGER, .integer = INT64_MAX},
        {.kind = STORE_NIL},
        {.kind = STORE_TEXT, .text = "x", .len = 1},
        {.kind = STORE_REAL, .real = 2},
        {.kind = STORE_STATEMENT},
    };
    for (size_t i = 0; i < sizeof items / sizeof items[0]; i++)
        store_items_add(&answer, &items[i]);
    answer_run(&answer, NULL);
    buf_deinit(&answer);
    assert_logged("got 3 0 2 0 9223372036854775807 nil x float");
}

static void test_store_job_that_fails_is_nil_and_why(void **state)
{
    run(*state, "relay.log.info('got', store:run {{ 'SELECT' }})");
    answer_open(NULL);
    answer_run(NULL, "statement 1: no");
    assert_logged("got nil statement 1: no");
}

static void test_store_job_that_is_none_raises(void **state)
{
    run(*state,
        "local function try(job) relay.log.info(select(2, pcall(store.run, store, job))) end\n"
        "try {{ 'SELECT ?', {} }} try { 'SELECT' } try {{ 5 }} try {{ 'x', n = 1 }}"
        "try {{ 'x', [1002] = 1 }} try(nil)\n"
        "relay.log.info(select(2, pcall(engine.store, 'x.db')))\n"
        "relay.log.info(select(2, pcall(engine.store, '/x', { bytes = 5 })))\n"
        "relay.log.info(engine.store('/x', { bytes = 65536 }))");
    answer_open(NULL);
    assert_logged("statement 1: parameter 1 is a table, which cannot be stored");
    assert_logged("statement 1: must be a table");
    assert_logged("statement 1: must begin with its SQL");
    assert_logged("statement 1: must be a list, of 999 parameters at most");
    assert_logged("table expected, got nil");
    assert_logged("must be an absolute path");
    assert_logged("bytes must be from 65536");
    answer_open("not this one");
}

static void test_store_waits_in_handlers_alone(void **state)
{
    run(*state, "coroutine.wrap(function()\n"
                "  relay.log.info(select(2, pcall(store.run, store, {})))\nend)()");
    answer_open(NULL);
    assert_logged("store:run waits, so it can be called in a handler only");
}

static void test_store_that_comes_when_its_handler_is_gone_is_given_back(void **state)
{
    run(*state, "relay.log.info('never')");
    script_end(((struct script_node *)*state)->fixture.script);
    answer_open(NULL);
    assert_int_equal(asked.held, 0);
    assert_false(script_node_logged(*state, "never"));
}

static void test_store_answer_for_a_handler_that_is_gone_is_dropped(void **state)
{
    run(*state, "relay.log.info('never', store:run {{ 'SELECT' }})");
    answer_open(NULL);
    script_end(((struct script_node *)*state)->fixture.script);
    answer_run(NULL, NULL);
    assert_false(script_node_logged(*state, "never"));
}

static void test_store_is_held_by_a_generation_that_finishes(void **state)
{
    run(*state, "relay.log.info('then', store:run {{ 'SELECT' }})");
    answer_open(NULL);
    script_retire(((struct script_node *)*state)->fixture.script);
    assert_int_equal(asked.held, 1);
    answer_run(NULL, NULL);
    assert_logged("then table");
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(test_store_waits_until_it_is_open),
        STORE_TEST(test_store_that_cannot_be_opened_is_nil_and_why),
        STORE_TEST(test_store_is_refused_while_too_much_waits_or_the_node_ends),
        STORE_TEST(test_store_is_not_here_in_a_simulation),
        STORE_TEST(test_store_job_carries_every_kind_of_value),
        STORE_TEST(test_store_answer_is_a_list_of_rows_for_each_statement),
        STORE_TEST(test_store_job_that_fails_is_nil_and_why),
        STORE_TEST(test_store_job_that_is_none_raises),
        STORE_TEST(test_store_waits_in_handlers_alone),
        STORE_TEST(test_store_that_comes_when_its_handler_is_gone_is_given_back),
        STORE_TEST(test_store_answer_for_a_handler_that_is_gone_is_dropped),
        STORE_TEST(test_store_is_held_by_a_generation_that_finishes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

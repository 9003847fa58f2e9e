/* test_store_worker.c — databases on a thread of their own: in order, bounded, closed at the end.
 */
#include "store_fixture.h"

#include <signal.h>

#include "store_worker.h"

#define BYTES ((uint64_t)1 << 24)
/* Runs until it is ended. */
#define ENDLESS                                                                                    \
    "WITH RECURSIVE c(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM c) SELECT count(i) FROM c"

struct bench {
    struct store_fixture fixture;
    uv_loop_t loop;
    struct log log;
    struct buf lines;
    struct store_worker worker;
    struct script_stores stores;
    struct script_store *store; /* that was opened last */
    char said[512];             /* each answer, with a space behind it */
    unsigned answers;
    uv_thread_t thread; /* of the last answer */
};

static void on_line(void *context, const char *line, size_t len)
{
    buf_add(context, line, len);
}

static int setup(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    store_fixture_init(&bench->fixture);
    bench->log = (struct log){.sink = {.write = on_line, .context = &bench->lines}};
    assert_int_equal(uv_loop_init(&bench->loop), 0);
    assert_int_equal(store_worker_open(&bench->worker, &bench->loop, &bench->log), 0);
    bench->stores = store_worker_stores(&bench->worker);
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;
    store_worker_close(&bench->worker);
    uv_run(&bench->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&bench->loop), 0);
    store_worker_deinit(&bench->worker);
    store_fixture_deinit(&bench->fixture);
    buf_deinit(&bench->lines);
    free(bench);
    return 0;
}

static void say(struct bench *bench, const char *text)
{
    size_t len = strlen(bench->said);
    snprintf(bench->said + len, sizeof bench->said - len, "%s ", text);
    bench->thread = uv_thread_self();
    bench->answers++;
}

static void on_opened(void *context, struct script_store *store, const char *error)
{
    struct bench *bench = context;
    assert_true((store == NULL) == (error != NULL));
    bench->store = store;
    say(bench, error ? error : "open");
}

static void on_ran(void *context, const struct buf *answer, const char *error)
{
    char shown[128];
    store_fixture_show(answer, shown, sizeof shown);
    say(context, error ? error : shown);
}

static int ask_open(struct bench *bench, const char *path)
{
    return bench->stores.open(bench->stores.context, path, BYTES, on_opened, bench);
}

static int ask_run(struct bench *bench, const char *sql)
{
    struct buf job = {0};
    store_fixture_add(&job, sql);
    int err = bench->stores.run(bench->stores.context, bench->store, &job, on_ran, bench);
    buf_deinit(&job);
    return err;
}

static void release(struct bench *bench, struct script_store *store)
{
    bench->stores.release(bench->stores.context, store);
}

/* Lets the loop run until so many answers have come. */
static void until(struct bench *bench, unsigned answers)
{
    while (bench->answers < answers)
        uv_run(&bench->loop, UV_RUN_ONCE);
}

static void open_it(struct bench *bench)
{
    assert_int_equal(ask_open(bench, bench->fixture.path), 0);
    until(bench, bench->answers + 1);
    assert_non_null(bench->store);
    bench->said[0] = '\0';
    bench->answers = 0;
}

static void run_all(struct bench *bench, const char *sql)
{
    assert_int_equal(ask_run(bench, sql), 0);
    until(bench, bench->answers + 1);
}

static void test_worker_answers_in_order_on_the_loops_thread(void **state)
{
    struct bench *bench = *state;
    uv_thread_t self = uv_thread_self();
    open_it(bench);
    assert_int_equal(ask_run(bench, "SELECT 1"), 0);
    assert_int_equal(ask_run(bench, "nonsense"), 0);
    assert_int_equal(ask_run(bench, "SELECT 3"), 0);
    assert_int_equal(bench->answers, 0); /* nothing comes from inside */
    until(bench, 3);
    assert_string_equal(bench->said, "|1, statement 1: near \"nonsense\": syntax error |3, ");
    assert_true(uv_thread_equal(&bench->thread, &self));
    release(bench, bench->store);
}

static void test_worker_without_a_store_has_no_thread(void **state)
{
    struct bench *bench = *state;
    assert_false(bench->worker.has_thread);
}

static void test_worker_store_is_shared_by_those_who_open_it(void **state)
{
    struct bench *bench = *state;
    open_it(bench);
    struct script_store *first = bench->store;
    open_it(bench);
    assert_ptr_equal(bench->store, first);
    release(bench, first); /* an older generation ends */
    run_all(bench, "SELECT 1");
    assert_string_equal(bench->said, "|1, ");
    release(bench, bench->store);
}

static void test_worker_closes_a_store_that_nobody_holds_behind_what_waits(void **state)
{
    struct bench *bench = *state;
    open_it(bench);
    assert_int_equal(ask_run(bench, "CREATE TABLE t (a)"), 0);
    assert_int_equal(ask_run(bench, "INSERT INTO t VALUES (7)"), 0);
    release(bench, bench->store);
    until(bench, 2);
    open_it(bench);
    assert_int_equal(bench->worker.open_count, 1);
    run_all(bench, "SELECT a FROM t");
    assert_string_equal(bench->said, "|7, ");
    release(bench, bench->store);
}

static void test_worker_says_why_a_store_is_not_open_and_tries_again(void **state)
{
    struct bench *bench = *state;
    char path[96];
    snprintf(path, sizeof path, "%s/no/x.db", bench->fixture.directory);
    assert_int_equal(ask_open(bench, path), 0);
    until(bench, 1);
    assert_string_equal(bench->said, "No such file or directory ");
    assert_int_equal(bench->worker.open_count, 0);
    open_it(bench);
    release(bench, bench->store);
}

static void test_worker_opens_anew_what_was_deleted_for_all_who_hold_it(void **state)
{
    struct bench *bench = *state;
    open_it(bench);
    struct script_store *first = bench->store;
    run_all(bench, "CREATE TABLE t (a)");
    assert_int_equal(unlink(bench->fixture.path), 0);
    open_it(bench);
    assert_ptr_equal(bench->store, first);
    run_all(bench, "CREATE TABLE t (b)");
    run_all(bench, "SELECT count(b) FROM t");
    assert_string_equal(bench->said, " |0, ");
    release(bench, first);
    release(bench, bench->store);
}

static void test_worker_says_that_it_could_not_open_anew(void **state)
{
    struct bench *bench = *state;
    open_it(bench);
    struct script_store *first = bench->store;
    assert_int_equal(unlink(bench->fixture.path), 0);
    assert_int_equal(mkdir(bench->fixture.path, 0700), 0);
    assert_int_equal(ask_open(bench, bench->fixture.path), 0);
    until(bench, 1);
    bench->store = first;
    run_all(bench, "SELECT 1");
    assert_string_equal(bench->said, "unable to open database file: Is a directory "
                                     "the file was deleted, and could not be opened anew ");
    assert_int_equal(rmdir(bench->fixture.path), 0);
    release(bench, first);
}

static void test_worker_opens_so_many_paths_at_most(void **state)
{
    struct bench *bench = *state;
    char path[96];
    for (unsigned i = 0; i < STORES_MAX; i++) {
        snprintf(path, sizeof path, "%s/no/%u.db", bench->fixture.directory, i);
        assert_int_equal(ask_open(bench, path), 0);
    }
    assert_int_equal(ask_open(bench, bench->fixture.path), RELAY_EFULL);
    assert_int_equal(ask_open(bench, path), 0);
    until(bench, STORES_MAX + 1);
    open_it(bench);
    release(bench, bench->store);
}

static void test_worker_queue_is_bounded(void **state)
{
    struct bench *bench = *state;
    open_it(bench);
    while (ask_run(bench, "SELECT 1") == 0)
        assert_true(bench->worker.waiting_count <= STORE_WAITING_MAX);
    assert_int_equal(bench->worker.waiting_count, STORE_WAITING_MAX);
    assert_int_equal(ask_run(bench, "SELECT 1"), RELAY_EFULL);
    until(bench, STORE_WAITING_MAX);
    run_all(bench, "SELECT 2");
    release(bench, bench->store);
}

static void test_worker_queue_is_bounded_in_bytes(void **state)
{
    struct bench *bench = *state;
    open_it(bench);
    size_t half = STORE_WAITING_BYTES_MAX / 2 - 16; /* an item has a head */
    char *sql = malloc(half + 1);
    memset(sql, ' ', half);
    sql[half] = '\0';
    assert_int_equal(ask_run(bench, sql), 0);
    assert_int_equal(ask_run(bench, sql), 0);
    assert_int_equal(ask_run(bench, sql), RELAY_EFULL);
    free(sql);
    until(bench, 2);
    release(bench, bench->store);
}

static void test_worker_does_at_its_end_what_waits_and_nothing_more(void **state)
{
    struct bench *bench = *state;
    open_it(bench);
    run_all(bench, "CREATE TABLE t (a)");
    for (int i = 0; i < 20; i++)
        assert_int_equal(ask_run(bench, "INSERT INTO t VALUES (1)"), 0);
    store_worker_close(&bench->worker);
    assert_int_equal(ask_run(bench, "INSERT INTO t VALUES (1)"), RELAY_EINVAL);
    assert_int_equal(ask_open(bench, bench->fixture.path), RELAY_EINVAL);
    release(bench, bench->store); /* scripts go after the loop or before: both are right */
    uv_run(&bench->loop, UV_RUN_DEFAULT);
    assert_int_equal(bench->answers, 21);
    struct store_fixture *fixture = &bench->fixture;
    char log[96];
    snprintf(log, sizeof log, "%s-wal", fixture->path);
    assert_int_equal(access(log, F_OK), -1); /* written back, so it was closed */
}

static void test_worker_store_may_be_held_beyond_its_end(void **state)
{
    struct bench *bench = *state;
    open_it(bench);
    store_worker_close(&bench->worker);
    uv_run(&bench->loop, UV_RUN_DEFAULT);
    release(bench, bench->store);
}

/* What STORE_END_MS brings, without the wait for it. */
static void test_worker_ends_what_does_not_end(void **state)
{
    struct bench *bench = *state;
    open_it(bench);
    assert_int_equal(ask_run(bench, ENDLESS), 0);
    assert_int_equal(ask_run(bench, "CREATE TABLE t (a)"), 0);
    release(bench, bench->store);
    store_worker_close(&bench->worker);
    atomic_store(&bench->worker.is_stopped, true);
    uv_run(&bench->loop, UV_RUN_DEFAULT);
    assert_memory_equal(bench->said, "statement 1: the node ends ", 27);
    assert_int_equal(bench->answers, 2);
}

/* The thread answers when a statement that takes long is done; the loop has turned meanwhile. */
static void count_turns(uv_idle_t *idle)
{
    ++*(unsigned *)idle->data;
}

static void test_worker_leaves_the_loop_alone_while_a_statement_runs(void **state)
{
    struct bench *bench = *state;
    unsigned turns = 0;
    uv_idle_t idle;
    open_it(bench);
    uv_idle_init(&bench->loop, &idle);
    idle.data = &turns;
    uv_idle_start(&idle, count_turns);
    assert_int_equal(ask_run(bench, ENDLESS), 0);
    while (turns < 1000)
        uv_run(&bench->loop, UV_RUN_ONCE);
    assert_int_equal(bench->answers, 0);
    uv_close((uv_handle_t *)&idle, NULL);
    atomic_store(&bench->worker.is_stopped, true);
    until(bench, 1);
    release(bench, bench->store);
}

/* A signal for the process must find the loop's thread. */
static void on_usr1(uv_signal_t *signal, int number)
{
    (void)number;
    ++*(unsigned *)signal->data;
    uv_close((uv_handle_t *)signal, NULL);
}

static void test_worker_thread_takes_no_signal(void **state)
{
    struct bench *bench = *state;
    unsigned signals = 0;
    uv_signal_t handle;
    sigset_t set, before;
    open_it(bench);
    uv_signal_init(&bench->loop, &handle);
    handle.data = &signals;
    uv_signal_start(&handle, on_usr1, SIGUSR1);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, &before);
    kill(getpid(), SIGUSR1);
    run_all(bench, "SELECT 1");
    assert_int_equal(signals, 0); /* it is pending, for this thread alone can take it */
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    while (signals == 0)
        uv_run(&bench->loop, UV_RUN_ONCE);
    release(bench, bench->store);
}

#define WORKER_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORKER_TEST(test_worker_answers_in_order_on_the_loops_thread),
        WORKER_TEST(test_worker_without_a_store_has_no_thread),
        WORKER_TEST(test_worker_store_is_shared_by_those_who_open_it),
        WORKER_TEST(test_worker_closes_a_store_that_nobody_holds_behind_what_waits),
        WORKER_TEST(test_worker_says_why_a_store_is_not_open_and_tries_again),
        WORKER_TEST(test_worker_opens_anew_what_was_deleted_for_all_who_hold_it),
        WORKER_TEST(test_worker_says_that_it_could_not_open_anew),
        WORKER_TEST(test_worker_opens_so_many_paths_at_most),
        WORKER_TEST(test_worker_queue_is_bounded),
        WORKER_TEST(test_worker_queue_is_bounded_in_bytes),
        WORKER_TEST(test_worker_does_at_its_end_what_waits_and_nothing_more),
        WORKER_TEST(test_worker_store_may_be_held_beyond_its_end),
        WORKER_TEST(test_worker_ends_what_does_not_end),
        WORKER_TEST(test_worker_leaves_the_loop_alone_while_a_statement_runs),
        WORKER_TEST(test_worker_thread_takes_no_signal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

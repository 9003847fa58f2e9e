/* test_store.c — one database: jobs, their answers, and all that can be wrong with a file. */
#include "store_fixture.h"

#include <fcntl.h>

#include <sqlite3.h>

#include "store/store.h"

#define MIB ((uint64_t)1024 * 1024)

struct bench {
    struct store_fixture fixture;
    struct store *store;
    atomic_bool is_stopped;
    struct buf job, answer, error;
    char shown[512];
};

static int setup(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    store_fixture_init(&bench->fixture);
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;
    store_close(bench->store);
    store_fixture_deinit(&bench->fixture);
    buf_deinit(&bench->job);
    buf_deinit(&bench->answer);
    buf_deinit(&bench->error);
    free(bench);
    return 0;
}

static int try_open(struct bench *bench, uint64_t bytes_max)
{
    buf_clear(&bench->error);
    int err = store_open(&bench->store, bench->fixture.path, bytes_max, &bench->is_stopped,
                         &bench->error);
    buf_add_byte(&bench->error, '\0');
    return err;
}

static void open_it(struct bench *bench)
{
    if (try_open(bench, 16 * MIB) != 0)
        fail_msg("not open: %s", bench->error.bytes);
}

/* Runs the job that was put together. */
static int run(struct bench *bench)
{
    buf_clear(&bench->answer);
    buf_clear(&bench->error);
    int err = store_run(bench->store, &bench->job, &bench->answer, &bench->error);
    buf_add_byte(&bench->error, '\0');
    buf_clear(&bench->job);
    store_fixture_show(&bench->answer, bench->shown, sizeof bench->shown);
    return err;
}

static void add(struct bench *bench, const char *sql)
{
    store_fixture_add(&bench->job, sql);
}

static int run_one(struct bench *bench, const char *sql)
{
    add(bench, sql);
    return run(bench);
}

static void must(struct bench *bench, const char *sql)
{
    if (run_one(bench, sql) != 0)
        fail_msg("%s: %s", sql, bench->error.bytes);
}

static void assert_refused(struct bench *bench, const char *sql, const char *error)
{
    assert_int_equal(run_one(bench, sql), RELAY_ESYSTEM);
    assert_string_equal(bench->error.bytes, error);
    assert_int_equal(bench->answer.len, 0);
}

static void assert_answer(struct bench *bench, const char *sql, const char *answer)
{
    must(bench, sql);
    assert_string_equal(bench->shown, answer);
}

static void write_file(const char *path, const char *text, size_t len, long at)
{
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, text, len, at), len);
    close(fd);
}

static void test_store_is_made_for_its_owner_alone(void **state)
{
    struct bench *bench = *state;
    struct stat status;
    mode_t mask = umask(0);
    open_it(bench);
    must(bench, "CREATE TABLE t (a)");
    umask(mask);
    assert_int_equal(stat(bench->fixture.path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    char log[96];
    snprintf(log, sizeof log, "%s-wal", bench->fixture.path);
    assert_int_equal(stat(log, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
}

static void test_store_writes_a_log_ahead_and_gives_pages_back(void **state)
{
    open_it(*state);
    assert_answer(*state, "PRAGMA journal_mode", "|'wal',");
    assert_answer(*state, "PRAGMA auto_vacuum", "|2,");
    assert_answer(*state, "PRAGMA synchronous", "|1,");
    assert_answer(*state, "PRAGMA max_page_count", "|4096,");
}

static void test_store_answers_rows_of_each_statement(void **state)
{
    struct bench *bench = *state;
    open_it(bench);
    add(bench, "CREATE TABLE t (a, b)");
    add(bench, "INSERT INTO t VALUES (1, 'x'), (NULL, 2.5)");
    add(bench, "SELECT * FROM t ORDER BY rowid");
    add(bench, "SELECT 9007199254740993 ; \n");
    assert_int_equal(run(bench), 0);
    assert_string_equal(bench->shown, ";;|1,'x',|nil,2.5,;|9007199254740993,");
}

static void test_store_binds_parameters_and_runs_the_same_again(void **state)
{
    struct bench *bench = *state;
    open_it(bench);
    must(bench, "CREATE TABLE t (a, b)");
    add(bench, "INSERT INTO t VALUES (?, ?) RETURNING a, b");
    store_items_add(&bench->job, &(struct store_item){.kind = STORE_TEXT, .text = "x", .len = 1});
    store_items_add(&bench->job, &(struct store_item){.kind = STORE_REAL, .real = 0.5});
    store_items_add(&bench->job, &(struct store_item){.kind = STORE_STATEMENT});
    store_items_add(&bench->job, &(struct store_item){.kind = STORE_INTEGER, .integer = -3});
    assert_int_equal(run(bench), 0);
    assert_string_equal(bench->shown, "|'x',0.5,;|-3,nil,");
}

static void test_store_job_that_fails_did_nothing(void **state)
{
    struct bench *bench = *state;
    open_it(bench);
    must(bench, "CREATE TABLE t (a UNIQUE)");
    add(bench, "INSERT INTO t VALUES (1)");
    add(bench, "INSERT INTO t VALUES (1)");
    assert_int_equal(run(bench), RELAY_ESYSTEM);
    assert_string_equal(bench->error.bytes, "statement 2: UNIQUE constraint failed: t.a");
    assert_answer(bench, "SELECT count(*) FROM t", "|0,");
}

static void test_store_statement_is_one_and_leaves_the_transaction_alone(void **state)
{
#define REFUSED                                                                                    \
    "statement 1: a job is one transaction in one file: BEGIN, COMMIT, ROLLBACK, SAVEPOINT, "      \
    "ATTACH and DETACH are not allowed"
    open_it(*state);
    assert_refused(*state, "BEGIN", REFUSED);
    assert_refused(*state, "COMMIT", REFUSED);
    assert_refused(*state, "ROLLBACK", REFUSED);
    assert_refused(*state, "SAVEPOINT s", REFUSED);
    assert_refused(*state, "ATTACH ':memory:' AS m", REFUSED);
    assert_refused(*state, "SELECT 1; SELECT 2", "statement 1 is more than one");
    assert_refused(*state, " -- nothing", "statement 1 is empty");
    assert_refused(*state, "SELECT nope", "statement 1: no such column: nope");
    assert_answer(*state, "SELECT 1", "|1,");
}

static void test_store_refuses_more_parameters_than_there_are(void **state)
{
    struct bench *bench = *state;
    open_it(bench);
    add(bench, "SELECT ?");
    store_items_add(&bench->job, &(struct store_item){.kind = STORE_NIL});
    store_items_add(&bench->job, &(struct store_item){.kind = STORE_NIL});
    assert_int_equal(run(bench), RELAY_ESYSTEM);
    assert_string_equal(bench->error.bytes, "statement 1 has 1 parameters, and more are given");
}

#define COUNT_TO(n) "WITH RECURSIVE c(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM c LIMIT " n ") "

static void test_store_answer_is_bounded(void **state)
{
    open_it(*state);
    must(*state, COUNT_TO("5000") "SELECT count(i) FROM c");
    assert_refused(*state, COUNT_TO("5001") "SELECT i FROM c",
                   "statement 1 answers more than 5000 rows, with those before it");
    assert_refused(*state, COUNT_TO("3") "SELECT zeroblob(1000000) FROM c",
                   "statement 1 answers more than 2097152 bytes, with those before it");
    assert_answer(*state, "SELECT 1", "|1,");
}

static void test_store_that_is_full_says_so_and_goes_on(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(try_open(bench, MIB), 0);
    must(bench, "CREATE TABLE t (a)");
    must(bench, "INSERT INTO t VALUES (zeroblob(800000))");
    assert_refused(bench, "INSERT INTO t VALUES (zeroblob(800000))",
                   "statement 1: the disk is full, or the store, which may have 1048576 bytes");
    assert_answer(bench, "SELECT count(*) FROM t", "|1,");
    must(bench, "DELETE FROM t");
    must(bench, "INSERT INTO t VALUES (zeroblob(800000))");
    store_limit(bench->store, 2 * MIB);
    must(bench, "INSERT INTO t VALUES (zeroblob(800000))");
}

static void test_store_that_is_stopped_ends_the_statement_that_runs(void **state)
{
    struct bench *bench = *state;
    open_it(bench);
    atomic_store(&bench->is_stopped, true);
    assert_refused(bench, COUNT_TO("-1") "SELECT count(i) FROM c", "statement 1: the node ends");
}

static void test_store_is_as_it_was_when_it_is_opened_again(void **state)
{
    struct bench *bench = *state;
    open_it(bench);
    add(bench, "CREATE TABLE t (a)");
    add(bench, "INSERT INTO t VALUES (5)");
    assert_int_equal(run(bench), 0);
    store_close(bench->store);
    open_it(bench);
    assert_answer(bench, "SELECT a FROM t", "|5,");
}

static void test_store_can_be_read_by_others_while_it_is_written(void **state)
{
    struct bench *bench = *state;
    sqlite3 *other;
    sqlite3_stmt *statement;
    open_it(bench);
    must(bench, "CREATE TABLE t (a)");
    must(bench, "INSERT INTO t VALUES (5)");
    assert_int_equal(sqlite3_open_v2(bench->fixture.path, &other, SQLITE_OPEN_READONLY, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(other, "SELECT a FROM t", -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    must(bench, "INSERT INTO t VALUES (6)");
    assert_int_equal(sqlite3_column_int(statement, 0), 5);
    assert_int_equal(sqlite3_step(statement), SQLITE_DONE);
    sqlite3_finalize(statement);
    sqlite3_close(other);
}

/* A reader that never ends must not let the log grow for ever. */
static void test_store_log_is_bounded_while_a_reader_stays(void **state)
{
    struct bench *bench = *state;
    sqlite3 *other;
    sqlite3_stmt *statement;
    char path[96];
    struct stat status;
    open_it(bench);
    must(bench, "CREATE TABLE t (a)");
    must(bench, "INSERT INTO t VALUES (zeroblob(1000000)), (zeroblob(1000000))");
    assert_int_equal(sqlite3_open_v2(bench->fixture.path, &other, SQLITE_OPEN_READONLY, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(other, "SELECT * FROM t", -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int written = 0;
    while (run_one(bench, "UPDATE t SET a = randomblob(1000000)") == 0)
        assert_true(++written < 100);
    assert_true(written > 20);
    assert_true(strstr(bench->error.bytes, "cannot be written back"));
    assert_answer(bench, "SELECT count(*) FROM t", "|2,");
    snprintf(path, sizeof path, "%s-wal", bench->fixture.path);
    assert_int_equal(stat(path, &status), 0);
    assert_true(status.st_size < STORE_LOG_BYTES_MAX + (int64_t)(8 * MIB));
    sqlite3_finalize(statement);
    sqlite3_close(other);
    must(bench, "UPDATE t SET a = 1");
    assert_int_equal(stat(path, &status), 0);
    assert_true(status.st_size < (int64_t)(4 * MIB));
}

static void test_store_refuses_a_file_that_is_none(void **state)
{
    struct bench *bench = *state;
    char text[8192];
    memset(text, 'x', sizeof text);
    write_file(bench->fixture.path, text, sizeof text, 0);
    assert_int_equal(try_open(bench, MIB), RELAY_ESYSTEM);
    assert_string_equal(bench->error.bytes, "file is not a database");
}

static void test_store_says_that_a_file_is_damaged(void **state)
{
    struct bench *bench = *state;
    char text[4096];
    open_it(bench);
    must(bench, "CREATE TABLE t (a)");
    must(bench, COUNT_TO("5000") "INSERT INTO t SELECT i FROM c");
    store_close(bench->store);
    memset(text, 'x', sizeof text);
    write_file(bench->fixture.path, text, sizeof text, 4096L * 4);
    open_it(bench);
    assert_refused(bench, "SELECT sum(a) FROM t", "statement 1: database disk image is malformed");
    assert_answer(bench, "SELECT 1", "|1,");
}

static void test_store_says_why_a_file_cannot_be_made(void **state)
{
    struct bench *bench = *state;
    struct store_fixture fixture = bench->fixture;
    snprintf(bench->fixture.path, sizeof bench->fixture.path, "%s/no/x.db", fixture.directory);
    assert_int_equal(try_open(bench, MIB), RELAY_ESYSTEM);
    assert_string_equal(bench->error.bytes, "No such file or directory");
    snprintf(bench->fixture.path, sizeof bench->fixture.path, "%s", fixture.directory);
    assert_int_equal(try_open(bench, MIB), RELAY_ESYSTEM);
    assert_string_equal(bench->error.bytes, "unable to open database file: Is a directory");
    bench->fixture = fixture;
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(test_store_is_made_for_its_owner_alone),
        STORE_TEST(test_store_writes_a_log_ahead_and_gives_pages_back),
        STORE_TEST(test_store_answers_rows_of_each_statement),
        STORE_TEST(test_store_binds_parameters_and_runs_the_same_again),
        STORE_TEST(test_store_job_that_fails_did_nothing),
        STORE_TEST(test_store_statement_is_one_and_leaves_the_transaction_alone),
        STORE_TEST(test_store_refuses_more_parameters_than_there_are),
        STORE_TEST(test_store_answer_is_bounded),
        STORE_TEST(test_store_that_is_full_says_so_and_goes_on),
        STORE_TEST(test_store_that_is_stopped_ends_the_statement_that_runs),
        STORE_TEST(test_store_is_as_it_was_when_it_is_opened_again),
        STORE_TEST(test_store_can_be_read_by_others_while_it_is_written),
        STORE_TEST(test_store_log_is_bounded_while_a_reader_stays),
        STORE_TEST(test_store_refuses_a_file_that_is_none),
        STORE_TEST(test_store_says_that_a_file_is_damaged),
        STORE_TEST(test_store_says_why_a_file_cannot_be_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

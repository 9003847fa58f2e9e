/* store.c — see store.h. */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#include "store/store_items.h"

#define LOG_PAGES 1000       /* then it is written back; SQLite's own default */
#define STEPS_PER_LOOK 10000 /* of SQLite's machine, until it looks whether it should end */

struct store {
    sqlite3 *db;
    sqlite3_stmt *begin, *commit, *rollback;
    sqlite3_stmt *statement; /* the last one of a job, for the next with the same text */
    const atomic_bool *is_stopped;
    uint64_t bytes_max;
    uint64_t page_bytes;
    double ends_s; /* of the job that runs, by the steady clock */
    int64_t log_bytes;
    bool is_guarding; /* what is prepared is a script's, not our own */
};

/* A job under way. */
struct run {
    struct store *store;
    struct buf *answer, *error;
    unsigned statement, rows; /* so far; 0: before and behind the statements */
    int parameters;           /* of the statement, bound so far */
};

static double steady_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* --- Errors --- */

static void say(struct buf *error, const char *format, unsigned long long number)
{
    char text[160];
    snprintf(text, sizeof text, format, number);
    buf_add_text(error, text);
}

/* SQLite does not say why the system does not let it open a file. */
static void explain_open(const struct store *store, struct buf *error)
{
    int system_error = sqlite3_system_errno(store->db);
    buf_add_text(error, sqlite3_errmsg(store->db));
    if (system_error) {
        buf_add_text(error, ": ");
        buf_add_text(error, strerror(system_error));
    }
}

static void explain(const struct store *store, struct buf *error)
{
    int code = sqlite3_errcode(store->db) & 0xff;
    if (code == SQLITE_FULL)
        say(error, "the disk is full, or the store, which may have %llu bytes", store->bytes_max);
    else if (code == SQLITE_INTERRUPT && atomic_load(store->is_stopped))
        buf_add_text(error, "the node ends");
    else if (code == SQLITE_INTERRUPT)
        say(error, "took longer than %llu seconds", STORE_JOB_SECONDS);
    else if (code == SQLITE_CANTOPEN)
        explain_open(store, error);
    else if (code == SQLITE_AUTH)
        buf_add_text(error, "a job is one transaction in one file: BEGIN, COMMIT, ROLLBACK, "
                            "SAVEPOINT, ATTACH and DETACH are not allowed");
    else
        buf_add_text(error, sqlite3_errmsg(store->db));
}

static int fail(struct run *run)
{
    if (run->error->len)
        return RELAY_ESYSTEM;
    if (run->statement)
        say(run->error, "statement %llu: ", run->statement);
    explain(run->store, run->error);
    return RELAY_ESYSTEM;
}

static int refuse(struct run *run, const char *format, unsigned long long number)
{
    say(run->error, "statement %llu ", run->statement);
    say(run->error, format, number);
    return RELAY_ESYSTEM;
}

/* --- What SQLite asks --- */

static int on_progress(void *context)
{
    const struct store *store = context;
    return atomic_load(store->is_stopped) || steady_s() > store->ends_s;
}

static int on_authorize(void *context, int action, const char *a, const char *b, const char *c,
                        const char *d)
{
    const struct store *store = context;
    (void)a, (void)b, (void)c, (void)d;
    bool is_refused = action == SQLITE_TRANSACTION || action == SQLITE_SAVEPOINT ||
                      action == SQLITE_ATTACH || action == SQLITE_DETACH;
    return store->is_guarding && is_refused ? SQLITE_DENY : SQLITE_OK;
}

/* After a commit. What a reader holds is left for the next time. */
static int on_log(void *context, sqlite3 *db, const char *name, int pages)
{
    struct store *store = context;
    store->log_bytes = (int64_t)pages * (int64_t)store->page_bytes;
    if (pages >= LOG_PAGES)
        sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    return SQLITE_OK;
}

/* --- Opening --- */

/* Its log gets the same mode. */
static int make_private(const char *path, struct buf *error)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    else if (errno != EEXIST) {
        buf_add_text(error, strerror(errno));
        return RELAY_ESYSTEM;
    }
    return 0;
}

static void set_limits(struct store *store)
{
    sqlite3_busy_timeout(store->db, STORE_BUSY_MS);
    sqlite3_limit(store->db, SQLITE_LIMIT_LENGTH, STORE_TEXT_MAX);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_set_authorizer(store->db, on_authorize, store);
    sqlite3_progress_handler(store->db, STEPS_PER_LOOK, on_progress, store);
}

static int execute(struct store *store, const char *sql)
{
    return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : RELAY_ESYSTEM;
}

static int prepare(struct store *store, sqlite3_stmt **statement, const char *sql)
{
    return sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL) ==
                   SQLITE_OK
               ? 0
               : RELAY_ESYSTEM;
}

/* Not everywhere: a file system without shared memory has no such log. */
static int begin_log(struct store *store)
{
    sqlite3_stmt *statement;
    int err = prepare(store, &statement, "PRAGMA journal_mode = WAL");
    if (!err && sqlite3_step(statement) != SQLITE_ROW)
        err = RELAY_ESYSTEM;
    if (!err && strcmp((const char *)sqlite3_column_text(statement, 0), "wal") != 0)
        err = RELAY_EINVAL;
    sqlite3_finalize(statement);
    return err;
}

static int read_page_bytes(struct store *store)
{
    sqlite3_stmt *statement;
    int err = prepare(store, &statement, "PRAGMA page_size");
    if (!err && sqlite3_step(statement) != SQLITE_ROW)
        err = RELAY_ESYSTEM;
    if (!err)
        store->page_bytes = (uint64_t)sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return err;
}

/* auto_vacuum counts for a new file alone, before anything else is written. Of SQLite's hook for
 * the log ours takes the place, so it comes behind the log's beginning. */
static int set_up(struct store *store)
{
    int err = execute(store, "PRAGMA auto_vacuum = INCREMENTAL");
    if (!err)
        err = begin_log(store);
    if (!err)
        err = execute(store, "PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 4194304");
    if (!err)
        err = read_page_bytes(store);
    if (!err)
        err = prepare(store, &store->begin, "BEGIN IMMEDIATE");
    if (!err)
        err = prepare(store, &store->commit, "COMMIT");
    if (!err)
        err = prepare(store, &store->rollback, "ROLLBACK");
    if (err)
        return err;
    sqlite3_wal_hook(store->db, on_log, store);
    return 0;
}

int store_open(struct store **out, const char *path, uint64_t bytes_max,
               const atomic_bool *is_stopped, struct buf *error)
{
    int err = make_private(path, error);
    if (err)
        return err;
    struct store *store = calloc(1, sizeof *store);
    if (!store)
        return RELAY_ENOMEM;
    store->is_stopped = is_stopped;
    store->ends_s = steady_s() + STORE_JOB_SECONDS;
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    err = sqlite3_open_v2(path, &store->db, flags, NULL) == SQLITE_OK ? 0 : RELAY_ESYSTEM;
    if (!err) {
        set_limits(store);
        err = set_up(store);
    }
    if (err) {
        if (err == RELAY_EINVAL)
            buf_add_text(error, "this file system does not allow a write-ahead log");
        else
            explain(store, error);
        store_close(store);
        return RELAY_ESYSTEM;
    }
    store_limit(store, bytes_max);
    *out = store;
    return 0;
}

void store_limit(struct store *store, uint64_t bytes_max)
{
    char sql[64];
    store->bytes_max = bytes_max;
    snprintf(sql, sizeof sql, "PRAGMA max_page_count = %llu",
             (unsigned long long)(bytes_max / store->page_bytes));
    sqlite3_exec(store->db, sql, NULL, NULL, NULL);
}

/* --- Running --- */

static int begin(struct run *run)
{
    struct store *store = run->store;
    store->ends_s = steady_s() + STORE_JOB_SECONDS;
    int code = sqlite3_step(store->begin);
    sqlite3_reset(store->begin);
    return code == SQLITE_DONE ? 0 : fail(run);
}

/* A failure of some kinds has rolled back already. */
static void roll_back(struct store *store)
{
    sqlite3_reset(store->statement);
    if (!sqlite3_get_autocommit(store->db))
        sqlite3_step(store->rollback);
    sqlite3_reset(store->rollback);
}

static int commit(struct run *run)
{
    struct store *store = run->store;
    run->statement = 0;
    sqlite3_reset(store->statement); /* one that was not read to its end would hold it */
    int code = sqlite3_step(store->commit);
    int err = code == SQLITE_DONE ? 0 : fail(run);
    sqlite3_reset(store->commit);
    return err;
}

/* A log that is too large is written back and cut, where no reader stands in the way any more. */
static void shorten_log(struct store *store)
{
    if (store->log_bytes >= STORE_LOG_BYTES_MAX &&
        sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) ==
            SQLITE_OK)
        store->log_bytes = 0;
}

static int check_log(struct run *run)
{
    struct store *store = run->store;
    if (store->log_bytes < STORE_LOG_BYTES_MAX || sqlite3_stmt_readonly(store->statement))
        return 0;
    return refuse(run,
                  "is not done: the log beside the file has %llu bytes, and cannot be written back "
                  "(another process reads the file since long ago, or the disk is full)",
                  STORE_LOG_BYTES_MAX);
}

static bool is_blank(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!strchr(" \t\r\n;", text[i]))
            return false;
    return true;
}

static int prepare_text(struct run *run, const char *sql, size_t len)
{
    struct store *store = run->store;
    const char *tail;
    sqlite3_finalize(store->statement);
    store->statement = NULL;
    if (len > STORE_TEXT_MAX)
        return refuse(run, "is longer than %llu bytes", STORE_TEXT_MAX);
    store->is_guarding = true;
    int code = sqlite3_prepare_v3(store->db, sql, (int)len, 0, &store->statement, &tail);
    store->is_guarding = false;
    if (code != SQLITE_OK)
        return fail(run);
    if (!store->statement)
        return refuse(run, "is empty", 0);
    if (!is_blank(tail, len - (size_t)(tail - sql)))
        return refuse(run, "is more than one", 0);
    return check_log(run);
}

static int prepare_next(struct run *run, const struct store_item *item)
{
    struct store *store = run->store;
    run->statement++;
    run->parameters = 0;
    store_items_add(run->answer, &(struct store_item){.kind = STORE_STATEMENT});
    if (item->len)
        return prepare_text(run, item->text, item->len);
    sqlite3_reset(store->statement);
    sqlite3_clear_bindings(store->statement);
    return 0;
}

static int bind(struct run *run, const struct store_item *item)
{
    sqlite3_stmt *statement = run->store->statement;
    int at = ++run->parameters, code = SQLITE_OK;
    if (at > sqlite3_bind_parameter_count(statement))
        return refuse(run, "has %llu parameters, and more are given",
                      (unsigned)sqlite3_bind_parameter_count(statement));
    if (item->kind == STORE_INTEGER)
        code = sqlite3_bind_int64(statement, at, item->integer);
    else if (item->kind == STORE_REAL)
        code = sqlite3_bind_double(statement, at, item->real);
    else if (item->kind == STORE_TEXT) /* the job outlives the statement's run */
        code =
            sqlite3_bind_text64(statement, at, item->text, item->len, SQLITE_STATIC, SQLITE_UTF8);
    return code == SQLITE_OK ? 0 : fail(run);
}

static struct store_item column(sqlite3_stmt *statement, int at)
{
    switch (sqlite3_column_type(statement, at)) {
    case SQLITE_NULL:
        return (struct store_item){.kind = STORE_NIL};
    case SQLITE_INTEGER:
        return (struct store_item){.kind = STORE_INTEGER,
                                   .integer = sqlite3_column_int64(statement, at)};
    case SQLITE_FLOAT:
        return (struct store_item){.kind = STORE_REAL,
                                   .real = sqlite3_column_double(statement, at)};
    default:
        return (struct store_item){.kind = STORE_TEXT,
                                   .text = sqlite3_column_blob(statement, at),
                                   .len = (size_t)sqlite3_column_bytes(statement, at)};
    }
}

static int add_row(struct run *run)
{
    sqlite3_stmt *statement = run->store->statement;
    int columns = sqlite3_column_count(statement);
    if (++run->rows > STORE_ROWS_MAX)
        return refuse(run, "answers more than %llu rows, with those before it", STORE_ROWS_MAX);
    store_items_add(run->answer, &(struct store_item){.kind = STORE_ROW, .integer = columns});
    for (int i = 0; i < columns; i++) {
        struct store_item value = column(statement, i);
        store_items_add(run->answer, &value);
    }
    if (run->answer->failed)
        return refuse(run, "answers more than %llu bytes, with those before it", STORE_ANSWER_MAX);
    return 0;
}

static int step_all(struct run *run)
{
    int code, err = 0;
    while (!err && (code = sqlite3_step(run->store->statement)) != SQLITE_DONE)
        err = code == SQLITE_ROW ? add_row(run) : fail(run);
    return err;
}

/* The statement at `*at`, with its parameters. */
static int run_one(struct run *run, const struct buf *job, size_t *at,
                   const struct store_item *statement)
{
    struct store_item item;
    size_t next = *at;
    int err = prepare_next(run, statement);
    while (!err && store_items_next(job, &next, &item) && item.kind != STORE_STATEMENT) {
        *at = next;
        err = bind(run, &item);
    }
    return err ? err : step_all(run);
}

static int run_all(struct run *run, const struct buf *job)
{
    struct store_item statement;
    int err = 0;
    for (size_t at = 0; !err && store_items_next(job, &at, &statement);)
        err = run_one(run, job, &at, &statement);
    return err;
}

int store_run(struct store *store, const struct buf *job, struct buf *answer, struct buf *error)
{
    struct run run = {.store = store, .answer = answer, .error = error};
    answer->max = STORE_ANSWER_MAX;
    shorten_log(store);
    int err = begin(&run);
    if (!err)
        err = run_all(&run, job);
    if (!err)
        err = commit(&run);
    if (err) {
        roll_back(store);
        buf_clear(answer);
    }
    sqlite3_finalize(store->statement); /* the job's texts are bound in it */
    store->statement = NULL;
    return err;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    sqlite3_finalize(store->statement);
    sqlite3_finalize(store->begin);
    sqlite3_finalize(store->commit);
    sqlite3_finalize(store->rollback);
    sqlite3_close(store->db);
    free(store);
}

/* store_fixture.h — a directory with a database file of the test's own, and jobs as C texts. */
#ifndef TEST_STORE_FIXTURE_H
#define TEST_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/store_items.h"

struct store_fixture {
    char directory[64], path[80];
};

static inline void store_fixture_init(struct store_fixture *fixture)
{
    snprintf(fixture->directory, sizeof fixture->directory, "/tmp/test_store_XXXXXX");
    assert_non_null(mkdtemp(fixture->directory));
    snprintf(fixture->path, sizeof fixture->path, "%s/x.db", fixture->directory);
}

static inline void store_fixture_deinit(struct store_fixture *fixture)
{
    static const char *const TAILS[] = {"", "-wal", "-shm"};
    char path[96];
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s%s", fixture->path, TAILS[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(fixture->directory), 0);
}

/* A statement without parameters. */
static inline void store_fixture_add(struct buf *job, const char *sql)
{
    store_items_add(job,
                    &(struct store_item){.kind = STORE_STATEMENT, .text = sql, .len = strlen(sql)});
}

/* An answer as a text: statements end with ';', rows with '|', values with ','. */
static inline void store_fixture_show(const struct buf *answer, char *text, size_t size)
{
    struct store_item item;
    size_t at = 0, len = 0;
    text[0] = '\0';
    for (bool is_first = true; store_items_next(answer, &at, &item); is_first = false) {
        char *room = text + len;
        size_t left = size - len;
        if (item.kind == STORE_STATEMENT)
            len += (size_t)snprintf(room, left, is_first ? "" : ";");
        else if (item.kind == STORE_ROW)
            len += (size_t)snprintf(room, left, "|");
        else if (item.kind == STORE_INTEGER)
            len += (size_t)snprintf(room, left, "%lld,", (long long)item.integer);
        else if (item.kind == STORE_REAL)
            len += (size_t)snprintf(room, left, "%g,", item.real);
        else if (item.kind == STORE_TEXT)
            len += (size_t)snprintf(room, left, "'%.*s',", (int)item.len, item.text);
        else
            len += (size_t)snprintf(room, left, "nil,");
        assert_true(len < size);
    }
}

#endif

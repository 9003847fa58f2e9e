/* test_source_table.c — sources by name, by place without holes, and by silence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "spread/source_table.h"

static struct source *add(struct source_table *table, const char *name)
{
    struct source *source = source_new(name, strlen(name), (struct number){1, 0}, 0);
    assert_non_null(source);
    assert_int_equal(source_table_add(table, source), 0);
    return source;
}

static void drop(struct source_table *table, struct source *source)
{
    source_table_remove(table, source);
    source_free(source);
}

static void drop_all(struct source_table *table)
{
    while (table->count > 0)
        drop(table, table->items[0]);
    source_table_deinit(table);
}

static void test_source_table_finds_what_was_added(void **state)
{
    (void)state;
    struct source_table table;
    source_table_init(&table, &(struct hash_key){1, 2});
    assert_null(source_table_find(&table, "rome", 4));
    struct source *rome = add(&table, "rome");
    add(&table, "milan");
    assert_ptr_equal(source_table_find(&table, "rome", 4), rome);
    assert_null(source_table_find(&table, "rom", 3));
    drop(&table, rome);
    assert_null(source_table_find(&table, "rome", 4));
    drop_all(&table);
}

static void test_source_table_places_have_no_holes(void **state)
{
    (void)state;
    struct source_table table;
    char name[16];
    source_table_init(&table, &(struct hash_key){1, 2});
    for (int i = 0; i < 50; i++) {
        snprintf(name, sizeof(name), "node-%d", i);
        add(&table, name);
    }
    for (uint32_t i = 0; i < 25; i++)
        drop(&table, table.items[i]);
    assert_int_equal(table.count, 25);
    for (uint32_t i = 0; i < table.count; i++)
        assert_int_equal(table.items[i]->place, i);
    drop_all(&table);
}

static void test_source_table_knows_who_was_silent_longest(void **state)
{
    (void)state;
    struct source_table table;
    source_table_init(&table, &(struct hash_key){1, 2});
    assert_null(source_table_silent_longest(&table));
    struct source *rome = add(&table, "rome"), *milan = add(&table, "milan");
    assert_null(source_table_silent_longest(&table));
    source_table_heard(&table, rome, 1);
    source_table_heard(&table, milan, 2);
    assert_ptr_equal(source_table_silent_longest(&table), rome);
    source_table_heard(&table, rome, 3);
    assert_ptr_equal(source_table_silent_longest(&table), milan);
    assert_int_equal(rome->heard_ms, 3);
    drop_all(&table);
}

static void test_source_table_holds_4096_and_refuses_one_more(void **state)
{
    (void)state;
    struct source_table table;
    char name[16];
    source_table_init(&table, &(struct hash_key){1, 2});
    for (int i = 0; i < SOURCE_TABLE_MAX; i++) {
        snprintf(name, sizeof(name), "node-%d", i);
        add(&table, name);
    }
    struct source *more = source_new("more", 4, (struct number){1, 0}, 0);
    assert_int_equal(source_table_add(&table, more), RELAY_EFULL);
    source_free(more);
    drop_all(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_source_table_finds_what_was_added),
        cmocka_unit_test(test_source_table_places_have_no_holes),
        cmocka_unit_test(test_source_table_knows_who_was_silent_longest),
        cmocka_unit_test(test_source_table_holds_4096_and_refuses_one_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

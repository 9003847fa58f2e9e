/* test_channel_table.c — the open channels, by name and by age. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "relay/channel_table.h"

static const struct password_hash no_password;

static struct channel *open_one(struct channel_table *table, const char *name)
{
    struct channel *channel = channel_table_open(table, name, strlen(name), &no_password);
    assert_non_null(channel);
    return channel;
}

static struct channel *find(const struct channel_table *table, const char *name)
{
    return channel_table_find(table, name, strlen(name));
}

static void close_all(struct channel_table *table)
{
    while (table->head)
        channel_table_close(table, table->head);
}

static void test_channel_table_finds_what_was_opened(void **state)
{
    (void)state;
    struct channel_table table = {.key = {1, 2}};
    assert_null(find(&table, "verona"));
    struct channel *verona = open_one(&table, "verona");
    assert_ptr_equal(find(&table, "verona"), verona);
    close_all(&table);
}

static void test_channel_table_takes_a_name_literally(void **state)
{
    (void)state;
    struct channel_table table = {.key = {1, 2}};
    open_one(&table, "verona");
    assert_null(find(&table, "Verona"));
    assert_null(find(&table, "veron"));
    assert_null(find(&table, "verona "));
    assert_non_null(channel_table_find(&table, "verona, in Italy", 6));
    close_all(&table);
}

static void test_channel_table_copies_the_name(void **state)
{
    (void)state;
    struct channel_table table = {.key = {1, 2}};
    char name[] = "verona";
    open_one(&table, name);
    memset(name, 'x', sizeof(name) - 1);
    assert_non_null(find(&table, "verona"));
    assert_null(find(&table, name));
    close_all(&table);
}

static void test_channel_table_forgets_a_closed_channel(void **state)
{
    (void)state;
    struct channel_table table = {.key = {1, 2}};
    open_one(&table, "mantua");
    channel_table_close(&table, open_one(&table, "verona"));
    assert_null(find(&table, "verona"));
    assert_non_null(find(&table, "mantua"));
    assert_int_equal(channel_table_count(&table), 1);
    open_one(&table, "verona");
    assert_int_equal(channel_table_count(&table), 2);
    close_all(&table);
    assert_int_equal(channel_table_count(&table), 0);
}

static void test_channel_table_keeps_the_password_of_each(void **state)
{
    (void)state;
    struct channel_table table = {.key = {1, 2}};
    struct password_hash password = {.is_set = true, .bytes = {9}};
    struct channel *locked = channel_table_open(&table, "locked", 6, &password);
    struct channel *open = open_one(&table, "open");
    assert_true(locked->password.is_set);
    assert_int_equal(locked->password.bytes[0], 9);
    assert_false(open->password.is_set);
    close_all(&table);
}

static void test_channel_table_is_walked_oldest_first(void **state)
{
    (void)state;
    struct channel_table table = {.key = {1, 2}};
    open_one(&table, "b");
    open_one(&table, "c");
    open_one(&table, "a");
    channel_table_close(&table, find(&table, "c"));
    open_one(&table, "c");
    char walked[4] = {0};
    size_t count = 0;
    for (const struct channel *channel = table.head; channel; channel = channel->hh.next)
        walked[count++] = channel->name[0];
    assert_string_equal(walked, "bac");
    close_all(&table);
}

static void test_channel_table_finds_each_of_ten_thousand(void **state)
{
    (void)state;
    struct channel_table table = {.key = {3, 4}};
    char name[32];
    for (int i = 0; i < 10000; i++) {
        snprintf(name, sizeof(name), "room/%d", i);
        open_one(&table, name);
    }
    assert_int_equal(channel_table_count(&table), 10000);
    for (int i = 0; i < 10000; i += 2) {
        snprintf(name, sizeof(name), "room/%d", i);
        channel_table_close(&table, find(&table, name));
    }
    for (int i = 0; i < 10000; i++) {
        snprintf(name, sizeof(name), "room/%d", i);
        struct channel *channel = find(&table, name);
        assert_int_equal(channel != NULL, i % 2);
        if (channel)
            assert_string_equal(channel->name, name);
    }
    close_all(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_channel_table_finds_what_was_opened),
        cmocka_unit_test(test_channel_table_takes_a_name_literally),
        cmocka_unit_test(test_channel_table_copies_the_name),
        cmocka_unit_test(test_channel_table_forgets_a_closed_channel),
        cmocka_unit_test(test_channel_table_keeps_the_password_of_each),
        cmocka_unit_test(test_channel_table_is_walked_oldest_first),
        cmocka_unit_test(test_channel_table_finds_each_of_ten_thousand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

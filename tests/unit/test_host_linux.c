/* test_host_linux.c — the host that the test runs on gives figures that can be true. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/host_linux.h"
#include "protocol/json_read.h"

static void ignore_line(void *context, const char *line, size_t len)
{
    (void)context, (void)line, (void)len;
}

static const struct log silent = {.sink = {.write = ignore_line}};

static void test_host_linux_gives_figures_that_can_be_true(void **state)
{
    (void)state;
    struct host_stats *stats = calloc(1, sizeof(*stats));
    assert_non_null(stats);
    assert_int_equal(host_linux_read(stats, &silent), 0);
    assert_true(stats->memory.total > 0);
    assert_true(stats->memory.used <= stats->memory.total);
    assert_true(stats->memory.available <= stats->memory.total);
    for (size_t i = 0; i < stats->disk_count; i++) {
        assert_int_equal(stats->disks[i].mount[0], '/');
        assert_true(stats->disks[i].total > 0);
        assert_true(stats->disks[i].used <= stats->disks[i].total);
        assert_true(stats->disks[i].free <= stats->disks[i].total);
    }
    host_stats_deinit(stats);
    free(stats);
}

static void test_host_linux_can_be_read_again_into_the_same_storage(void **state)
{
    (void)state;
    struct host_stats *stats = calloc(1, sizeof(*stats));
    assert_non_null(stats);
    assert_int_equal(host_linux_read(stats, &silent), 0);
    size_t before = stats->disk_count;
    assert_int_equal(host_linux_read(stats, &silent), 0);
    assert_int_equal(stats->disk_count, before);
    host_stats_deinit(stats);
    free(stats);
}

static void test_host_linux_writes_json(void **state)
{
    (void)state;
    struct host_stats *stats = calloc(1, sizeof(*stats));
    struct host_network network = {0};
    struct buf buf = {0};
    struct json_reader json;
    struct json_span value = {0};
    assert_non_null(stats);
    assert_int_equal(host_linux_read(stats, &silent), 0);
    host_stats_write(&buf, stats, &network);
    assert_false(buf.failed);
    json_read_init(&json, buf.bytes, buf.len);
    assert_int_equal(json_read_value(&json, &value), 0);
    assert_int_equal(json_finish(&json), 0);
    assert_int_equal(value.kind, JSON_OBJECT);
    buf_deinit(&buf);
    host_stats_deinit(stats);
    free(stats);
}

static void test_host_linux_counters_never_go_back(void **state)
{
    (void)state;
    struct host_counters before, after;
    assert_int_equal(host_linux_read_counters(&before, &silent), 0);
    assert_int_equal(host_linux_read_counters(&after, &silent), 0);
    assert_true(after.bytes_in >= before.bytes_in);
    assert_true(after.packets_out >= before.packets_out);
}

static void test_host_linux_knows_what_this_process_takes(void **state)
{
    (void)state;
    size_t before = host_linux_resident_bytes(&silent);
    volatile char *room = malloc(64 << 20);
    for (size_t i = 0; i < 64 << 20; i += 1024)
        room[i] = 1;
    assert_true(before > 100000);
    assert_in_range(host_linux_resident_bytes(&silent) - before, 60 << 20, 80 << 20);
    free((void *)(uintptr_t)room);
}

static void test_host_linux_knows_what_this_process_has(void **state)
{
    (void)state;
    struct host_process before, after;
    host_linux_read_process(&before, &silent);
    int copy = dup(0);
    for (volatile unsigned i = 0; i < 20000000; i++)
        ;
    host_linux_read_process(&after, &silent);
    close(copy);
    assert_true(before.resident_bytes > 100000 && before.virtual_bytes > before.resident_bytes);
    assert_true(after.cpu_seconds > before.cpu_seconds);
    assert_true(after.thread_seconds > before.thread_seconds);
    assert_true(after.thread_seconds <= after.cpu_seconds);
    assert_true(after.descriptors_max >= 3);
    if (before.descriptors) /* Linux 6.2 and later */
        assert_int_equal(after.descriptors, before.descriptors + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_host_linux_gives_figures_that_can_be_true),
        cmocka_unit_test(test_host_linux_can_be_read_again_into_the_same_storage),
        cmocka_unit_test(test_host_linux_writes_json),
        cmocka_unit_test(test_host_linux_counters_never_go_back),
        cmocka_unit_test(test_host_linux_knows_what_this_process_takes),
        cmocka_unit_test(test_host_linux_knows_what_this_process_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_host_stats.c — the host as the notes show it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <string.h>

#include "host/host_stats.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define KB UINT64_C(1024)

#define MEMINFO                                                                                    \
    "MemTotal:       24682416 kB\nMemFree:        22354192 kB\nMemAvailable:   24089624 kB\n"      \
    "Buffers:           25216 kB\nCached:          1780052 kB\nSwapCached:            9 kB\n"      \
    "SReclaimable:     244080 kB\n"

static void test_host_stats_reads_the_load(void **state)
{
    (void)state;
    struct host_load load;
    assert_int_equal(host_load_parse(&load, "1.10 12.05 0.00 4/113 10442\n"), 0);
    assert_int_equal(load.hundredths[0], 110);
    assert_int_equal(load.hundredths[1], 1205);
    assert_int_equal(load.hundredths[2], 0);
}

static void test_host_stats_refuses_another_text_as_load(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "1.10 1.21",
                                        "1.1 1.21 1.76",
                                        "1.100 1.21 1.76",
                                        "1 1.21 1.76",
                                        "1. 10 1.21 1.76",
                                        "x 1.21 1.76",
                                        "1.10\n1.21 1.76",
                                        "1,10 1,21 1,76",
                                        "-1.10 1.21 1.76",
                                        "1.10 1.21 1."};
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct host_load load = {{5, 5, 5}};
        assert_int_equal(host_load_parse(&load, texts[i]), RELAY_ESYNTAX);
        assert_int_equal(load.hundredths[0], 5);
    }
}

static void test_host_stats_reads_memory_as_psutil_does(void **state)
{
    (void)state;
    struct host_memory memory;
    assert_int_equal(host_memory_parse(&memory, MEMINFO), 0);
    assert_int_equal(memory.total, 24682416 * KB);
    assert_int_equal(memory.free, 22354192 * KB);
    assert_int_equal(memory.available, 24089624 * KB);
    assert_int_equal(memory.used, (24682416 - 22354192 - 25216 - 1780052 - 244080) * KB);
}

static void test_host_stats_memory_of_an_old_kernel(void **state)
{
    (void)state;
    struct host_memory memory;
    assert_int_equal(host_memory_parse(&memory, "MemTotal: 100 kB\nMemFree: 10 kB\n"
                                                "Buffers: 5 kB\nCached: 20 kB\n"),
                     0);
    assert_int_equal(memory.available, 35 * KB);
    assert_int_equal(memory.used, 65 * KB);
}

static void test_host_stats_memory_of_a_container_that_does_not_add_up(void **state)
{
    (void)state;
    struct host_memory memory;
    assert_int_equal(host_memory_parse(&memory, "MemTotal: 100 kB\nMemFree: 30 kB\n"
                                                "MemAvailable: 900 kB\nCached: 800 kB\n"),
                     0);
    assert_int_equal(memory.used, 70 * KB);
    assert_int_equal(memory.available, 30 * KB);
    assert_int_equal(host_memory_parse(&memory, "MemTotal: 100 kB\nMemFree: 300 kB\n"), 0);
    assert_int_equal(memory.used, 0);
}

static void test_host_stats_memory_needs_total_and_free(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "MemTotal: 5 kB\n",
                                        "MemFree: 5 kB\n",
                                        "MemTotal: x\nMemFree: 5 kB\n",
                                        "MemTotal:\n5\nMemFree: 5 kB\n",
                                        "XMemTotal: 5 kB\nMemFree: 5 kB\n",
                                        "MemTotals: 5 kB\nMemFree: 5 kB\n"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct host_memory memory;
        assert_int_equal(host_memory_parse(&memory, texts[i]), RELAY_ESYNTAX);
    }
}

static void assert_written(const struct host_stats *stats, const char *want)
{
    struct host_network network = {.entries = {{1, 2, 3, 4}}};
    struct buf buf = {0};
    host_stats_write(&buf, stats, &network);
    assert_false(buf.failed);
    buf_add_byte(&buf, '\0');
    assert_string_equal(buf.bytes, want);
    buf_deinit(&buf);
}

#define NETWORK                                                                                    \
    "\"network\":{\"bytes\":{\"15s_in\":1,\"15s_out\":2,\"30s_in\":1,\"30s_out\":2,"               \
    "\"45s_in\":1,\"45s_out\":2,\"60s_in\":1,\"60s_out\":2},"                                      \
    "\"packets\":{\"15s_in\":3,\"15s_out\":4,\"30s_in\":3,\"30s_out\":4,"                          \
    "\"45s_in\":3,\"45s_out\":4,\"60s_in\":3,\"60s_out\":4}}}"

static void test_host_stats_writes_exactly_the_notes_keys(void **state)
{
    (void)state;
    static struct host_stats stats = {
        .load = {{5, 121, 1600}},
        .memory = {.used = 1000, .free = 500, .available = 600, .total = 2000},
        .disks = {{.mount = (char *)"/", .mount_len = 1, .used = 0, .free = 1000, .total = 1000},
                  {.mount = (char *)"/a \"b", .mount_len = 5, .used = 1, .free = 2, .total = 4}},
        .disk_count = 2,
    };
    setlocale(LC_ALL, "de_DE.UTF-8"); /* where there is one: still no comma */
    assert_written(&stats, "{\"cpu\":{\"1m\":0.05,\"5m\":1.21,\"15m\":16.00},"
                           "\"mem\":{\"used\":1000,\"free\":500,\"cache\":600,\"total\":2000},"
                           "\"disk\":[{\"mount\":\"/\",\"used\":0,\"free\":1000,\"total\":1000},"
                           "{\"mount\":\"/a \\\"b\",\"used\":1,\"free\":2,\"total\":4}]," NETWORK);
    host_stats_deinit(&stats);
    assert_int_equal(stats.disk_count, 0);
}

static void test_host_stats_disk_is_an_array_also_when_empty(void **state)
{
    (void)state;
    static const struct host_stats stats;
    assert_written(&stats, "{\"cpu\":{\"1m\":0.00,\"5m\":0.00,\"15m\":0.00},"
                           "\"mem\":{\"used\":0,\"free\":0,\"cache\":0,\"total\":0},"
                           "\"disk\":[]," NETWORK);
}

static void test_host_stats_path_that_is_no_utf8_is_written_as_ascii(void **state)
{
    (void)state;
    static const struct host_stats stats = {
        .disks = {{.mount = (char *)"/\xc3\xa9", .mount_len = 3},
                  {.mount = (char *)"/\xff\"\xc3\xa9", .mount_len = 5}},
        .disk_count = 2,
    };
    assert_written(&stats, "{\"cpu\":{\"1m\":0.00,\"5m\":0.00,\"15m\":0.00},"
                           "\"mem\":{\"used\":0,\"free\":0,\"cache\":0,\"total\":0},"
                           "\"disk\":[{\"mount\":\"/\xc3\xa9\",\"used\":0,\"free\":0,\"total\":0},"
                           "{\"mount\":\"/?\\\"??\",\"used\":0,\"free\":0,\"total\":0}]," NETWORK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_host_stats_reads_the_load),
        cmocka_unit_test(test_host_stats_refuses_another_text_as_load),
        cmocka_unit_test(test_host_stats_reads_memory_as_psutil_does),
        cmocka_unit_test(test_host_stats_memory_of_an_old_kernel),
        cmocka_unit_test(test_host_stats_memory_of_a_container_that_does_not_add_up),
        cmocka_unit_test(test_host_stats_memory_needs_total_and_free),
        cmocka_unit_test(test_host_stats_writes_exactly_the_notes_keys),
        cmocka_unit_test(test_host_stats_disk_is_an_array_also_when_empty),
        cmocka_unit_test(test_host_stats_path_that_is_no_utf8_is_written_as_ascii),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

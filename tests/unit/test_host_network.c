/* test_host_network.c — samples of 15 s, four kept, and what a gap between them means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "host/host_network.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define START_MS UINT64_C(5000000)
#define SAMPLE_MS HOST_NETWORK_SAMPLE_MS

#define HEAD                                                                                       \
    "Inter-|   Receive                                                |  Transmit\n"               \
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs "     \
    "drop fifo colls carrier compressed\n"
#define LO "    lo: 149321664680 267354887 0 5025 0 0 0 0 149321664680 267354887 0 0 0 0 0 0\n"
#define ETH0                                                                                       \
    "  eth0: 639476610   13067    1    2    3     4          5         6   560289    7048    7 "   \
    "8\n"
#define WLAN0 "wlan0:1000 10 0 0 0 0 0 0 2000 20 0 0 0 0 0 0\n"

static void sample(struct host_network *network, uint64_t total, uint64_t at_ms)
{
    struct host_counters counters = {total, 2 * total, 3 * total, 4 * total};
    host_network_sample(network, &counters, at_ms);
}

/* The bytes that came in over 15, 30, 45 and 60 s; the other counters are multiples of it. */
static void assert_windows(const struct host_network *network, uint64_t in_15s, uint64_t in_30s,
                           uint64_t in_45s, uint64_t in_60s)
{
    const uint64_t want[] = {in_15s, in_30s, in_45s, in_60s};
    uint64_t sum = 0;
    for (int i = 0; i < HOST_NETWORK_ENTRIES; i++) {
        sum += network->entries[i].bytes_in;
        assert_int_equal(sum, want[i]);
        assert_int_equal(network->entries[i].packets_out, 4 * network->entries[i].bytes_in);
    }
}

static void test_host_network_counters_are_summed_without_the_loopback(void **state)
{
    (void)state;
    static const char *const texts[] = {HEAD LO ETH0 WLAN0, HEAD ETH0 LO WLAN0, HEAD WLAN0 ETH0 LO};
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct host_counters counters;
        assert_int_equal(host_counters_parse(&counters, texts[i]), 0);
        assert_int_equal(counters.bytes_in, 639477610);
        assert_int_equal(counters.packets_in, 13077);
        assert_int_equal(counters.bytes_out, 562289);
        assert_int_equal(counters.packets_out, 7068);
    }
}

static void test_host_network_loopback_is_lo_alone(void **state)
{
    (void)state;
    struct host_counters counters;
    assert_int_equal(host_counters_parse(&counters, HEAD "lo1: 5 0 0 0 0 0 0 0 0 0 0\n"
                                                         " xlo: 7 0 0 0 0 0 0 0 0 0 0"),
                     0);
    assert_int_equal(counters.bytes_in, 12);
}

static void test_host_network_without_an_interface_counts_nothing(void **state)
{
    (void)state;
    static const struct host_counters none;
    struct host_counters counters = {1, 2, 3, 4};
    assert_int_equal(host_counters_parse(&counters, HEAD), 0);
    assert_memory_equal(&counters, &none, sizeof(none));
    assert_int_equal(host_counters_parse(&counters, HEAD LO), 0);
    assert_memory_equal(&counters, &none, sizeof(none));
}

static void test_host_network_refuses_other_texts(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "\n",
        "one line",
        "one line\nand a half",
        HEAD "eth0 1 2 3 4 5 6 7 8 9 10\n",
        HEAD "eth0: 1 2 3 4 5 6 7 8 9\n",
        HEAD "eth0: 1 2 3 4 5 6 7 8 9\n10: 1 2 3 4 5 6 7 8 9 10\n",
        HEAD "eth0: 1 2 x 4 5 6 7 8 9 10\n",
        HEAD ETH0 "\n",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct host_counters counters = {.bytes_in = 5};
        assert_int_equal(host_counters_parse(&counters, texts[i]), RELAY_ESYNTAX);
        assert_int_equal(counters.bytes_in, 5);
    }
}

static void test_host_network_says_nothing_before_the_second_sample(void **state)
{
    (void)state;
    struct host_network network = {0};
    sample(&network, 1000000, START_MS);
    assert_windows(&network, 0, 0, 0, 0);
    sample(&network, 1000100, START_MS + SAMPLE_MS);
    assert_windows(&network, 100, 100, 100, 100);
}

static void test_host_network_keeps_four_samples_and_not_five(void **state)
{
    (void)state;
    static const uint64_t totals[] = {0, 1, 11, 111, 1111, 11111};
    struct host_network network = {0};
    for (size_t i = 0; i < 5; i++)
        sample(&network, totals[i], START_MS + i * SAMPLE_MS);
    assert_windows(&network, 1000, 1100, 1110, 1111);
    sample(&network, totals[5], START_MS + 5 * SAMPLE_MS);
    assert_windows(&network, 10000, 11000, 11100, 11110);
}

static void test_host_network_leaves_out_a_sample_that_comes_early(void **state)
{
    (void)state;
    struct host_network network = {0};
    sample(&network, 0, START_MS);
    sample(&network, 70, START_MS + 5000);
    sample(&network, 80, START_MS + 13999);
    assert_windows(&network, 0, 0, 0, 0);
    sample(&network, 100, START_MS + 14000);
    assert_windows(&network, 100, 100, 100, 100);
}

static void test_host_network_late_sample_counts_evenly_for_the_time_that_passed(void **state)
{
    (void)state;
    struct host_network network = {0};
    sample(&network, 0, START_MS);
    sample(&network, 100, START_MS + SAMPLE_MS);
    sample(&network, 400, START_MS + 4 * SAMPLE_MS);
    assert_windows(&network, 100, 200, 300, 400);
    sample(&network, 1000400, START_MS + 4 * SAMPLE_MS + UINT64_C(1000000) * SAMPLE_MS);
    assert_windows(&network, 1, 2, 3, 4);
    sample(&network, 1000500, network.sampled_at_ms + 22499); /* still nearer to one */
    assert_windows(&network, 100, 101, 102, 103);
    sample(&network, 1000600, network.sampled_at_ms + 22500);
    assert_windows(&network, 50, 100, 200, 201);
}

static void test_host_network_counter_that_went_back_counts_as_nothing(void **state)
{
    (void)state;
    struct host_network network = {0};
    sample(&network, 1000, START_MS);
    sample(&network, 400, START_MS + SAMPLE_MS);
    assert_windows(&network, 0, 0, 0, 0);
    sample(&network, 450, START_MS + 2 * SAMPLE_MS);
    assert_windows(&network, 50, 50, 50, 50);
}

static void test_host_network_writes_the_notes_keys(void **state)
{
    (void)state;
    static const char want[] =
        "{\"bytes\":{\"15s_in\":1000,\"15s_out\":2000,\"30s_in\":1100,\"30s_out\":2200,"
        "\"45s_in\":1110,\"45s_out\":2220,\"60s_in\":1111,\"60s_out\":2222},"
        "\"packets\":{\"15s_in\":3000,\"15s_out\":4000,\"30s_in\":3300,\"30s_out\":4400,"
        "\"45s_in\":3330,\"45s_out\":4440,\"60s_in\":3333,\"60s_out\":4444}}";
    static const uint64_t totals[] = {0, 1, 11, 111, 1111};
    struct host_network network = {0};
    struct buf buf = {0};
    for (size_t i = 0; i < COUNT(totals); i++)
        sample(&network, totals[i], START_MS + i * SAMPLE_MS);
    host_network_write(&buf, &network);
    assert_int_equal(buf.len, sizeof(want) - 1);
    assert_memory_equal(buf.bytes, want, buf.len);
    buf_deinit(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_host_network_counters_are_summed_without_the_loopback),
        cmocka_unit_test(test_host_network_loopback_is_lo_alone),
        cmocka_unit_test(test_host_network_without_an_interface_counts_nothing),
        cmocka_unit_test(test_host_network_refuses_other_texts),
        cmocka_unit_test(test_host_network_says_nothing_before_the_second_sample),
        cmocka_unit_test(test_host_network_keeps_four_samples_and_not_five),
        cmocka_unit_test(test_host_network_leaves_out_a_sample_that_comes_early),
        cmocka_unit_test(test_host_network_late_sample_counts_evenly_for_the_time_that_passed),
        cmocka_unit_test(test_host_network_counter_that_went_back_counts_as_nothing),
        cmocka_unit_test(test_host_network_writes_the_notes_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

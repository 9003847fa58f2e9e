/* test_traffic.c — the windows of 1, 15 and 60 s, to the slot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "dice.h"
#include "relay/traffic.h"

#define START_MS UINT64_C(5000000) /* where a slot of both widths begins */

static void assert_packets(const struct traffic *traffic, uint64_t now_ms, uint64_t in_1s,
                           uint64_t in_15s, uint64_t in_60s)
{
    struct traffic_sums sums;
    traffic_read(traffic, now_ms, &sums);
    assert_int_equal(sums.packets[TRAFFIC_1S], in_1s);
    assert_int_equal(sums.packets[TRAFFIC_15S], in_15s);
    assert_int_equal(sums.packets[TRAFFIC_60S], in_60s);
}

static void assert_bytes(const struct traffic *traffic, uint64_t now_ms, uint64_t in_1s,
                         uint64_t in_15s, uint64_t in_60s)
{
    struct traffic_sums sums;
    traffic_read(traffic, now_ms, &sums);
    assert_int_equal(sums.bytes[TRAFFIC_1S], in_1s);
    assert_int_equal(sums.bytes[TRAFFIC_15S], in_15s);
    assert_int_equal(sums.bytes[TRAFFIC_60S], in_60s);
}

static void assert_json(const struct traffic *traffic, uint64_t now_ms, const char *want)
{
    struct buf buf = {0};
    traffic_write(&buf, traffic, now_ms);
    assert_false(buf.failed);
    assert_int_equal(buf.len, strlen(want));
    assert_memory_equal(buf.bytes, want, buf.len);
    buf_deinit(&buf);
}

static void test_traffic_counts_a_message_at_once_in_every_window(void **state)
{
    (void)state;
    struct traffic traffic = {0};
    traffic_add(&traffic, 100, START_MS + 37);
    traffic_add(&traffic, 0, START_MS + 37);
    assert_packets(&traffic, START_MS + 37, 2, 2, 2);
    assert_bytes(&traffic, START_MS + 37, 100, 100, 100);
    traffic_deinit(&traffic);
}

static void test_traffic_message_leaves_each_window_in_one_slot(void **state)
{
    (void)state;
    struct traffic traffic = {0};
    for (int i = 0; i < 10; i++)
        traffic_add(&traffic, 1000, START_MS);
    assert_packets(&traffic, START_MS + 1000, 10, 10, 10);
    assert_packets(&traffic, START_MS + 1050, 5, 10, 10);
    assert_packets(&traffic, START_MS + 1100, 0, 10, 10);
    assert_packets(&traffic, START_MS + 15000, 0, 10, 10);
    assert_packets(&traffic, START_MS + 15500, 0, 5, 10);
    assert_packets(&traffic, START_MS + 16000, 0, 0, 10);
    assert_packets(&traffic, START_MS + 60000, 0, 0, 10);
    assert_packets(&traffic, START_MS + 60500, 0, 0, 5);
    assert_packets(&traffic, START_MS + 61000, 0, 0, 0);
    assert_bytes(&traffic, START_MS + 60250, 0, 0, 7500);
    traffic_deinit(&traffic);
}

static void test_traffic_steady_messages_are_counted_to_the_figure(void **state)
{
    (void)state;
    struct traffic traffic = {0};
    uint64_t now = START_MS;
    for (int i = 0; i < 100 * 100; i++, now += 10)
        traffic_add(&traffic, 125, now);
    for (int i = 0; i < 7; i++, now += 100)
        for (int j = 0; j < 10; j++)
            traffic_add(&traffic, 125, now);
    assert_packets(&traffic, now, 100, 1500, 6000);
    assert_json(&traffic, now,
                "{\"packets\":{\"1s\":100,\"15s\":1500,\"60s\":6000},"
                "\"bandwidth\":{\"1s\":100.000,\"15s\":100.000,\"60s\":100.000}}");
    traffic_deinit(&traffic);
}

static void test_traffic_slots_are_emptied_when_their_place_comes_again(void **state)
{
    (void)state;
    struct traffic traffic = {0};
    traffic_add(&traffic, 1, START_MS);
    traffic_add(&traffic, 1, START_MS + 61000); /* the same places in both rings */
    assert_packets(&traffic, START_MS + 61000, 1, 1, 1);
    traffic_add(&traffic, 1, START_MS + 61000 * 1000);
    assert_packets(&traffic, START_MS + 61000 * 1000, 1, 1, 1);
    traffic_add(&traffic, 1, START_MS + 61000 * 1000 + 1100);
    assert_packets(&traffic, START_MS + 61000 * 1000 + 1100, 1, 2, 2);
    traffic_deinit(&traffic);
}

static void test_traffic_reading_changes_nothing(void **state)
{
    (void)state;
    struct traffic traffic = {0};
    traffic_add(&traffic, 1, START_MS);
    assert_packets(&traffic, START_MS + 100000, 0, 0, 0);
    assert_packets(&traffic, START_MS + 30000, 0, 0, 1);
    traffic_deinit(&traffic);
}

static void test_traffic_works_from_time_0_on(void **state)
{
    (void)state;
    struct traffic traffic = {0};
    assert_packets(&traffic, 0, 0, 0, 0);
    traffic_add(&traffic, 1, 0);
    traffic_add(&traffic, 1, 999);
    assert_packets(&traffic, 999, 2, 2, 2);
    assert_packets(&traffic, 2100, 0, 2, 2);
    traffic_deinit(&traffic);
}

static void test_traffic_owns_nothing_before_the_first_message(void **state)
{
    (void)state;
    struct traffic traffic = {0};
    traffic_sweep(&traffic, START_MS);
    assert_packets(&traffic, START_MS, 0, 0, 0);
    assert_null(traffic.slots);
    traffic_deinit(&traffic);
}

static void test_traffic_sweep_keeps_what_a_window_holds_and_frees_what_none_does(void **state)
{
    (void)state;
    struct traffic traffic = {0};
    traffic_add(&traffic, 1, START_MS);
    traffic_add(&traffic, 1, START_MS + 999);
    traffic_sweep(&traffic, START_MS + 60999);
    assert_non_null(traffic.slots);
    traffic_sweep(&traffic, START_MS + 61000);
    assert_null(traffic.slots);
    traffic_add(&traffic, 1, START_MS + 61001);
    assert_packets(&traffic, START_MS + 61001, 1, 1, 1);
    traffic_deinit(&traffic);
}

static void test_traffic_writes_the_notes_dictionary(void **state)
{
    (void)state;
    struct traffic traffic = {0};
    assert_json(&traffic, START_MS,
                "{\"packets\":{\"1s\":0,\"15s\":0,\"60s\":0},"
                "\"bandwidth\":{\"1s\":0.000,\"15s\":0.000,\"60s\":0.000}}");
    traffic_add(&traffic, 1000, START_MS);
    assert_json(&traffic, START_MS,
                "{\"packets\":{\"1s\":1,\"15s\":1,\"60s\":1},"
                "\"bandwidth\":{\"1s\":8.000,\"15s\":0.533,\"60s\":0.133}}");
    traffic_deinit(&traffic);
}

/* Against a list of all messages: between those younger than the window, and those younger than the
 * window and one slot. */
static void test_traffic_agrees_with_a_list_of_messages(void **state)
{
    (void)state;
    enum { MESSAGES = 5000 };
    static const uint64_t windows_ms[] = {1000, 15000, 60000}, slots_ms[] = {100, 1000, 1000};
    static uint64_t times[MESSAGES];
    struct dice dice = {11};
    struct traffic traffic = {0};
    uint64_t now = START_MS;
    for (unsigned i = 0; i < MESSAGES; i++) {
        now += dice_roll(&dice, 50) == 0 ? dice_roll(&dice, 9000) : dice_roll(&dice, 40);
        times[i] = now;
        traffic_add(&traffic, 1, now);
        struct traffic_sums sums;
        traffic_read(&traffic, now, &sums);
        for (unsigned w = 0; w < TRAFFIC_WINDOWS; w++) {
            uint64_t least = 0, most = 0;
            for (unsigned j = 0; j <= i; j++) {
                least += now - times[j] < windows_ms[w] - slots_ms[w];
                most += now - times[j] < windows_ms[w] + slots_ms[w];
            }
            assert_in_range(sums.packets[w], least, most);
        }
    }
    traffic_deinit(&traffic);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_traffic_counts_a_message_at_once_in_every_window),
        cmocka_unit_test(test_traffic_message_leaves_each_window_in_one_slot),
        cmocka_unit_test(test_traffic_steady_messages_are_counted_to_the_figure),
        cmocka_unit_test(test_traffic_slots_are_emptied_when_their_place_comes_again),
        cmocka_unit_test(test_traffic_reading_changes_nothing),
        cmocka_unit_test(test_traffic_works_from_time_0_on),
        cmocka_unit_test(test_traffic_owns_nothing_before_the_first_message),
        cmocka_unit_test(test_traffic_sweep_keeps_what_a_window_holds_and_frees_what_none_does),
        cmocka_unit_test(test_traffic_writes_the_notes_dictionary),
        cmocka_unit_test(test_traffic_agrees_with_a_list_of_messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

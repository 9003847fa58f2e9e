/* test_outbox.c — first in, first out, around the ring and through its growth; and the sum of many.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

#include "dice.h"
#include "relay/outbox.h"

static size_t all_bytes; /* in the outboxes of a test */

/* A frame whose payload is its number; the caller's reference goes with the push. */
static void push_number(struct outbox *outbox, uint32_t number)
{
    struct frame *frame = frame_new(WS_TEXT, &number, sizeof(number));
    assert_non_null(frame);
    assert_int_equal(outbox_push(outbox, frame), 0);
    assert_int_equal(frame->references, 2);
    frame_unref(frame);
}

static uint32_t first_number(const struct outbox *outbox)
{
    uint32_t number;
    assert_non_null(outbox_first(outbox));
    memcpy(&number, outbox_first(outbox)->bytes + 2, sizeof(number));
    return number;
}

static uint32_t shift_number(struct outbox *outbox)
{
    uint32_t number = first_number(outbox);
    outbox_shift(outbox);
    return number;
}

static void test_outbox_empty_one_has_no_first_frame_and_no_memory(void **state)
{
    (void)state;
    struct outbox outbox;
    outbox_init(&outbox, &all_bytes);
    assert_null(outbox_first(&outbox));
    outbox_deinit(&outbox);
    assert_null(outbox.ring);
}

static void test_outbox_gives_frames_in_the_order_in_which_they_came(void **state)
{
    (void)state;
    struct outbox outbox;
    outbox_init(&outbox, &all_bytes);
    for (uint32_t i = 0; i < 1000; i++)
        push_number(&outbox, i);
    assert_int_equal(outbox.count, 1000);
    for (uint32_t i = 0; i < 1000; i++)
        assert_int_equal(shift_number(&outbox), i);
    assert_null(outbox_first(&outbox));
    outbox_deinit(&outbox);
}

static void test_outbox_counts_the_bytes_of_whole_frames(void **state)
{
    (void)state;
    struct outbox outbox;
    outbox_init(&outbox, &all_bytes);
    struct frame *small = frame_new(WS_TEXT, "abc", 3);
    struct frame *empty = frame_new(WS_TEXT, "", 0);
    assert_int_equal(outbox_push(&outbox, small), 0);
    assert_int_equal(outbox_push(&outbox, empty), 0);
    assert_int_equal(outbox.bytes, 7);
    outbox_shift(&outbox);
    assert_int_equal(outbox.bytes, 2);
    outbox_shift(&outbox);
    assert_int_equal(outbox.bytes, 0);
    outbox_deinit(&outbox);
    frame_unref(small);
    frame_unref(empty);
}

static void test_outbox_goes_around_its_ring_without_growing(void **state)
{
    (void)state;
    struct outbox outbox;
    outbox_init(&outbox, &all_bytes);
    uint32_t in = 0, out = 0;
    push_number(&outbox, in++);
    push_number(&outbox, in++);
    push_number(&outbox, in++);
    uint32_t capacity = outbox.capacity;
    for (int i = 0; i < 100; i++) {
        assert_int_equal(shift_number(&outbox), out++);
        push_number(&outbox, in++);
    }
    assert_int_equal(outbox.capacity, capacity);
    assert_int_equal(outbox.count, 3);
    outbox_deinit(&outbox);
}

/* The ring is full with its first frame at every place in turn, and must grow just there. */
static void test_outbox_keeps_the_order_when_it_grows_at_any_place_of_the_ring(void **state)
{
    (void)state;
    for (uint32_t turned = 0; turned < 64; turned++) {
        struct outbox outbox;
        outbox_init(&outbox, &all_bytes);
        uint32_t in = 0, out = 0;
        while (outbox.capacity < 64)
            push_number(&outbox, in++);
        while (outbox.count < outbox.capacity)
            push_number(&outbox, in++);
        for (uint32_t i = 0; i < turned; i++) {
            assert_int_equal(shift_number(&outbox), out++);
            push_number(&outbox, in++);
        }
        assert_int_equal(outbox.first, turned);
        assert_int_equal(outbox.count, outbox.capacity);
        push_number(&outbox, in++);
        assert_int_equal(outbox.capacity, 128);
        while (outbox.count > 0)
            assert_int_equal(shift_number(&outbox), out++);
        assert_int_equal(out, in);
        outbox_deinit(&outbox);
    }
}

static void test_outbox_random_pushes_and_shifts_agree_with_two_counters(void **state)
{
    (void)state;
    struct dice dice = {20261};
    struct outbox outbox;
    outbox_init(&outbox, &all_bytes);
    uint32_t in = 0, out = 0;
    for (int i = 0; i < 50000; i++) {
        bool grows = (i / 500) % 2 == 0; /* tides, so that the ring fills and empties */
        if (dice_roll(&dice, 10) < (grows ? 6u : 4u))
            push_number(&outbox, in++);
        else if (in != out)
            assert_int_equal(shift_number(&outbox), out++);
        assert_int_equal(outbox.count, in - out);
        assert_int_equal(outbox.bytes, (in - out) * 6);
        if (in != out)
            assert_int_equal(first_number(&outbox), out);
        else
            assert_null(outbox_first(&outbox));
    }
    outbox_deinit(&outbox);
}

static void empty_one_of(struct outbox *outbox, uint32_t frames)
{
    for (uint32_t i = 0; i < frames; i++)
        push_number(outbox, i);
    while (outbox->count > 0)
        outbox_shift(outbox);
}

static void test_outbox_emptied_ring_of_64_is_kept_and_a_larger_one_given_back(void **state)
{
    (void)state;
    struct outbox outbox;
    outbox_init(&outbox, &all_bytes);
    empty_one_of(&outbox, 64);
    assert_int_equal(outbox.capacity, 64);
    assert_non_null(outbox.ring);
    empty_one_of(&outbox, 65);
    assert_int_equal(outbox.capacity, 0);
    assert_null(outbox.ring);
    empty_one_of(&outbox, 1);
    outbox_deinit(&outbox);
}

static void test_outbox_gives_up_its_reference_when_a_frame_was_sent(void **state)
{
    (void)state;
    struct outbox outbox;
    outbox_init(&outbox, &all_bytes);
    struct frame *frame = frame_new(WS_TEXT, "x", 1);
    assert_int_equal(outbox_push(&outbox, frame), 0);
    assert_int_equal(outbox_push(&outbox, frame), 0);
    assert_int_equal(frame->references, 3);
    outbox_shift(&outbox);
    assert_int_equal(frame->references, 2);
    outbox_deinit(&outbox);
    assert_int_equal(frame->references, 1);
    frame_unref(frame);
}

static void test_outbox_end_drops_all_that_waits_also_around_the_ring(void **state)
{
    (void)state;
    struct outbox outbox;
    outbox_init(&outbox, &all_bytes);
    struct frame *frame = frame_new(WS_TEXT, "x", 1);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(outbox_push(&outbox, frame), 0);
    outbox_shift(&outbox);
    outbox_shift(&outbox);
    assert_int_equal(outbox_push(&outbox, frame), 0); /* at the ring's beginning again */
    assert_int_equal(outbox.first, 2);
    outbox_deinit(&outbox);
    assert_int_equal(frame->references, 1);
    assert_int_equal(outbox.count, 0);
    assert_int_equal(outbox.bytes, 0);
    assert_int_equal(outbox.capacity, 0);
    frame_unref(frame);
}

static void test_outbox_keeps_the_sum_of_many_through_push_shift_and_end(void **state)
{
    (void)state;
    struct outbox one, other;
    outbox_init(&one, &all_bytes);
    outbox_init(&other, &all_bytes);
    for (uint32_t i = 0; i < 100; i++) {
        push_number(&one, i);
        push_number(&other, i);
        assert_int_equal(all_bytes, one.bytes + other.bytes);
    }
    while (one.count > 10)
        outbox_shift(&one);
    assert_int_equal(all_bytes, one.bytes + other.bytes);
    outbox_deinit(&other);
    assert_int_equal(all_bytes, one.bytes);
    push_number(&other, 0); /* as the Close frame of a client that was too slow */
    assert_int_equal(all_bytes, one.bytes + other.bytes);
    outbox_deinit(&one);
    outbox_deinit(&other);
    assert_int_equal(all_bytes, 0);
}

/* However a test ends its outboxes, nothing of theirs is left in the sum. */
static int nothing_is_left(void **state)
{
    (void)state;
    return all_bytes == 0 ? 0 : -1;
}

#define OUTBOX_TEST(name) cmocka_unit_test_teardown(name, nothing_is_left)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OUTBOX_TEST(test_outbox_empty_one_has_no_first_frame_and_no_memory),
        OUTBOX_TEST(test_outbox_gives_frames_in_the_order_in_which_they_came),
        OUTBOX_TEST(test_outbox_counts_the_bytes_of_whole_frames),
        OUTBOX_TEST(test_outbox_goes_around_its_ring_without_growing),
        OUTBOX_TEST(test_outbox_keeps_the_order_when_it_grows_at_any_place_of_the_ring),
        OUTBOX_TEST(test_outbox_random_pushes_and_shifts_agree_with_two_counters),
        OUTBOX_TEST(test_outbox_emptied_ring_of_64_is_kept_and_a_larger_one_given_back),
        OUTBOX_TEST(test_outbox_gives_up_its_reference_when_a_frame_was_sent),
        OUTBOX_TEST(test_outbox_end_drops_all_that_waits_also_around_the_ring),
        OUTBOX_TEST(test_outbox_keeps_the_sum_of_many_through_push_shift_and_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

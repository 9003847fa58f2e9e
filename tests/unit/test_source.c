/* test_source.c — what arrived of a source: up to hi, and what the window holds behind a gap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dice.h"
#include "spread/source.h"

#define BOOT UINT64_C(1795389987000)

static struct source *make(uint64_t hi)
{
    struct source *source = source_new("rome", 4, (struct number){BOOT, hi}, 2);
    assert_non_null(source);
    return source;
}

static void hold(struct source *source, uint64_t seq)
{
    struct packet_head head = {.type = INM_MESSAGE};
    struct packet *packet = packet_new(&head, "12345", 5);
    packet->number = (struct number){BOOT, seq};
    assert_int_equal(source_hold(source, packet), 0);
    packet_unref(packet);
}

/* Steps over the next number; whether its packet was held. */
static bool step(struct source *source)
{
    struct packet *packet = source_step(source);
    bool was_held = packet != NULL;
    packet_unref(packet);
    return was_held;
}

static void test_source_new_one_has_all_up_to_where_it_was_met(void **state)
{
    (void)state;
    struct source *source = make(7);
    assert_true(source_has(source, 7));
    assert_false(source_has(source, 8));
    assert_int_equal(source->parent, LINK_NONE);
    assert_int_equal(source->dist_ms, DIST_UNKNOWN);
    assert_int_equal(source->links[1].adv_dist_ms, DIST_UNKNOWN);
    assert_false(source->links[1].is_off);
    source_free(source);
}

static void test_source_window_reaches_1024_behind_hi(void **state)
{
    (void)state;
    struct source *source = make(7);
    hold(source, 7 + SOURCE_WINDOW);
    assert_true(source_has(source, 7 + SOURCE_WINDOW));
    assert_false(source_has(source, 8 + SOURCE_WINDOW));
    assert_false(source_has(source, 7 + 2 * SOURCE_WINDOW)); /* the same place of the ring */
    assert_int_equal(source_first_held(source), 7 + SOURCE_WINDOW);
    source_free(source);
}

static void test_source_steps_over_gaps_and_gives_what_is_held(void **state)
{
    (void)state;
    struct source *source = make(0);
    hold(source, 2);
    hold(source, 3);
    assert_int_equal(source->held_bytes, 10);
    assert_false(source_holds_next(source));
    assert_false(step(source));
    assert_true(source_holds_next(source));
    assert_true(step(source));
    assert_true(step(source));
    assert_false(step(source));
    assert_int_equal(source->hi, 4);
    assert_int_equal(source->held_bytes, 0);
    source_free(source);
}

static void test_source_window_is_allocated_only_while_there_is_a_gap(void **state)
{
    (void)state;
    struct source *source = make(0);
    assert_null(source->held);
    hold(source, 2);
    assert_non_null(source->held);
    step(source);
    step(source);
    assert_null(source->held);
    assert_int_equal(source_first_held(source), 0);
    source_free(source);
}

static void test_source_grows_its_rows_and_keeps_those_it_has(void **state)
{
    (void)state;
    struct source *source = make(0);
    source->links[1].adv_seq = 5;
    assert_int_equal(source_grow_links(source, 9), 0);
    assert_int_equal(source->links[1].adv_seq, 5);
    assert_int_equal(source->links[8].adv_dist_ms, DIST_UNKNOWN);
    assert_int_equal(source_grow_links(source, 3), 0);
    assert_int_equal(source->link_count, 9);
    source_free(source);
}

static void test_source_restart_forgets_the_boot_before(void **state)
{
    (void)state;
    struct source *source = make(7);
    source->parent = 1;
    source->beat = 9;
    source->links[0].is_off = true;
    source_restart(source, (struct number){BOOT + 1, 2});
    assert_int_equal(source->hi, 2);
    assert_int_equal(source->parent, LINK_NONE);
    assert_int_equal(source->beat, 0);
    assert_false(source->links[0].is_off);
    source_free(source);
}

static void test_source_random_arrivals_agree_with_a_table(void **state)
{
    (void)state;
    struct dice dice = {7};
    bool arrived[4096] = {false};
    struct source *source = make(0);
    for (int i = 0; i < 20000 && source->hi < 3000; i++) {
        uint64_t seq = source->hi + 1 + dice_roll(&dice, 40);
        assert_int_equal(source_has(source, seq), arrived[seq]);
        if (dice_roll(&dice, 3) == 0) {
            bool was_held = step(source);
            assert_int_equal(was_held, arrived[source->hi]);
        } else if (!arrived[seq]) {
            hold(source, seq);
        }
        if (seq > source->hi)
            arrived[seq] = source_has(source, seq);
    }
    source_free(source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_source_new_one_has_all_up_to_where_it_was_met),
        cmocka_unit_test(test_source_window_reaches_1024_behind_hi),
        cmocka_unit_test(test_source_steps_over_gaps_and_gives_what_is_held),
        cmocka_unit_test(test_source_window_is_allocated_only_while_there_is_a_gap),
        cmocka_unit_test(test_source_grows_its_rows_and_keeps_those_it_has),
        cmocka_unit_test(test_source_restart_forgets_the_boot_before),
        cmocka_unit_test(test_source_random_arrivals_agree_with_a_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_tree_receive.c — the way of a broadcast: once, in order, to those who want it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "spread/source.h"
#include "tree_fixture.h"

#define SUM(c) ((c)->delivered + (c)->duplicates + (c)->stale + (c)->echoes + (c)->refused)

static int set_up(void **state)
{
    static struct tree_fixture fixture;
    tree_fixture_init(&fixture);
    *state = &fixture;
    return 0;
}

/* M3 at the end of each test: what arrived is accounted for. */
static int tear_down(void **state)
{
    struct tree_fixture *fixture = *state;
    const struct tree_counters *counters = tree_counters(fixture->tree);
    assert_int_equal(counters->received, SUM(counters) + tree_held(fixture->tree));
    tree_fixture_deinit(fixture);
    return 0;
}

static void test_tree_first_packet_of_a_source_floods(void **state)
{
    links_up(*state, 0, 3);
    arrive(*state, 1, "rome", BOOT, 1);
    assert_said(*state, "forward 0 rome 1;forward 2 rome 1;deliver rome 1;");
}

static void test_tree_second_copy_is_not_delivered_nor_forwarded(void **state)
{
    struct tree_fixture *fixture = *state;
    links_up(fixture, 0, 3);
    arrive(fixture, 1, "rome", BOOT, 1);
    forget_said(fixture);
    arrive(fixture, 2, "rome", BOOT, 1);
    assert_said(fixture, "");
    assert_int_equal(tree_counters(fixture->tree)->duplicates, 1);
}

static void test_tree_copies_that_crossed_on_a_link_end_it_without_a_word(void **state)
{
    links_up(*state, 0, 3);
    arrive(*state, 1, "rome", BOOT, 1); /* goes to 0 and 2 */
    arrive(*state, 2, "rome", BOOT, 1); /* and came from 2 meanwhile */
    forget_said(*state);
    arrive(*state, 1, "rome", BOOT, 2);
    assert_said(*state, "forward 0 rome 2;deliver rome 2;");
}

static void test_tree_second_link_that_did_not_get_our_copy_is_pruned(void **state)
{
    links_up(*state, 0, 2);
    arrive(*state, 0, "rome", BOOT, 1);
    hear_prune(*state, 1, "rome"); /* so 1 gets nothing from us */
    arrive(*state, 0, "rome", BOOT, 2);
    forget_said(*state);
    arrive(*state, 1, "rome", BOOT, 2);
    assert_said(*state, "prune 1 rome;");
}

static void test_tree_never_forwards_to_the_parent(void **state)
{
    links_up(*state, 0, 3);
    arrive(*state, 1, "rome", BOOT, 1);
    arrive(*state, 1, "rome", BOOT, 2);
    assert_int_equal(tree_parent(((struct tree_fixture *)*state)->tree, TEXT("rome")), 1);
    forget_said(*state);
    plain_up(*state, 3);
    arrive(*state, 3, "rome", BOOT, 3); /* not even what came another way */
    assert_said(*state, "forward 0 rome 3;forward 2 rome 3;deliver rome 3;");
}

static void test_tree_straggler_of_a_pruned_link_never_becomes_parent(void **state)
{
    struct tree_fixture *fixture = *state;
    links_up(fixture, 0, 2);
    arrive(fixture, 0, "rome", BOOT, 1);
    hear_prune(fixture, 1, "rome");
    arrive(fixture, 1, "rome", BOOT, 1); /* pruned */
    pass_ms(fixture, 1000);
    arrive(fixture, 1, "rome", BOOT, 2); /* sent before the prune got there, and first here */
    assert_int_equal(tree_parent(fixture->tree, TEXT("rome")), 0);
}

static void test_tree_fresh_packet_of_a_link_that_was_not_cut_moves_the_parent(void **state)
{
    struct tree_fixture *fixture = *state;
    links_up(fixture, 0, 2);
    arrive(fixture, 0, "rome", BOOT, 1);
    arrive(fixture, 1, "rome", BOOT, 2);
    assert_int_equal(tree_parent(fixture->tree, TEXT("rome")), 1);
}

static void test_tree_delivers_in_order_and_forwards_at_once(void **state)
{
    links_up(*state, 0, 2);
    arrive(*state, 0, "rome", BOOT, 1);
    forget_said(*state);
    arrive(*state, 0, "rome", BOOT, 3);
    assert_said(*state, "forward 1 rome 3;");
    arrive(*state, 0, "rome", BOOT, 2);
    assert_said(*state, "forward 1 rome 2;deliver rome 2;deliver rome 3;");
}

static void test_tree_held_packet_that_comes_again_is_a_duplicate(void **state)
{
    struct tree_fixture *fixture = *state;
    links_up(fixture, 0, 1);
    arrive(fixture, 0, "rome", BOOT, 1);
    arrive(fixture, 0, "rome", BOOT, 3);
    arrive(fixture, 0, "rome", BOOT, 3);
    assert_int_equal(tree_counters(fixture->tree)->duplicates, 1);
    assert_int_equal(tree_held(fixture->tree), 1);
}

static void test_tree_window_of_1024_waits_for_the_gap_and_no_further(void **state)
{
    struct tree_fixture *fixture = *state;
    links_up(fixture, 0, 1);
    arrive(fixture, 0, "rome", BOOT, 1);
    arrive(fixture, 0, "rome", BOOT, 1025); /* 2 is missing, and may still come */
    assert_int_equal(tree_counters(fixture->tree)->skipped, 0);
    arrive(fixture, 0, "rome", BOOT, 1027); /* 1027 - 1024: 3 may, 2 and 3 not */
    assert_int_equal(tree_counters(fixture->tree)->skipped, 2);
}

/* Packets of 128 KiB from seq 3 on; 2 is missing. */
static void hold_large(struct tree_fixture *fixture, unsigned count)
{
    char nonce[INM_NONCE_OURS_MAX + 1];
    arrive(fixture, 0, "rome", BOOT, 1);
    for (unsigned i = 0; i < count; i++) {
        nonce[inm_nonce_write(nonce, BOOT, 3 + i)] = '\0';
        arrive_as(fixture, 0, "rome", nonce, INM_MESSAGE, 128 * 1024);
    }
}

static void test_tree_holds_one_mebibyte_back_behind_a_gap(void **state)
{
    struct tree_fixture *fixture = *state;
    links_up(fixture, 0, 1);
    hold_large(fixture, 8);
    assert_int_equal(tree_held(fixture->tree), 8);
    assert_int_equal(tree_counters(fixture->tree)->skipped, 0);
}

static void test_tree_gives_a_gap_up_that_holds_more_than_one_mebibyte_back(void **state)
{
    struct tree_fixture *fixture = *state;
    links_up(fixture, 0, 1);
    hold_large(fixture, 9);
    assert_int_equal(tree_held(fixture->tree), 0);
    assert_int_equal(tree_counters(fixture->tree)->skipped, 1);
    assert_int_equal(tree_counters(fixture->tree)->delivered, 10);
}

static void test_tree_plain_nonce_goes_to_all_links_once(void **state)
{
    links_up(*state, 0, 2);
    plain_up(*state, 2);
    arrive_as(*state, 2, "milan", "c0ffee", INM_MESSAGE, 10);
    assert_said(*state, "forward 0 milan 0;forward 1 milan 0;deliver milan 0;");
    arrive_as(*state, 0, "milan", "c0ffee", INM_MESSAGE, 10);
    assert_said(*state, "");
}

static void test_tree_response_with_the_commands_nonce_is_no_duplicate(void **state)
{
    links_up(*state, 0, 1);
    arrive_as(*state, 0, "milan", "1a2077d8a78.1", INM_COMMAND, 10);
    forget_said(*state);
    arrive_as(*state, 0, "milan", "1a2077d8a78.1", INM_RESPONSE, 10);
    assert_said(*state, "deliver milan 0;");
}

static void test_tree_plain_link_is_never_off(void **state)
{
    links_up(*state, 0, 1);
    plain_up(*state, 1);
    arrive(*state, 0, "rome", BOOT, 1);
    arrive(*state, 1, "rome", BOOT, 1); /* it floods back */
    forget_said(*state);
    arrive(*state, 0, "rome", BOOT, 2);
    assert_said(*state, "forward 1 rome 2;deliver rome 2;");
}

static void test_tree_packet_by_a_plain_link_spares_links_that_are_off(void **state)
{
    links_up(*state, 0, 2);
    plain_up(*state, 2);
    arrive(*state, 0, "rome", BOOT, 1);
    hear_prune(*state, 1, "rome");
    forget_said(*state);
    arrive(*state, 2, "rome", BOOT, 2);
    assert_said(*state, "deliver rome 2;");
}

static void test_tree_own_packet_that_comes_back_is_an_echo(void **state)
{
    struct tree_fixture *fixture = *state;
    links_up(fixture, 0, 1);
    hear_graft(fixture, 0, "self", BOOT, 1);
    publish(fixture);
    forget_said(fixture);
    arrive(fixture, 0, "self", BOOT, 1); /* crossed with ours */
    arrive(fixture, 0, "self", BOOT, 1); /* and did not */
    assert_said(fixture, "prune 0 self;");
    assert_int_equal(tree_counters(fixture->tree)->echoes, 2);
}

static void test_tree_packet_of_an_older_boot_is_stale(void **state)
{
    struct tree_fixture *fixture = *state;
    links_up(fixture, 0, 1);
    arrive(fixture, 0, "rome", BOOT + 1, 1);
    forget_said(fixture);
    arrive(fixture, 0, "rome", BOOT, 2);
    assert_said(fixture, "");
    assert_int_equal(tree_counters(fixture->tree)->stale, 1);
}

static void test_tree_newer_boot_begins_anew_and_delivers_what_was_held(void **state)
{
    struct tree_fixture *fixture = *state;
    links_up(fixture, 0, 2);
    arrive(fixture, 0, "rome", BOOT, 1);
    arrive(fixture, 0, "rome", BOOT, 3);
    forget_said(fixture);
    arrive(fixture, 1, "rome", BOOT + 1, 1);
    assert_said(fixture, "deliver rome 3;forward 0 rome 1;deliver rome 1;");
    assert_int_equal(tree_counters(fixture->tree)->skipped, 1);
}

static void test_tree_first_packets_of_a_newer_boot_may_come_by_a_slower_link(void **state)
{
    struct tree_fixture *fixture = *state;
    links_up(fixture, 0, 2);
    arrive(fixture, 0, "rome", BOOT, 7);
    forget_said(fixture);
    arrive(fixture, 1, "rome", BOOT + 1, 2);
    assert_said(fixture, "forward 0 rome 2;");
    arrive(fixture, 0, "rome", BOOT + 1, 1);
    assert_said(fixture, "deliver rome 1;deliver rome 2;");
}

static void test_tree_source_name_of_128_bytes_passes_and_129_is_refused(void **state)
{
    struct tree_fixture *fixture = *state;
    char name[NODE_NAME_MAX + 2];
    links_up(fixture, 0, 1);
    snprintf(name, sizeof(name), "%0129d", 0);
    arrive(fixture, 0, name, BOOT, 1);
    assert_int_equal(tree_counters(fixture->tree)->refused, 1);
    arrive(fixture, 0, name + 1, BOOT, 1);
    assert_int_equal(tree_counters(fixture->tree)->delivered, 1);
}

static void test_tree_deliver_may_publish(void **state)
{
    struct tree_fixture *fixture = *state;
    links_up(fixture, 0, 1);
    hear_graft(fixture, 0, "self", BOOT, 1);
    forget_said(fixture);
    fixture->answers = 1;
    arrive(fixture, 0, "rome", BOOT, 1);
    assert_said(fixture, "deliver rome 1;forward 0 self 1;");
}

static void test_tree_packet_of_a_link_that_is_down_is_nothing(void **state)
{
    links_up(*state, 0, 2);
    tree_link_down(((struct tree_fixture *)*state)->tree, 1);
    arrive(*state, 1, "rome", BOOT, 1);
    assert_said(*state, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_tree_first_packet_of_a_source_floods),
        TEST(test_tree_second_copy_is_not_delivered_nor_forwarded),
        TEST(test_tree_copies_that_crossed_on_a_link_end_it_without_a_word),
        TEST(test_tree_second_link_that_did_not_get_our_copy_is_pruned),
        TEST(test_tree_never_forwards_to_the_parent),
        TEST(test_tree_straggler_of_a_pruned_link_never_becomes_parent),
        TEST(test_tree_fresh_packet_of_a_link_that_was_not_cut_moves_the_parent),
        TEST(test_tree_delivers_in_order_and_forwards_at_once),
        TEST(test_tree_held_packet_that_comes_again_is_a_duplicate),
        TEST(test_tree_window_of_1024_waits_for_the_gap_and_no_further),
        TEST(test_tree_holds_one_mebibyte_back_behind_a_gap),
        TEST(test_tree_gives_a_gap_up_that_holds_more_than_one_mebibyte_back),
        TEST(test_tree_plain_nonce_goes_to_all_links_once),
        TEST(test_tree_response_with_the_commands_nonce_is_no_duplicate),
        TEST(test_tree_plain_link_is_never_off),
        TEST(test_tree_packet_by_a_plain_link_spares_links_that_are_off),
        TEST(test_tree_own_packet_that_comes_back_is_an_echo),
        TEST(test_tree_packet_of_an_older_boot_is_stale),
        TEST(test_tree_newer_boot_begins_anew_and_delivers_what_was_held),
        TEST(test_tree_first_packets_of_a_newer_boot_may_come_by_a_slower_link),
        TEST(test_tree_source_name_of_128_bytes_passes_and_129_is_refused),
        TEST(test_tree_deliver_may_publish),
        TEST(test_tree_packet_of_a_link_that_is_down_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_claim_ranges.c — sums against a plain walk over all items, through splits and joins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "dice.h"
#include "reserve/claim_ranges.h"

#define ITEMS 3000

static const struct range_key all;

static uint64_t roll64(struct dice *dice)
{
    return (uint64_t)dice_roll(dice, 1u << 31) << 33 ^ (uint64_t)dice_roll(dice, 1u << 31) << 11 ^
           dice_roll(dice, 1u << 31);
}

static struct range_sum walk(const struct range_item *items, const unsigned char *is_in,
                             struct range_key key)
{
    struct range_sum sum = {0};
    for (size_t i = 0; i < ITEMS; i++) {
        if (!is_in[i] || !range_holds(key, items[i].position))
            continue;
        sum.print += items[i].print;
        sum.count++;
    }
    return sum;
}

static void assert_sums(const struct claim_ranges *root, const struct range_item *items,
                        const unsigned char *is_in, struct range_key key)
{
    struct range_sum expected = walk(items, is_in, key);
    struct range_sum sum = claim_ranges_sum(root, key);
    assert_int_equal(sum.count, expected.count);
    assert_true(sum.print == expected.print);
}

static void test_claim_ranges_sums_are_those_of_the_items(void **state)
{
    (void)state;
    static struct range_item items[ITEMS];
    static unsigned char is_in[ITEMS];
    struct claim_ranges root = {0};
    struct dice dice = {17};
    for (size_t i = 0; i < ITEMS; i++)
        items[i] = (struct range_item){roll64(&dice), roll64(&dice), NULL};
    for (unsigned round = 0; round < 3 * ITEMS; round++) {
        /* more in at first, fewer later, so that leaves split and branches join */
        size_t i = dice_roll(&dice, ITEMS);
        if (is_in[i] && (round > ITEMS * 3 / 2 || dice_roll(&dice, 4) == 0))
            claim_ranges_remove(&root, &items[i]);
        else if (!is_in[i] && (round < ITEMS * 3 / 2 || dice_roll(&dice, 4) == 0))
            claim_ranges_add(&root, &items[i]);
        else
            continue;
        is_in[i] = !is_in[i];
        if (round % 64 != 0)
            continue;
        struct range_key key = all;
        for (unsigned depth = 0; depth < 6; depth++) {
            assert_sums(&root, items, is_in, key);
            key = range_part(key, (unsigned)(items[i].position >> (60 - 4 * depth)) & 15);
        }
    }
    claim_ranges_deinit(&root);
    assert_null(root.children);
}

static void test_claim_ranges_parts_add_up(void **state)
{
    (void)state;
    static struct range_item items[ITEMS];
    struct claim_ranges root = {0};
    struct dice dice = {23};
    for (size_t i = 0; i < ITEMS; i++) {
        items[i] = (struct range_item){roll64(&dice), roll64(&dice), NULL};
        claim_ranges_add(&root, &items[i]);
    }
    struct range_sum parts[RANGE_WAYS];
    struct range_sum sum = {0};
    claim_ranges_parts(&root, all, parts);
    for (unsigned i = 0; i < RANGE_WAYS; i++) {
        sum.print += parts[i].print;
        sum.count += parts[i].count;
    }
    assert_int_equal(sum.count, ITEMS);
    assert_true(sum.print == claim_ranges_sum(&root, all).print);
    claim_ranges_deinit(&root);
}

static void test_claim_ranges_equal_positions_share_the_deepest_leaf(void **state)
{
    (void)state;
    struct range_item items[40];
    struct claim_ranges root = {0};
    for (unsigned i = 0; i < 40; i++) {
        items[i] = (struct range_item){UINT64_MAX, i, NULL};
        claim_ranges_add(&root, &items[i]);
    }
    struct range_key deepest = {UINT64_MAX, RANGE_DEPTH_MAX};
    assert_int_equal(claim_ranges_sum(&root, deepest).count, 40);
    for (unsigned i = 0; i < 40; i++)
        claim_ranges_remove(&root, &items[i]);
    assert_int_equal(root.sum.count, 0);
    assert_null(root.children);
}

static void test_claim_ranges_are_walked_in_the_order_of_positions(void **state)
{
    (void)state;
    static struct range_item items[ITEMS];
    struct claim_ranges root = {0};
    struct dice dice = {5};
    for (size_t i = 0; i < ITEMS; i++) {
        items[i] = (struct range_item){roll64(&dice), 1, NULL};
        claim_ranges_add(&root, &items[i]);
    }
    size_t count = 0;
    uint64_t from = 0;
    for (struct range_item *item; (item = claim_ranges_from(&root, from)); count++) {
        assert_true(item->position >= from);
        from = item->position + 1;
    }
    assert_int_equal(count, ITEMS);
    claim_ranges_deinit(&root);
}

static bool count_up_to_three(void *context, struct range_item *item)
{
    (void)item;
    return ++*(unsigned *)context < 3;
}

static void test_claim_ranges_visit_ends_when_it_is_told_to(void **state)
{
    (void)state;
    struct range_item items[100];
    struct claim_ranges root = {0};
    unsigned count = 0;
    for (uint64_t i = 0; i < 100; i++) {
        items[i] = (struct range_item){i << 56, 1, NULL};
        claim_ranges_add(&root, &items[i]);
    }
    claim_ranges_each(&root, all, count_up_to_three, &count);
    assert_int_equal(count, 3);
    claim_ranges_deinit(&root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_claim_ranges_sums_are_those_of_the_items),
        cmocka_unit_test(test_claim_ranges_parts_add_up),
        cmocka_unit_test(test_claim_ranges_equal_positions_share_the_deepest_leaf),
        cmocka_unit_test(test_claim_ranges_are_walked_in_the_order_of_positions),
        cmocka_unit_test(test_claim_ranges_visit_ends_when_it_is_told_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

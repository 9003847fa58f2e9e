/* test_claim_table.c — winners, versions, bounds and pages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "dice.h"
#include "reserve/claim_table.h"
#include "reserve_fixture.h"

static const struct hash_key key = {3, 4};

static struct claim_record *put(struct claim_table *table, const char *node,
                                const struct claim *claim, uint64_t version)
{
    struct claim_record *record = NULL;
    struct claim_owner *owner = claim_table_add_owner(table, node);
    assert_non_null(owner);
    assert_int_equal(claim_table_put(table, owner, claim, version, &record), 0);
    return record;
}

static struct claim_record *winner(const struct claim_table *table, const char *name)
{
    return claim_table_winner(table, name, strlen(name));
}

static void test_claim_table_best_claim_wins_and_the_next_one_follows_it(void **state)
{
    (void)state;
    struct claim_table table;
    claim_table_init(&table, &key, 10);
    struct claim old = test_claim("garden", 1, CLAIM_OPEN, 1000, "node-a");
    struct claim young = test_claim("garden", 1, CLAIM_OPEN, 2000, "node-b");
    struct claim tentative = test_claim("garden", 2, CLAIM_TENTATIVE, 1, "node-c");
    put(&table, "node-c", &tentative, 1);
    assert_string_equal(winner(&table, "garden")->owner->name, "node-c");
    put(&table, "node-b", &young, 1);
    assert_string_equal(winner(&table, "garden")->owner->name, "node-b");
    put(&table, "node-a", &old, 1);
    assert_string_equal(winner(&table, "garden")->owner->name, "node-a");
    claim_table_remove(&table, winner(&table, "garden"));
    assert_string_equal(winner(&table, "garden")->owner->name, "node-b");
    claim_table_remove(&table, winner(&table, "garden"));
    claim_table_remove(&table, winner(&table, "garden"));
    assert_null(winner(&table, "garden"));
    assert_int_equal(table.count, 0);
    assert_true(table.ranges.sum.print == 0);
    claim_table_deinit(&table);
}

static void test_claim_table_owner_has_one_claim_to_a_name(void **state)
{
    (void)state;
    struct claim_table table;
    claim_table_init(&table, &key, 1);
    struct claim claim = test_claim("garden", 1, CLAIM_TENTATIVE, 1000, "node-a");
    struct claim_record *record = put(&table, "node-a", &claim, 1);
    uint64_t print = table.ranges.sum.print;
    struct claim open = record->claim; /* its strings are the record's that goes */
    open.state = CLAIM_OPEN;
    record = put(&table, "node-a", &open, 2);
    assert_int_equal(table.count, 1);
    assert_ptr_equal(winner(&table, "garden"), record);
    assert_int_equal(record->version, 2);
    assert_string_equal(record->claim.stamp.node, "node-a");
    assert_false(table.ranges.sum.print == print);
    claim_table_deinit(&table);
}

static void test_claim_table_full_takes_no_more_but_changes_what_it_has(void **state)
{
    (void)state;
    struct claim_table table;
    struct claim_record *record;
    claim_table_init(&table, &key, 2);
    struct claim a = test_claim("a", 1, CLAIM_OPEN, 1, "node-a");
    struct claim b = test_claim("b", 1, CLAIM_OPEN, 1, "node-a");
    struct claim c = test_claim("c", 1, CLAIM_OPEN, 1, "node-a");
    put(&table, "node-a", &a, 1);
    put(&table, "node-a", &b, 2);
    struct claim_owner *owner = claim_table_owner(&table, "node-a");
    assert_int_equal(claim_table_put(&table, owner, &c, 3, &record), RELAY_EFULL);
    assert_null(winner(&table, "c"));
    assert_int_equal(claim_table_put(&table, owner, &b, 3, &record), 0);
    claim_table_deinit(&table);
}

static void test_claim_table_sum_does_not_depend_on_the_order_or_the_key(void **state)
{
    (void)state;
    struct claim_table there, here;
    struct hash_key other = {9, 9};
    claim_table_init(&there, &key, 100);
    claim_table_init(&here, &other, 100);
    char names[50][8];
    for (unsigned i = 0; i < 50; i++) {
        snprintf(names[i], sizeof(names[i]), "c%u", i);
        struct claim claim = test_claim(names[i], i % 3, CLAIM_OPEN, i, "node-a");
        put(&there, i % 2 ? "node-a" : "node-b", &claim, i);
    }
    for (unsigned i = 50; i-- > 0;) {
        struct claim claim = test_claim(names[i], i % 3, CLAIM_OPEN, i, "node-a");
        put(&here, i % 2 ? "node-a" : "node-b", &claim, i);
    }
    assert_true(there.ranges.sum.print == here.ranges.sum.print);
    claim_table_deinit(&there);
    claim_table_deinit(&here);
}

static struct claim_owner *owner_of(struct claim_table *table, uint64_t known)
{
    struct claim_owner *owner = claim_table_add_owner(table, "node-b");
    assert_non_null(owner);
    for (uint64_t version = 1; version <= known; version++)
        assert_false(claim_owner_saw(owner, version));
    return owner;
}

static void test_claim_owner_versions_in_order_leave_no_gap(void **state)
{
    (void)state;
    struct claim_table table;
    claim_table_init(&table, &key, 1);
    struct claim_owner *owner = owner_of(&table, 4);
    assert_int_equal(owner->known, 4);
    assert_false(claim_owner_saw(owner, 3));
    assert_int_equal(owner->known, 4);
    assert_false(owner->is_behind);
    claim_table_deinit(&table);
}

static void test_claim_owner_gap_is_told_once_and_closed_by_what_a_neighbour_knew(void **state)
{
    (void)state;
    struct claim_table table;
    claim_table_init(&table, &key, 1);
    struct claim_owner *owner = owner_of(&table, 4);
    assert_true(claim_owner_saw(owner, 7));
    assert_false(claim_owner_saw(owner, 8));
    assert_int_equal(owner->known, 4);
    assert_true(owner->is_behind);
    claim_owner_levelled(owner, 5); /* 6 is still missing */
    assert_true(owner->is_behind);
    assert_int_equal(owner->known, 5);
    claim_owner_levelled(owner, 6); /* 7 and 8 were seen */
    assert_false(owner->is_behind);
    assert_int_equal(owner->known, 8);
    claim_table_deinit(&table);
}

static void test_claim_owner_second_gap_is_told_again(void **state)
{
    (void)state;
    struct claim_table table;
    claim_table_init(&table, &key, 1);
    struct claim_owner *owner = owner_of(&table, 1);
    assert_true(claim_owner_saw(owner, 3));
    assert_true(claim_owner_saw(owner, 5));
    claim_owner_levelled(owner, 3); /* 4 is missing: the run begins with 5 */
    assert_true(owner->is_behind);
    assert_false(claim_owner_saw(owner, 4));
    assert_int_equal(owner->known, 5);
    assert_false(owner->is_behind);
    claim_table_deinit(&table);
}

static void test_claim_owner_list_of_which_something_did_not_fit_is_behind(void **state)
{
    (void)state;
    struct claim_table table;
    claim_table_init(&table, &key, 1);
    struct claim_owner *owner = owner_of(&table, 4);
    claim_owner_missed(owner, 4);
    assert_int_equal(owner->known, 3);
    assert_true(owner->is_behind);
    assert_true(claim_owner_saw(owner, 5)); /* 4 is missing still */
    claim_owner_levelled(owner, 4);
    assert_int_equal(owner->known, 5);
    assert_false(owner->is_behind);
    claim_table_deinit(&table);
}

static void test_claim_owner_new_boot_begins_anew(void **state)
{
    (void)state;
    struct claim_table table;
    claim_table_init(&table, &key, 1);
    struct claim_owner *owner = owner_of(&table, 4);
    claim_owner_restart(owner, 77);
    assert_int_equal(owner->boot, 77);
    assert_int_equal(owner->known, 0);
    assert_false(claim_owner_saw(owner, 1));
    claim_table_deinit(&table);
}

static void test_claim_table_pages_give_every_name_once_while_others_come_and_go(void **state)
{
    (void)state;
    static const struct claim_record *page[100];
    static unsigned given[1000];
    struct claim_table table;
    claim_table_init(&table, &key, 10000);
    char name[16];
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(name, sizeof(name), "%u", i);
        struct claim claim = test_claim(name, 1, CLAIM_OPEN, i, "node-a");
        put(&table, "node-a", &claim, i + 1);
        put(&table, "node-b", &claim, i + 1);
    }
    uint64_t cursor = 0;
    size_t count;
    unsigned pages = 0;
    do {
        count = claim_table_page(&table, &cursor, page, 100);
        for (size_t i = 0; i < count; i++) {
            unsigned number = 0;
            if (sscanf(page[i]->claim.name, "%u", &number) == 1 && number < 1000)
                given[number]++;
        }
        snprintf(name, sizeof(name), "new %u", pages++);
        struct claim claim = test_claim(name, 1, CLAIM_OPEN, 1, "node-a");
        put(&table, "node-a", &claim, 2000 + pages);
        if (count > 0)
            claim_table_remove(&table, winner(&table, page[count - 1]->claim.name));
    } while (count == 100);
    for (unsigned i = 0; i < 1000; i++)
        assert_in_range(given[i], 1, 2); /* twice only when its winner went between two pages */
    assert_in_range(pages, 11, 12);
    claim_table_deinit(&table);
}

static void test_claim_table_owners_are_bounded(void **state)
{
    (void)state;
    struct claim_table table;
    char node[16];
    claim_table_init(&table, &key, 1);
    for (unsigned i = 0; i < CLAIM_OWNERS_MAX; i++) {
        snprintf(node, sizeof(node), "node-%u", i);
        assert_non_null(claim_table_add_owner(&table, node));
    }
    assert_null(claim_table_add_owner(&table, "one more"));
    assert_non_null(claim_table_add_owner(&table, "node-7"));
    claim_table_forget_owner(&table, claim_table_owner(&table, "node-7"));
    assert_null(claim_table_owner(&table, "node-7"));
    assert_non_null(claim_table_add_owner(&table, "one more"));
    claim_table_deinit(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_claim_table_best_claim_wins_and_the_next_one_follows_it),
        cmocka_unit_test(test_claim_table_owner_has_one_claim_to_a_name),
        cmocka_unit_test(test_claim_table_full_takes_no_more_but_changes_what_it_has),
        cmocka_unit_test(test_claim_table_sum_does_not_depend_on_the_order_or_the_key),
        cmocka_unit_test(test_claim_owner_versions_in_order_leave_no_gap),
        cmocka_unit_test(test_claim_owner_gap_is_told_once_and_closed_by_what_a_neighbour_knew),
        cmocka_unit_test(test_claim_owner_second_gap_is_told_again),
        cmocka_unit_test(test_claim_owner_list_of_which_something_did_not_fit_is_behind),
        cmocka_unit_test(test_claim_owner_new_boot_begins_anew),
        cmocka_unit_test(test_claim_table_pages_give_every_name_once_while_others_come_and_go),
        cmocka_unit_test(test_claim_table_owners_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

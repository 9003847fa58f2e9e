/* test_list.c — the ring keeps its order and survives being taken apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/list.h"

struct item {
    int value;
    struct list node;
};

static int value_of(struct list *node)
{
    return list_entry(node, struct item, node)->value;
}

static void fill(struct list *head, struct item *items, int count)
{
    list_init(head);
    for (int i = 0; i < count; i++) {
        items[i].value = i;
        list_init(&items[i].node);
        list_append(head, &items[i].node);
    }
}

static void test_list_is_empty_at_first(void **state)
{
    (void)state;
    struct list head;
    list_init(&head);
    assert_true(list_is_empty(&head));
    assert_null(list_shift(&head));
}

static void test_list_shifts_in_the_order_of_appending(void **state)
{
    (void)state;
    struct list head;
    struct item items[3];
    fill(&head, items, 3);
    assert_false(list_is_empty(&head));
    for (int i = 0; i < 3; i++)
        assert_int_equal(value_of(list_shift(&head)), i);
    assert_true(list_is_empty(&head));
}

static void test_list_remove_takes_one_from_the_middle(void **state)
{
    (void)state;
    struct list head;
    struct item items[3];
    fill(&head, items, 3);
    list_remove(&items[1].node);
    assert_int_equal(value_of(list_shift(&head)), 0);
    assert_int_equal(value_of(list_shift(&head)), 2);
    assert_null(list_shift(&head));
}

static void test_list_remove_twice_changes_nothing_more(void **state)
{
    (void)state;
    struct list head;
    struct item items[2];
    fill(&head, items, 2);
    list_remove(&items[0].node);
    list_remove(&items[0].node);
    assert_ptr_equal(head.next, &items[1].node);
    assert_ptr_equal(head.prev, &items[1].node);
}

static void test_list_shifted_node_stands_in_no_list(void **state)
{
    (void)state;
    struct list head;
    struct item items[2];
    fill(&head, items, 2);
    struct list *node = list_shift(&head);
    assert_true(list_is_empty(node));
    list_append(&head, node);
    assert_ptr_equal(head.prev, node);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list_is_empty_at_first),
        cmocka_unit_test(test_list_shifts_in_the_order_of_appending),
        cmocka_unit_test(test_list_remove_takes_one_from_the_middle),
        cmocka_unit_test(test_list_remove_twice_changes_nothing_more),
        cmocka_unit_test(test_list_shifted_node_stands_in_no_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_handle_unsubscribe.c — unsubscribe: out of one channel, and out of no other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node.h"

static void test_unsubscribe_ends_the_messages_of_that_channel_alone(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *romeo = node_connect(node), *juliet = node_connect(node);
    wire_join(romeo, "verona");
    wire_join(juliet, "verona");
    wire_join(romeo, "mantua");
    wire_join(juliet, "mantua");
    wire_unsubscribe(juliet, "verona");
    assert_hears(juliet, OK);
    wire_send(romeo, "verona", "1");
    assert_hears(romeo, OK);
    assert_silent(juliet);
    wire_send(romeo, "mantua", "2");
    assert_hears(juliet, MESSAGE("2", "mantua"));
    node_free(node);
}

static void test_unsubscribe_from_what_one_is_not_in_is_refused(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *romeo = node_connect(node), *juliet = node_connect(node);
    wire_join(romeo, "verona");
    wire_join(juliet, "mantua");
    wire_unsubscribe(juliet, "verona");
    assert_hears(juliet, REFUSED("not subscribed"));
    wire_unsubscribe(juliet, "padua");
    assert_hears(juliet, REFUSED("not subscribed"));
    assert_int_equal(node_channel(node, "verona")->count, 1);
    assert_int_equal(node_channel(node, "mantua")->count, 1);
    node_free(node);
}

static void test_unsubscribe_twice_is_refused_the_second_time(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *wire = node_connect(node);
    wire_join(wire, "verona");
    wire_unsubscribe(wire, "verona");
    assert_hears(wire, OK);
    wire_unsubscribe(wire, "verona");
    assert_hears(wire, REFUSED("not subscribed"));
    assert_int_equal(node->relay.counters.channels_closed, 1);
    node_free(node);
}

static void test_unsubscribe_by_the_last_closes_the_channel_and_its_password(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *romeo = node_connect(node), *juliet = node_connect(node);
    wire_subscribe(romeo, "vault", "secret");
    node_hash(node);
    assert_hears(romeo, OK);
    wire_unsubscribe(romeo, "vault");
    assert_hears(romeo, OK);
    assert_null(node_channel(node, "vault"));
    wire_join(juliet, "vault");
    assert_false(node_channel(node, "vault")->password.is_set);
    node_free(node);
}

static void test_unsubscribe_answers_with_the_nonce_and_by_either_name(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *wire = node_connect(node);
    wire_join(wire, "verona");
    wire_say(wire, "{'command':'unsubscribe','data':{'channel':'verona'},'nonce':1}");
    assert_hears(wire, "{'type':'response','data':{'ok':true},'nonce':1}");
    wire_say(wire, "{'command':'unsubscribe','data':{'channel':'verona'},'nonce':2}");
    assert_hears(wire,
                 "{'type':'response','data':{'ok':false,'reason':'not subscribed'},'nonce':2}");
    node_free(node);
}

static void test_unsubscribe_comes_behind_the_messages_that_were_queued_before(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *romeo = node_connect(node), *juliet = node_connect(node);
    wire_join(romeo, "verona");
    wire_join(juliet, "verona");
    wire_send(romeo, "verona", "1");
    wire_unsubscribe(juliet, "verona");
    wire_send(romeo, "verona", "2");
    assert_hears(juliet, MESSAGE("1", "verona"));
    assert_hears(juliet, OK);
    assert_silent(juliet);
    node_free(node);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unsubscribe_ends_the_messages_of_that_channel_alone),
        cmocka_unit_test(test_unsubscribe_from_what_one_is_not_in_is_refused),
        cmocka_unit_test(test_unsubscribe_twice_is_refused_the_second_time),
        cmocka_unit_test(test_unsubscribe_by_the_last_closes_the_channel_and_its_password),
        cmocka_unit_test(test_unsubscribe_answers_with_the_nonce_and_by_either_name),
        cmocka_unit_test(test_unsubscribe_comes_behind_the_messages_that_were_queued_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

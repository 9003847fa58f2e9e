/* test_client.c — a life from open to gone, the answers on its way, and the queue that may not
 * grow. What a client may send is in test_client_limits.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "node.h"

static void test_client_ids_are_never_given_twice(void **state)
{
    (void)state;
    struct node *node = node_new();
    assert_int_equal(client_id(node_connect(node)->client), 1);
    struct wire *second = node_connect(node);
    assert_int_equal(client_id(second->client), 2);
    wire_gone(second);
    assert_int_equal(client_id(node_connect(node)->client), 3);
    node_free(node);
}

static void test_client_is_counted_from_open_to_gone(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *wire = node_connect(node);
    node_connect(node);
    assert_int_equal(node->relay.client_count, 2);
    assert_int_equal(node->relay.counters.clients_opened, 2);
    client_close(wire->client, 1008, "test");
    assert_int_equal(node->relay.client_count, 2);
    assert_int_equal(node->relay.counters.clients_closed, 0);
    wire_gone(wire);
    assert_int_equal(node->relay.client_count, 1);
    assert_int_equal(node->relay.counters.clients_closed, 1);
    node_free(node);
}

static void test_client_facts_are_its_own(void **state)
{
    (void)state;
    struct node *node = node_new();
    node_connect(node);
    struct wire *wire = node_connect_as(node, "{\"user\":\"romeo\"}");
    wire_join(wire, "verona");
    struct client_facts facts = client_facts(wire->client);
    assert_int_equal(facts.id, 2);
    assert_int_equal(facts.channels, 1);
    assert_int_equal(facts.address.len, strlen("192.0.2.2"));
    assert_memory_equal(facts.address.at, "192.0.2.2", facts.address.len);
    assert_int_equal(facts.identity.len, 16);
    assert_memory_equal(facts.identity.at, "{\"user\":\"romeo\"}", 16);
    node_free(node);
}

static void test_client_without_identity_has_an_empty_one(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct client_facts facts = client_facts(node_connect(node)->client);
    assert_non_null(facts.identity.at);
    assert_int_equal(facts.identity.len, 0);
    node_free(node);
}

static void test_client_close_tells_the_transport_once(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *wire = node_connect(node);
    client_close(wire->client, 1008, "first");
    client_close(wire->client, 1013, "second");
    assert_closed(wire, 1008, "first");
    node_free(node);
}

static void test_client_close_leaves_its_channels_at_once(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *romeo = node_connect(node), *juliet = node_connect(node);
    wire_join(romeo, "verona");
    wire_join(romeo, "mantua");
    wire_join(juliet, "verona");
    client_close(romeo->client, 1008, "banished");
    assert_null(node_channel(node, "mantua"));
    assert_int_equal(node_channel(node, "verona")->count, 1);
    wire_send(juliet, "verona", "1");
    assert_hears(juliet, OK);
    assert_silent(romeo);
    node_free(node);
}

static void test_client_close_leaves_what_was_queued_to_the_transport(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *wire = node_connect(node);
    wire_subscribe(wire, "verona", NULL);
    client_close(wire->client, 1001, "going away");
    assert_hears(wire, OK);
    assert_silent(wire);
    node_free(node);
}

static void test_client_gone_without_a_close_leaves_its_channels(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *romeo = node_connect(node), *juliet = node_connect(node);
    wire_join(romeo, "verona");
    wire_join(juliet, "verona");
    wire_gone(romeo);
    assert_int_equal(node_channel(node, "verona")->count, 1);
    assert_int_equal(romeo->closes, 0);
    wire_gone(juliet);
    assert_null(node_channel(node, "verona"));
    assert_int_equal(node->relay.counters.channels_closed, 1);
    node_free(node);
}

static void test_client_gone_frees_frames_that_it_never_read(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *wire = node_connect(node);
    wire_subscribe(wire, "verona", NULL);
    wire_say(wire, "{'command':'list','nonce':1}");
    wire_gone(wire);
    assert_int_equal(node->relay.ok_frame->references, 1);
    node_free(node); /* the sanitizer counts the rest */
}

static void test_client_answer_wakes_the_transport(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *wire = node_connect(node);
    assert_int_equal(wire->wakes, 0);
    wire_join(wire, "verona");
    assert_int_equal(wire->wakes, 1);
    wire_say(wire, "nonsense");
    assert_int_equal(wire->wakes, 2);
    node_free(node);
}

static void test_client_nonce_comes_back_byte_for_byte(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *wire = node_connect(node);
    wire_say(wire, "{'nonce':1.50e+1,'command':'subscribe','data':{'topic':'a'}}");
    assert_hears(wire, "{'type':'response','data':{'ok':true},'nonce':1.50e+1}");
    wire_say(wire, "{'nonce':'\\u0061\\/','command':'list'}");
    assert_hears(wire, "{'type':'response','data':{'channels':['a']},'nonce':'\\u0061\\/'}");
    wire_say(wire, "{'nonce':'n','command':'dance'}");
    assert_hears(wire,
                 "{'type':'response','data':{'ok':false,'reason':'invalid command'},'nonce':'n'}");
    node_free(node);
}

static void test_client_ok_without_a_nonce_is_one_frame_for_all(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *romeo = node_connect(node), *juliet = node_connect(node);
    wire_subscribe(romeo, "a", NULL);
    wire_subscribe(juliet, "a", NULL);
    assert_int_equal(node->relay.ok_frame->references, 3);
    assert_hears(romeo, OK);
    assert_hears(juliet, OK);
    assert_int_equal(node->relay.ok_frame->references, 1);
    node_free(node);
}

static void test_client_every_failure_is_answered_and_leaves_it_open(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"{", REFUSED("malformed json")},
        {"[]", REFUSED("invalid command")},
        {"{'command':'dance'}", REFUSED("invalid command")},
        {"{'command':'send'}", REFUSED("missing data")},
        {"{'command':'subscribe','data':{}}", REFUSED("missing topic")},
        {"{'command':'send','data':{'message':1}}", REFUSED("missing channel")},
        {"{'command':'send','data':{'channel':'a'}}", REFUSED("missing message")},
        {"{'command':'subscribe','data':{'topic':''}}", REFUSED("invalid topic")},
        {"{'command':'list','nonce':[]}", REFUSED("invalid nonce")},
        {"{'command':'unsubscribe','data':{'topic':'a'}}", REFUSED("not subscribed")},
    };
    const size_t count = sizeof(pairs) / sizeof(pairs[0]);
    struct node *node = node_new();
    struct wire *wire = node_connect(node);
    for (size_t i = 0; i < count; i++) {
        wire_say(wire, "%s", pairs[i][0]);
        assert_hears(wire, pairs[i][1]);
        assert_silent(wire);
    }
    assert_open(wire);
    assert_int_equal(node->relay.counters.commands, count);
    assert_int_equal(node->relay.counters.commands_failed, count);
    assert_int_equal(node->relay.counters.commands_malformed, 1);
    node_free(node);
}

/* The ok is 39 bytes of text and 2 of header. */
static void test_client_queue_takes_its_limit_and_not_a_byte_more(void **state)
{
    (void)state;
    const size_t ok_len = 2 + sizeof(OK) - 1;
    for (size_t less = 0; less < 2; less++) {
        struct node *node = node_new();
        node->relay.limits.send_queue_bytes = 3 * ok_len - less;
        struct wire *wire = node_connect(node);
        for (int i = 0; i < 3; i++)
            wire_subscribe(wire, "a", NULL);
        if (less == 0) {
            assert_open(wire);
            assert_int_equal(wire_hear_all(wire), 3);
        } else {
            assert_closed(wire, 1013, "too slow");
        }
        node_free(node);
    }
}

static void test_client_that_reads_in_time_may_ask_for_ever(void **state)
{
    (void)state;
    struct node *node = node_new();
    node->relay.limits.send_queue_bytes = 100;
    struct wire *wire = node_connect(node);
    for (int i = 0; i < 1000; i++) {
        wire_subscribe(wire, "a", NULL);
        wire_subscribe(wire, "a", NULL);
        assert_int_equal(wire_hear_all(wire), 2);
    }
    assert_open(wire);
    node_free(node);
}

static void test_client_too_slow_loses_its_queue_and_its_channels(void **state)
{
    (void)state;
    struct node *node = node_new();
    node->relay.limits.send_queue_bytes = 100;
    struct wire *wire = node_connect(node);
    for (int i = 0; i < 3; i++)
        wire_subscribe(wire, "a", NULL);
    assert_closed(wire, 1013, "too slow");
    assert_silent(wire);
    assert_int_equal(client_outbox(wire->client)->bytes, 0);
    assert_int_equal(wire->client->subscriptions.count, 0);
    assert_null(node_channel(node, "a"));
    assert_int_equal(node->relay.counters.clients_too_slow, 1);
    assert_int_equal(node->warnings, 1);
    assert_int_equal(node->relay.client_count, 1); /* until the transport says gone */
    node_free(node);
}

static void test_client_condemned_twice_before_its_end_is_closed_once(void **state)
{
    (void)state;
    struct node *node = node_new();
    node->relay.limits.send_queue_bytes = 10;
    struct wire *wire = node_connect(node);
    client_queue(wire->client, node->relay.ok_frame, false);
    client_queue(wire->client, node->relay.ok_frame, false);
    client_queue(wire->client, node->relay.ok_frame, false);
    assert_open(wire);
    relay_close_condemned(&node->relay);
    relay_close_condemned(&node->relay);
    assert_closed(wire, 1013, "too slow");
    assert_int_equal(node->relay.counters.clients_too_slow, 1);
    node_free(node);
}

static void test_client_gone_between_its_condemnation_and_its_end_is_forgotten(void **state)
{
    (void)state;
    struct node *node = node_new();
    node->relay.limits.send_queue_bytes = 10;
    struct wire *wire = node_connect(node), *other = node_connect(node);
    client_queue(wire->client, node->relay.ok_frame, false);
    client_queue(other->client, node->relay.ok_frame, false);
    client_queue(wire->client, node->relay.ok_frame, false);
    client_queue(other->client, node->relay.ok_frame, false);
    wire_gone(wire);
    relay_close_condemned(&node->relay);
    assert_int_equal(wire->closes, 0);
    assert_closed(other, 1013, "too slow");
    node_free(node);
}

static void test_client_closed_between_its_condemnation_and_its_end_keeps_its_code(void **state)
{
    (void)state;
    struct node *node = node_new();
    node->relay.limits.send_queue_bytes = 10;
    struct wire *wire = node_connect(node);
    client_queue(wire->client, node->relay.ok_frame, false);
    client_queue(wire->client, node->relay.ok_frame, false);
    client_close(wire->client, 1012, "node restarting");
    relay_close_condemned(&node->relay);
    assert_closed(wire, 1012, "node restarting");
    assert_int_equal(node->relay.counters.clients_too_slow, 0);
    node_free(node);
}

static void test_client_that_is_closing_is_sent_nothing(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *wire = node_connect(node);
    client_close(wire->client, 1008, "test");
    client_queue(wire->client, node->relay.ok_frame, false);
    assert_silent(wire);
    assert_int_equal(wire->wakes, 0);
    node_free(node);
}

/* No memory for an answer: a client may not wait for ever for one that never comes. */
static void test_client_whose_answer_cannot_be_made_is_closed(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *wire = node_connect(node), *other = node_connect(node);
    buf_deinit(&node->relay.text);
    buf_init(&node->relay.text, 20);
    wire_say(wire, "{'command':'list'}");
    assert_closed(wire, 1013, "too slow");
    node->relay.text.max = 0;
    wire_say(other, "{'command':'list'}");
    assert_hears(other, CHANNELS(""));
    node_free(node);
}

static void test_client_may_be_told_how_large_a_message_is(void **state)
{
    (void)state;
    struct node *node = node_new();
    node->relay.limits.message_bytes = 1234;
    assert_int_equal(client_message_max(node_connect(node)->client), 1234);
    node_free(node);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_client_ids_are_never_given_twice),
        cmocka_unit_test(test_client_is_counted_from_open_to_gone),
        cmocka_unit_test(test_client_facts_are_its_own),
        cmocka_unit_test(test_client_without_identity_has_an_empty_one),
        cmocka_unit_test(test_client_close_tells_the_transport_once),
        cmocka_unit_test(test_client_close_leaves_its_channels_at_once),
        cmocka_unit_test(test_client_close_leaves_what_was_queued_to_the_transport),
        cmocka_unit_test(test_client_gone_without_a_close_leaves_its_channels),
        cmocka_unit_test(test_client_gone_frees_frames_that_it_never_read),
        cmocka_unit_test(test_client_answer_wakes_the_transport),
        cmocka_unit_test(test_client_nonce_comes_back_byte_for_byte),
        cmocka_unit_test(test_client_ok_without_a_nonce_is_one_frame_for_all),
        cmocka_unit_test(test_client_every_failure_is_answered_and_leaves_it_open),
        cmocka_unit_test(test_client_queue_takes_its_limit_and_not_a_byte_more),
        cmocka_unit_test(test_client_that_reads_in_time_may_ask_for_ever),
        cmocka_unit_test(test_client_too_slow_loses_its_queue_and_its_channels),
        cmocka_unit_test(test_client_condemned_twice_before_its_end_is_closed_once),
        cmocka_unit_test(test_client_gone_between_its_condemnation_and_its_end_is_forgotten),
        cmocka_unit_test(test_client_closed_between_its_condemnation_and_its_end_keeps_its_code),
        cmocka_unit_test(test_client_that_is_closing_is_sent_nothing),
        cmocka_unit_test(test_client_whose_answer_cannot_be_made_is_closed),
        cmocka_unit_test(test_client_may_be_told_how_large_a_message_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

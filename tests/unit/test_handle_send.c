/* test_handle_send.c — send: from a subscriber, byte for byte, past the policy if there is one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "node.h"

/* Romeo and Juliet in "verona"; node_free frees them. */
struct pair {
    struct node *node;
    struct wire *romeo, *juliet;
};

static struct pair pair_new(unsigned questions)
{
    struct node *node = node_new();
    struct pair pair = {node, node_connect_as(node, "{\"name\":\"romeo\"}"), node_connect(node)};
    wire_join(pair.romeo, "verona");
    wire_join(pair.juliet, "verona");
    fake_policy_install(&node->policy, &node->relay.hooks, questions);
    return pair;
}

static void test_send_delivers_any_json_byte_for_byte(void **state)
{
    (void)state;
    static const char *const messages[] = {
        "'hello'",
        "'\\u0041\\/ \\n'",
        "null",
        "true",
        "-1.50E+2",
        "[ 1 , 2]",
        "{'b' :1, 'a':{}}",
        "''",
        "'\xc3\xa9\xf0\x9f\x8c\xb9'",
    };
    struct pair pair = pair_new(0);
    for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
        char expected[200] = "{'type':'message','data':{'message':";
        strcat(expected, messages[i]);
        strcat(expected, ",'channel':'verona'}}");
        wire_send(pair.romeo, "verona", messages[i]);
        assert_hears(pair.romeo, OK);
        assert_hears(pair.juliet, expected);
    }
    node_free(pair.node);
}

static void test_send_nonce_goes_to_the_receivers_and_back(void **state)
{
    (void)state;
    struct pair pair = pair_new(0);
    wire_say(pair.romeo, "{'command':'send','data':{'channel':'verona','message':1},'nonce':'n'}");
    assert_hears(pair.romeo, "{'type':'response','data':{'ok':true},'nonce':'n'}");
    assert_hears(pair.juliet,
                 "{'type':'message','data':{'message':1,'channel':'verona'},'nonce':'n'}");
    node_free(pair.node);
}

static void test_send_takes_the_channel_by_either_name(void **state)
{
    (void)state;
    struct pair pair = pair_new(0);
    wire_say(pair.romeo, "{'command':'send','data':{'topic':'verona','message':1}}");
    assert_hears(pair.romeo, OK);
    assert_hears(pair.juliet, MESSAGE("1", "verona"));
    node_free(pair.node);
}

static void test_send_to_a_channel_that_one_is_not_in_is_refused(void **state)
{
    (void)state;
    struct pair pair = pair_new(ASK_PUBLISH);
    struct wire *paris = node_connect(pair.node);
    wire_join(paris, "padua");
    wire_send(paris, "verona", "1");
    assert_hears(paris, REFUSED("not subscribed"));
    wire_send(paris, "nowhere", "1");
    assert_hears(paris, REFUSED("not subscribed"));
    assert_silent(pair.romeo);
    assert_silent(pair.juliet);
    assert_int_equal(pair.node->policy.publishes, 0);
    assert_int_equal(pair.node->relay.counters.messages, 0);
    node_free(pair.node);
}

static void test_send_alone_in_a_channel_is_ok(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *wire = node_connect(node);
    wire_join(wire, "verona");
    wire_send(wire, "verona", "1");
    assert_hears(wire, OK);
    assert_silent(wire);
    assert_int_equal(node->relay.counters.messages, 1);
    assert_int_equal(node->relay.counters.deliveries, 0);
    node_free(node);
}

static void test_send_without_memory_for_the_message_is_busy(void **state)
{
    (void)state;
    struct pair pair = pair_new(0);
    char message[203];
    memset(message, 'm', sizeof(message) - 1);
    message[0] = message[sizeof(message) - 2] = '"';
    message[sizeof(message) - 1] = '\0';
    buf_deinit(&pair.node->relay.text);
    buf_init(&pair.node->relay.text, 200);
    wire_send(pair.romeo, "verona", message);
    assert_hears(pair.romeo, REFUSED("busy"));
    assert_silent(pair.juliet);
    assert_open(pair.juliet);
    wire_send(pair.romeo, "verona", "1");
    assert_hears(pair.romeo, OK);
    assert_hears(pair.juliet, MESSAGE("1", "verona"));
    node_free(pair.node);
}

static void test_send_policy_reads_a_string_unescaped(void **state)
{
    (void)state;
    struct pair pair = pair_new(ASK_PUBLISH);
    const struct fake_policy_asked *asked = &pair.node->policy.asked;
    wire_send(pair.romeo, "verona", "'say \\\"\\u00e9\\\"\\n'");
    assert_string_equal(asked->text, "say \"\xc3\xa9\"\n");
    assert_false(asked->is_json);
    assert_string_equal(asked->channel, "verona");
    assert_int_equal(asked->client, 1);
    assert_string_equal(asked->identity, "{\"name\":\"romeo\"}");
    assert_hears(pair.juliet, MESSAGE("'say \\\"\\u00e9\\\"\\n'", "verona"));
    wire_send(pair.romeo, "verona", "''");
    assert_int_equal(asked->text_len, 0);
    assert_false(asked->is_json);
    wire_send(pair.romeo, "verona", "'a\\u0000b'");
    assert_int_equal(asked->text_len, 3);
    assert_memory_equal(asked->text, "a\0b", 3);
    node_free(pair.node);
}

static void test_send_policy_reads_other_values_as_json(void **state)
{
    (void)state;
    struct pair pair = pair_new(ASK_PUBLISH);
    const struct fake_policy_asked *asked = &pair.node->policy.asked;
    wire_send(pair.romeo, "verona", "{'a': [1]}");
    assert_string_equal(asked->text, "{\"a\": [1]}");
    assert_true(asked->is_json);
    assert_hears(pair.juliet, MESSAGE("{'a': [1]}", "verona"));
    wire_send(pair.romeo, "verona", "null");
    assert_string_equal(asked->text, "null");
    assert_true(asked->is_json);
    node_free(pair.node);
}

static void test_send_policy_replaces_the_message_for_the_receivers(void **state)
{
    (void)state;
    struct pair pair = pair_new(ASK_PUBLISH);
    pair.node->policy.publish = PUBLISH_REPLACE;
    pair.node->policy.replacement = "{\"clean\":true}";
    wire_say(pair.romeo,
             "{'command':'send','data':{'channel':'verona','message':'damn'},'nonce':3}");
    assert_hears(pair.romeo, "{'type':'response','data':{'ok':true},'nonce':3}");
    assert_hears(
        pair.juliet,
        "{'type':'message','data':{'message':{'clean':true},'channel':'verona'},'nonce':3}");
    assert_int_equal(pair.node->relay.counters.message_bytes, strlen("{\"clean\":true}"));
    node_free(pair.node);
}

static void test_send_policy_that_passes_changes_nothing_whatever_it_wrote(void **state)
{
    (void)state;
    struct pair pair = pair_new(ASK_PUBLISH);
    pair.node->policy.publish = PUBLISH_PASS;
    pair.node->policy.replacement = "\"unused\"";
    wire_send(pair.romeo, "verona", "'as it was'");
    assert_hears(pair.romeo, OK);
    assert_hears(pair.juliet, MESSAGE("'as it was'", "verona"));
    node_free(pair.node);
}

static void test_send_policy_refuses_in_its_own_words_or_in_ours(void **state)
{
    (void)state;
    struct pair pair = pair_new(ASK_PUBLISH);
    pair.node->policy.publish = PUBLISH_REFUSE;
    pair.node->policy.denial = verdict_no("mind your tongue");
    wire_send(pair.romeo, "verona", "'damn'");
    assert_hears(pair.romeo, REFUSED("mind your tongue"));
    pair.node->policy.denial = verdict_no("");
    wire_send(pair.romeo, "verona", "'damn'");
    assert_hears(pair.romeo, REFUSED("not allowed"));
    assert_silent(pair.juliet);
    assert_int_equal(pair.node->relay.counters.messages, 0);
    assert_open(pair.romeo);
    node_free(pair.node);
}

static void test_send_replacement_of_message_bytes_passes_and_one_byte_more_is_refused(void **state)
{
    (void)state;
    struct pair pair = pair_new(ASK_PUBLISH);
    pair.node->relay.limits.message_bytes = 10;
    node_limits_changed(pair.node);
    pair.node->policy.publish = PUBLISH_REPLACE;
    pair.node->policy.replacement = "\"12345678\"";
    wire_send(pair.romeo, "verona", "1");
    assert_hears(pair.romeo, OK);
    assert_hears(pair.juliet, MESSAGE("'12345678'", "verona"));
    pair.node->policy.replacement = "\"123456789\"";
    wire_send(pair.romeo, "verona", "1");
    assert_hears(pair.romeo, REFUSED("not allowed"));
    assert_silent(pair.juliet);
    node_free(pair.node);
}

/* Half of a surrogate pair is JSON, but no text that a policy could read. */
static void test_send_string_that_no_policy_can_read_is_refused_where_there_is_one(void **state)
{
    (void)state;
    struct pair pair = pair_new(ASK_PUBLISH);
    wire_send(pair.romeo, "verona", "'\\ud800'");
    assert_hears(pair.romeo, REFUSED("not allowed"));
    assert_silent(pair.juliet);
    assert_int_equal(pair.node->policy.publishes, 0);
    fake_policy_install(&pair.node->policy, &pair.node->relay.hooks, 0);
    wire_send(pair.romeo, "verona", "'\\ud800'");
    assert_hears(pair.romeo, OK);
    assert_hears(pair.juliet, MESSAGE("'\\ud800'", "verona"));
    node_free(pair.node);
}

static void test_send_policy_is_asked_once_for_each_message_until_it_is_removed(void **state)
{
    (void)state;
    struct pair pair = pair_new(ASK_PUBLISH);
    for (unsigned i = 1; i <= 3; i++) {
        wire_send(pair.romeo, "verona", "1");
        assert_int_equal(pair.node->policy.publishes, i);
    }
    fake_policy_install(&pair.node->policy, &pair.node->relay.hooks, 0);
    wire_send(pair.romeo, "verona", "1");
    assert_int_equal(pair.node->policy.publishes, 3);
    node_free(pair.node);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_send_delivers_any_json_byte_for_byte),
        cmocka_unit_test(test_send_nonce_goes_to_the_receivers_and_back),
        cmocka_unit_test(test_send_takes_the_channel_by_either_name),
        cmocka_unit_test(test_send_to_a_channel_that_one_is_not_in_is_refused),
        cmocka_unit_test(test_send_alone_in_a_channel_is_ok),
        cmocka_unit_test(test_send_without_memory_for_the_message_is_busy),
        cmocka_unit_test(test_send_policy_reads_a_string_unescaped),
        cmocka_unit_test(test_send_policy_reads_other_values_as_json),
        cmocka_unit_test(test_send_policy_replaces_the_message_for_the_receivers),
        cmocka_unit_test(test_send_policy_that_passes_changes_nothing_whatever_it_wrote),
        cmocka_unit_test(test_send_policy_refuses_in_its_own_words_or_in_ours),
        cmocka_unit_test(
            test_send_replacement_of_message_bytes_passes_and_one_byte_more_is_refused),
        cmocka_unit_test(test_send_string_that_no_policy_can_read_is_refused_where_there_is_one),
        cmocka_unit_test(test_send_policy_is_asked_once_for_each_message_until_it_is_removed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

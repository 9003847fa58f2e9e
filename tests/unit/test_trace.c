/* test_trace.c — what somebody who looks sees of a client's commands, and what nobody sees. */
#include "watch.h"

#include "node.h"

static struct node *node;
static struct wire *romeo, *juliet;
static struct watch watch;

static int setup(void **state)
{
    (void)state;
    node = node_new();
    romeo = node_connect(node);
    juliet = node_connect(node);
    wire_join(romeo, "verona");
    wire_join(juliet, "verona");
    watch_begin(&watch, &node->relay);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    watch_end(&watch, &node->relay);
    node_free(node);
    return 0;
}

static void send_hello(void)
{
    wire_say(romeo, "{'command':'send','data':{'channel':'verona','message':'hi'},'nonce':'n1'}");
}

static void test_send_is_seen_from_the_command_to_the_fanout(void **state)
{
    (void)state;
    send_hello();
    assert_seen(&watch,
                "T command   send client=1 channel=\"verona\" nonce=\"n1\" text=\"hi\"\n"
                "T fanout    channel=\"verona\" nonce=\"n1\" subscribers=1 bytes=76 text=\"hi\"\n");
}

static void test_send_by_policy_says_what_it_answered_and_where(void **state)
{
    (void)state;
    node->policy.publish = PUBLISH_REFUSE;
    node->policy.denial = verdict_no("not now");
    node->policy.place = "policies/message.lua:7";
    fake_policy_install(&node->policy, &node->relay.hooks, ASK_PUBLISH);
    send_hello();
    assert_seen(&watch,
                "T command   send client=1 channel=\"verona\" nonce=\"n1\" text=\"hi\"\n"
                "T policy    message.publish client=1 channel=\"verona\" nonce=\"n1\" "
                "answer=\"refused\" place=\"policies/message.lua:7\"\n"
                "T refused   client=1 channel=\"verona\" nonce=\"n1\" reason=\"not now\"\n");
}

static void test_subscribe_by_policy_is_seen(void **state)
{
    (void)state;
    node->policy.open = verdict_no("closed");
    node->policy.place = "policies/channel_auth.lua:3";
    fake_policy_install(&node->policy, &node->relay.hooks, ASK_OPEN);
    wire_subscribe(romeo, "mantua", NULL);
    assert_seen(&watch, "T command   subscribe client=1 channel=\"mantua\"\n"
                        "T policy    channel_auth.open client=1 channel=\"mantua\" "
                        "answer=\"refused\" place=\"policies/channel_auth.lua:3\"\n"
                        "T refused   client=1 channel=\"mantua\" reason=\"closed\"\n");
}

static void test_password_and_its_hash_are_never_seen(void **state)
{
    (void)state;
    wire_subscribe(romeo, "balcony", "moonlight");
    node_hash_all(node);
    wire_subscribe(juliet, "balcony", "daylight");
    node_hash_all(node);
    assert_seen(&watch, "T command   subscribe client=1 channel=\"balcony\"\n"
                        "T command   subscribe client=2 channel=\"balcony\"\n"
                        "T refused   client=2 channel=\"balcony\" reason=\"invalid password\"\n");
}

static void test_only_the_channel_that_is_looked_for_is_seen(void **state)
{
    (void)state;
    watch.channel = (struct text){"mantua", 6};
    send_hello();
    wire_subscribe(romeo, "mantua", NULL);
    assert_seen(&watch, "T command   subscribe client=1 channel=\"mantua\"\n");
}

static void test_only_the_nonce_that_is_looked_for_is_seen(void **state)
{
    (void)state;
    watch.nonce = (struct text){"7", 1};
    send_hello();
    wire_say(romeo, "{'command':'list','nonce':7}");
    wire_say(romeo, "{'command':'list','nonce':'\\u0037'}");
    wire_say(romeo, "{'command':'list'}");
    assert_seen(&watch, "T command   list client=1 nonce=7\n"
                        "T command   list client=1 nonce=\"\\u0037\"\n");
}

static void test_message_is_cut_between_two_characters(void **state)
{
    (void)state;
    char text[256] = "'";
    for (int i = 0; i < 60; i++)
        strcat(text, "\xC3\xA9");
    strcat(text, "'");
    wire_send(romeo, "verona", text);
    assert_non_null(strstr(watch_text(&watch), "length=122 text=\"\xC3\xA9"));
    assert_null(strstr(watch_text(&watch), "\xC3\xE2"));
    assert_non_null(strstr(watch_text(&watch), "\xC3\xA9\xE2\x80\xA6\n"));
}

static void test_control_characters_reach_no_terminal(void **state)
{
    (void)state;
    wire_send(romeo, "verona", "['\xC2\x9B\x7F\\u001b',\n1]");
    assert_seen(&watch, "T command   send client=1 channel=\"verona\" "
                        "text=[\"\\u009b\\u007f\\u001b\", 1]\n"
                        "T fanout    channel=\"verona\" subscribers=1 bytes=75 "
                        "text=[\"\\u009b\\u007f\\u001b\", 1]\n");
}

static void test_json_is_one_object_a_line(void **state)
{
    (void)state;
    watch.is_json = true;
    send_hello();
    assert_seen(&watch,
                "{\"time\":\"T\",\"step\":\"command\",\"what\":\"send\",\"client\":1,"
                "\"channel\":\"verona\",\"nonce\":\"n1\",\"text\":\"\\\"hi\\\"\"}\n"
                "{\"time\":\"T\",\"step\":\"fanout\",\"channel\":\"verona\",\"nonce\":\"n1\","
                "\"subscribers\":1,\"bytes\":76,\"text\":\"\\\"hi\\\"\"}\n");
}

static void test_malformed_command_is_seen_by_its_refusal(void **state)
{
    (void)state;
    wire_say(romeo, "{");
    assert_seen(&watch, "T refused   client=1 reason=\"malformed json\"\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_send_is_seen_from_the_command_to_the_fanout),
        TEST(test_send_by_policy_says_what_it_answered_and_where),
        TEST(test_subscribe_by_policy_is_seen),
        TEST(test_password_and_its_hash_are_never_seen),
        TEST(test_only_the_channel_that_is_looked_for_is_seen),
        TEST(test_only_the_nonce_that_is_looked_for_is_seen),
        TEST(test_message_is_cut_between_two_characters),
        TEST(test_control_characters_reach_no_terminal),
        TEST(test_json_is_one_object_a_line),
        TEST(test_malformed_command_is_seen_by_its_refusal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

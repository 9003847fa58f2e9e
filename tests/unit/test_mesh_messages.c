/* test_mesh_messages.c — clients' messages from node to node, to the right password alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mesh_fixture.h"

static struct whole_net *net;
static struct whole_node *a, *b, *c;

static int setup(void **state)
{
    (void)state;
    net = mesh_row(3);
    a = net->nodes[0];
    b = net->nodes[1];
    c = net->nodes[2];
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    mesh_net_free(net);
    return 0;
}

static void test_mesh_messages_reach_every_subscriber_once(void **state)
{
    (void)state;
    struct whole_client *romeo = mesh_member(a, "verona", NULL);
    struct whole_client *nurse = mesh_member(a, "verona", NULL);
    struct whole_client *juliet = mesh_member(c, "verona", NULL);
    struct whole_client *paris = mesh_member(c, "mantua", NULL);
    whole_client_send(romeo, "verona", "'hail'", 7);
    whole_net_advance(net, 1000);
    assert_client_hears(romeo, CLIENT_OK("7"));
    assert_client_silent(romeo);
    assert_client_hears(nurse, CLIENT_MESSAGE("'hail'", "verona", "7"));
    assert_client_silent(nurse);
    assert_client_hears(juliet, CLIENT_MESSAGE("'hail'", "verona", "7"));
    assert_client_silent(juliet);
    assert_client_silent(paris);
}

/* Strings travel as base64 of what they say, so their escapes are written anew. */
static void test_mesh_messages_any_json_arrives(void **state)
{
    (void)state;
    static const char *const values[][2] = {
        {"null", "null"},
        {"true", "true"},
        {"1.50e+1", "1.50e+1"},
        {"-0", "-0"},
        {"[ ]", "[ ]"},
        {"{'a':[1, 2,{}],'b' : '\\u0062'}", "{'a':[1, 2,{}],'b' : '\\u0062'}"},
        {"''", "''"},
        {"'null'", "'null'"},
        {"'{}'", "'{}'"},
        {"'\\u00e9\\n\\u0000'", "'\xc3\xa9\\n\\u0000'"},
        {"'\\ud83c\\udf39'", "'\xf0\x9f\x8c\xb9'"},
    };
    struct whole_client *romeo = mesh_member(a, "verona", NULL);
    struct whole_client *juliet = mesh_member(c, "verona", NULL);
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        char expected[256];
        whole_client_send(romeo, "verona", values[i][0], 7);
        whole_net_advance(net, 200);
        snprintf(expected, sizeof(expected), CLIENT_MESSAGE("%s", "verona", "7"), values[i][1]);
        assert_client_hears(juliet, expected);
    }
}

static void test_mesh_messages_keep_their_nonce_or_its_absence(void **state)
{
    (void)state;
    struct whole_client *romeo = mesh_member(a, "verona", NULL);
    struct whole_client *juliet = mesh_member(b, "verona", NULL);
    whole_client_say(romeo, "{'command':'send','data':{'channel':'verona','message':1}}");
    whole_client_say(
        romeo, "{'command':'send','data':{'channel':'verona','message':2},'nonce':'a\\u0000b'}");
    whole_net_advance(net, 200);
    assert_client_hears(juliet, "{'type':'message','data':{'message':1,'channel':'verona'}}");
    assert_client_hears(juliet, CLIENT_MESSAGE("2", "verona", "'a\\u0000b'"));
}

static void test_mesh_messages_of_one_sender_keep_their_order(void **state)
{
    (void)state;
    struct whole_client *romeo = mesh_member(a, "verona", NULL);
    struct whole_client *juliet = mesh_member(c, "verona", NULL);
    for (unsigned i = 0; i < 200; i++) {
        char number[16];
        snprintf(number, sizeof(number), "%u", i);
        whole_client_send(romeo, "verona", number, i);
        whole_net_advance(net, i % 3);
    }
    whole_net_advance(net, 1000);
    for (unsigned i = 0; i < 200; i++) {
        char expected[128];
        snprintf(expected, sizeof(expected), CLIENT_MESSAGE("%u", "verona", "%u"), i, i);
        assert_client_hears(juliet, expected);
    }
    assert_client_silent(juliet);
}

static void assert_traffic(const struct whole_node *node, uint64_t messages, uint64_t bytes)
{
    struct traffic_sums sums;
    traffic_read(&node->relay.traffic, clock_ms(&node->relay.clock), &sums);
    assert_int_equal(sums.packets[TRAFFIC_60S], messages);
    assert_int_equal(sums.bytes[TRAFFIC_60S], bytes);
    assert_int_equal(node->relay.counters.messages, messages);
}

/* As the client said it, not in base64. */
static void test_mesh_messages_are_traffic_where_their_channel_is_open(void **state)
{
    (void)state;
    struct whole_client *romeo = mesh_member(a, "verona", NULL);
    (void)mesh_member(c, "verona", NULL);
    (void)mesh_member(b, "mantua", NULL);
    whole_client_send(romeo, "verona", "'hail'", 7);
    whole_net_advance(net, 200);
    assert_traffic(a, 1, 6);
    assert_traffic(b, 0, 0);
    assert_traffic(c, 1, 6);
}

/* Both sides opened the name while they could not see each other. */
static void test_mesh_messages_of_another_password_are_withheld(void **state)
{
    (void)state;
    c->group = 1;
    whole_net_partition(net, false);
    whole_net_advance(net, 40000);
    struct whole_client *romeo = mesh_member(a, "verona", "montague");
    struct whole_client *tybalt = mesh_member(c, "verona", "capulet");
    struct far_end *end = far_end_accepted(c, WHOLE_TOKEN);
    far_end_greet(end, "d", WHOLE_WALL_MS);
    /* a message whose tag is another password's */
    far_end_packet(end, "d", "*", "message", "1a1e5f7a000.1",
                   "{'message':'MQ==','channel':'verona','encoding':'json','claim':'00000000'}");
    whole_net_advance(net, 100);
    assert_client_silent(tybalt);
    assert_client_silent(romeo);
    assert_int_equal(mesh_counters(c->mesh)->messages_withheld, 1);
    far_end_free(end);
}

static void test_mesh_messages_that_cannot_be_decoded_are_counted(void **state)
{
    (void)state;
    struct whole_client *juliet = mesh_member(a, "verona", NULL);
    struct far_end *end = far_end_accepted(a, WHOLE_TOKEN);
    far_end_greet(end, "plain", 0);
    far_end_packet(end, "plain", "*", "message", "x1", "{'message':'?','channel':'verona'}");
    far_end_packet(end, "plain", "*", "message", "x2", "{'message':'aGk=','channel':'verona'}");
    whole_net_advance(net, 100);
    assert_client_hears(juliet, "{'type':'message','data':{'message':'hi','channel':'verona'}}");
    assert_client_silent(juliet);
    assert_int_equal(mesh_counters(a->mesh)->messages_undecodable, 1);
    far_end_free(end);
}

static void to_node(void *context, struct text channel, struct channel_scope *scope)
{
    (void)context;
    (void)channel;
    scope->kind = SCOPE_NODE;
}

static void to_c(void *context, struct text channel, struct channel_scope *scope)
{
    (void)context;
    (void)channel;
    scope->kind = SCOPE_LIST;
    buf_add(&scope->nodes, "a\0c", 4);
}

static void test_mesh_messages_of_a_node_scope_stay(void **state)
{
    (void)state;
    a->relay.hooks.routing_scope = to_node;
    struct whole_client *romeo = mesh_member(a, "verona", NULL);
    struct whole_client *juliet = mesh_member(b, "verona", NULL);
    uint64_t before = tree_counters(mesh_tree(b->mesh))->delivered;
    whole_client_send(romeo, "verona", "1", 7);
    whole_client_send(juliet, "verona", "2", 8);
    whole_net_advance(net, 1000);
    assert_client_hears(juliet, CLIENT_OK("8"));
    assert_client_silent(juliet);
    assert_client_hears(romeo, CLIENT_OK("7"));
    assert_client_silent(romeo);
    assert_int_equal(tree_counters(mesh_tree(b->mesh))->delivered, before);
}

static void test_mesh_messages_of_a_list_go_to_its_nodes_alone(void **state)
{
    (void)state;
    a->relay.hooks.routing_scope = to_c;
    struct whole_client *romeo = mesh_member(a, "verona", "montague");
    struct whole_client *nurse = mesh_member(b, "verona", "montague");
    struct whole_client *juliet = mesh_member(c, "verona", "montague");
    whole_client_send(romeo, "verona", "1", 7);
    whole_net_advance(net, 1000);
    assert_client_hears(juliet, CLIENT_MESSAGE("1", "verona", "7"));
    assert_client_silent(juliet);
    assert_client_silent(nurse);
}

/* With a megabyte for a packet, base64 and its envelope leave this much. */
static void test_mesh_messages_too_large_for_a_packet_are_refused(void **state)
{
    (void)state;
    struct whole_client *romeo = mesh_member(a, "verona", NULL);
    struct whole_client *juliet = mesh_member(c, "verona", NULL);
    for (size_t len = UPLINK_MESSAGE_MAX - 200; len <= UPLINK_MESSAGE_MAX + 1; len += 201) {
        struct json_span message = {.kind = JSON_STRING, .len = len};
        char *text = malloc(len);
        assert_non_null(text);
        memset(text, 'x', len);
        text[0] = text[len - 1] = '"';
        message.at = text;
        int err = relay_publish(&a->relay, mesh_text("verona"), &message);
        assert_int_equal(err, len > UPLINK_MESSAGE_MAX ? RELAY_EFULL : 0);
        free(text);
    }
    whole_net_advance(net, 1000);
    assert_true(strlen(mesh_heard(juliet)) > UPLINK_MESSAGE_MAX - 200);
    assert_client_silent(juliet);
    (void)mesh_heard(romeo);
}

/* Its tree gives it no more of them at 4 MiB; the sender does not notice. */
static void test_mesh_messages_are_not_queued_without_end(void **state)
{
    (void)state;
    struct whole_client *romeo = mesh_member(a, "verona", NULL);
    struct far_end *end = far_end_accepted(a, WHOLE_TOKEN);
    far_end_greet(end, "plain", 0);
    char *text = malloc(600 * 1024 + 1);
    assert_non_null(text);
    memset(text, '1', 600 * 1024);
    text[600 * 1024] = '\0';
    for (unsigned i = 0; i < 12; i++) {
        whole_client_send(romeo, "verona", text, 7);
        whole_net_advance(net, 60);
        assert_client_hears(romeo, CLIENT_OK("7"));
    }
    free(text);
    assert_false(end->is_closed);
    assert_in_range(end->session->outbox.bytes, TREE_QUEUE_BYTES_MAX,
                    TREE_QUEUE_BYTES_MAX + INM_PACKET_MAX);
    assert_int_not_equal(tree_counters(mesh_tree(a->mesh))->dropped, 0);
    far_end_free(end);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_mesh_messages_##name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reach_every_subscriber_once),
        TEST(any_json_arrives),
        TEST(keep_their_nonce_or_its_absence),
        TEST(of_one_sender_keep_their_order),
        TEST(are_traffic_where_their_channel_is_open),
        TEST(of_another_password_are_withheld),
        TEST(that_cannot_be_decoded_are_counted),
        TEST(of_a_node_scope_stay),
        TEST(of_a_list_go_to_its_nodes_alone),
        TEST(too_large_for_a_packet_are_refused),
        TEST(are_not_queued_without_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_mesh_trace.c — what somebody who looks sees of packets, on each of three nodes in a row. */
#include "watch.h"

#include "mesh_fixture.h"

static struct whole_net *net;
static struct watch watches[3];
static struct whole_client *romeo;

static struct relay *relay_at(unsigned node)
{
    return &net->nodes[node]->relay;
}

static int setup(void **state)
{
    (void)state;
    net = mesh_row(3);
    romeo = mesh_member(net->nodes[0], "verona", NULL);
    mesh_member(net->nodes[2], "verona", NULL);
    whole_net_advance(net, 3000);
    for (unsigned i = 0; i < 3; i++) {
        watch_begin(&watches[i], relay_at(i));
        watches[i].channel = (struct text){"verona", 6};
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++)
        watch_end(&watches[i], relay_at(i));
    mesh_net_free(net);
    return 0;
}

static void nothing(void *context, const struct mesh_response *response, const char *error)
{
    (void)context, (void)response, (void)error;
}

static void test_message_is_seen_by_its_nonce_on_every_node(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++)
        watches[i].nonce = (struct text){"n1", 2};
    whole_client_say(romeo,
                     "{'command':'send','data':{'channel':'verona','message':'hi'},'nonce':'n1'}");
    whole_net_advance(net, 1000);
    assert_int_equal(watch_count(&watches[0], "published message destination=\"*\""), 1);
    assert_int_equal(watch_count(&watches[0], "sent      message peer=\"b\" source=\"a\""), 1);
    assert_int_equal(watch_count(&watches[1], "arrived   message peer=\"a\" source=\"a\""), 1);
    assert_int_equal(watch_count(&watches[1], "unheard   message source=\"a\""), 1);
    assert_int_equal(watch_count(&watches[1], "forwarded message peer=\"c\" source=\"a\""), 1);
    assert_int_equal(watch_count(&watches[2], "arrived   message peer=\"b\" source=\"a\""), 1);
    assert_int_equal(watch_count(&watches[2], "fanout    channel=\"verona\" nonce=\"n1\" "
                                              "subscribers=1 bytes=76 text=\"hi\""),
                     1);
}

static void test_command_and_its_response_are_seen_without_their_data(void **state)
{
    (void)state;
    watches[1].channel.len = 0;
    mesh_request(net->nodes[0]->mesh, mesh_text("c"),
                 mesh_text("{\"command\":\"list-nodes\",\"secret\":\"moonlight\"}"), 5000, nothing,
                 NULL);
    whole_net_advance(net, 1000);
    assert_int_equal(watch_count(&watches[1], "arrived   command peer=\"a\" source=\"a\" "
                                              "destination=\"c\" command=\"list-nodes\" packet="),
                     1);
    assert_int_equal(watch_count(&watches[1], "forwarded command peer=\"c\" source=\"a\""), 1);
    assert_int_equal(watch_count(&watches[1], "forwarded response peer=\"a\" source=\"c\""), 1);
    assert_int_equal(watch_count(&watches[1], "moonlight"), 0);
}

static void test_packet_that_comes_twice_is_a_duplicate(void **state)
{
    (void)state;
    struct far_end *end = far_end_accepted(net->nodes[1], WHOLE_TOKEN);
    far_end_greet(end, "x", 0);
    for (int i = 0; i < 2; i++)
        far_end_say(end, "{'type':'message','source':'x','destination':'*','nonce':'once','data':"
                         "{'channel':'verona','message':'aGk='}}");
    whole_net_advance(net, 100);
    assert_int_equal(watch_count(&watches[1], "arrived   message peer=\"x\""), 2);
    assert_int_equal(watch_count(&watches[1], "duplicate message peer=\"x\""), 1);
    far_end_free(end);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_message_is_seen_by_its_nonce_on_every_node),
        TEST(test_packet_that_comes_twice_is_a_duplicate),
        TEST(test_command_and_its_response_are_seen_without_their_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

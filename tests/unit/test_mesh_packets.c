/* test_mesh_packets.c — what arrives by a link: forwarded as it came, or counted as malformed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "mesh_fixture.h"

static struct whole_net *net;
static struct whole_node *node;
static struct far_end *end;

static int setup(void **state)
{
    (void)state;
    net = mesh_net_new();
    node = mesh_node(net, "m", NULL);
    end = far_end_accepted(node, WHOLE_TOKEN);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    mesh_net_free(net);
    return 0;
}

static void say_malformed(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        far_end_say(end, "%s", i % 2 ? "{'source':'n'}" : "nonsense");
}

static void say_good(const char *nonce)
{
    far_end_packet(end, "n", "m", "command", nonce, "{'command':'list-nodes'}");
}

static void test_mesh_packets_ten_malformed_in_a_row_close_the_link(void **state)
{
    (void)state;
    far_end_greet(end, "n", 0);
    say_malformed(9);
    assert_false(end->is_closed);
    say_malformed(1);
    assert_true(end->is_closed);
    assert_int_equal(end->code, 1008);
    assert_int_equal(mesh_counters(node->mesh)->packets_malformed, 10);
    assert_int_equal(mesh_peer_count(node->mesh), 0);
}

static void test_mesh_packets_a_good_one_ends_the_row(void **state)
{
    (void)state;
    far_end_greet(end, "n", 0);
    say_malformed(9);
    say_good("1");
    say_malformed(9);
    assert_false(end->is_closed);
}

static void test_mesh_packets_a_link_packet_ends_the_row(void **state)
{
    (void)state;
    far_end_greet(end, "n", WHOLE_WALL_MS);
    say_malformed(9);
    far_end_packet(end, "n", "m", "link", "-", "{'have':[]}");
    say_malformed(9);
    assert_false(end->is_closed);
}

static void test_mesh_packets_a_plain_peer_has_no_link_packets(void **state)
{
    (void)state;
    far_end_greet(end, "n", 0);
    far_end_packet(end, "n", "m", "link", "-", "{'have':[]}");
    assert_int_equal(mesh_counters(node->mesh)->packets_malformed, 1);
    assert_int_equal(mesh_link_of(node, "n")->malformed, 1);
}

static void test_mesh_packets_a_packet_is_handled_once(void **state)
{
    (void)state;
    far_end_greet(end, "n", 0);
    say_good("1");
    say_good("1");
    say_good("2");
    assert_int_equal(mesh_counters(node->mesh)->commands_received, 2);
}

static void test_mesh_packets_are_forwarded_as_they_came(void **state)
{
    (void)state;
    struct far_end *other = far_end_accepted(node, WHOLE_TOKEN);
    far_end_greet(end, "n", 0);
    far_end_greet(other, "o", 0);
    far_end_say(end, "{ 'type':'command', 'odd':[1, 2],'source':'n','destination':'o',"
                     "'nonce':'\\u0061','data':{'command':'dance'}}");
    assert_true(far_end_heard(other, "{ 'type':'command', 'odd':[1, 2],'source':'n',"));
    far_end_say(end, "{ 'type':'command','odd':0,'source':'n','destination':'*','nonce':'b',"
                     "'data':{'command':'dance'}}");
    assert_true(far_end_heard(other, "{ 'type':'command','odd':0,"));
    assert_false(far_end_heard(end, "'odd'"));
}

/* Two nodes that started in one millisecond give the same nonces; a third answers both by here. */
static void test_mesh_packets_one_nonce_to_two_nodes_is_two_packets(void **state)
{
    (void)state;
    struct far_end *other = far_end_accepted(node, WHOLE_TOKEN);
    far_end_greet(end, "n", 0);
    far_end_greet(other, "o", 0);
    far_end_packet(end, "n", "o", "response", "1a1e5f7a000.1", "{'ok':true}");
    assert_true(far_end_heard(other, "'type':'response'"));
    uint64_t before = mesh_counters(node->mesh)->responses_unexpected;
    far_end_packet(end, "n", "m", "response", "1a1e5f7a000.1", "{'ok':true}");
    assert_int_equal(mesh_counters(node->mesh)->responses_unexpected, before + 1);
}

static void test_mesh_packets_of_a_closed_link_are_not_heard(void **state)
{
    (void)state;
    far_end_greet(end, "n", 0);
    assert_true(mesh_drop_peer(node->mesh, mesh_text("n")));
    assert_int_equal(end->code, 1000);
    end->is_closed = false; /* a transport that is late */
    say_good("1");
    assert_int_equal(mesh_counters(node->mesh)->commands_received, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_mesh_packets_##name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ten_malformed_in_a_row_close_the_link),
        TEST(a_good_one_ends_the_row),
        TEST(a_link_packet_ends_the_row),
        TEST(a_plain_peer_has_no_link_packets),
        TEST(a_packet_is_handled_once),
        TEST(are_forwarded_as_they_came),
        TEST(one_nonce_to_two_nodes_is_two_packets),
        TEST(of_a_closed_link_are_not_heard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

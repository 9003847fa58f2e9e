/* test_link.c — one connection: pings, latency, a queue with a bound, an end that only marks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
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
    far_end_greet(end, "n", 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    mesh_net_free(net);
    return 0;
}

static void test_link_pings_at_once_and_every_five_seconds(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 200; i++) {
        far_end_heard(end, "-");
        session_pong(end->session);
        whole_net_advance(net, 100);
    }
    assert_int_equal(end->pings, 4);
}

static void test_link_latency_is_smoothed(void **state)
{
    (void)state;
    struct link *link = mesh_link_of(node, "n");
    assert_true(link->rtt_ms < 0);
    whole_net_advance(net, 80);
    session_pong(end->session);
    assert_in_range((unsigned)link->rtt_ms, 79, 81);
    whole_net_advance(net, LINK_PING_MS);
    uint64_t waited_ms = 0;
    for (; end->pings < 2 && waited_ms < 1000; waited_ms += 10) {
        whole_net_advance(net, 10);
        far_end_heard(end, "-");
    }
    whole_net_advance(net, 1000);
    session_pong(end->session);
    assert_in_range((unsigned)link->rtt_ms, 180, 215); /* an eighth of the new one */
    struct mesh_peer peer;
    assert_true(mesh_find_peer(node->mesh, mesh_text("n"), &peer));
    assert_true(peer.latency_ms > 100);
    whole_net_advance(net, 600);
    assert_true(node->relay.peers_latency_ms > 100);
}

static void test_link_a_pong_that_nobody_asked_for_is_nothing(void **state)
{
    (void)state;
    whole_net_advance(net, 80);
    session_pong(end->session);
    double rtt_ms = mesh_link_of(node, "n")->rtt_ms;
    whole_net_advance(net, 1000);
    session_pong(end->session);
    assert_true(mesh_link_of(node, "n")->rtt_ms == rtt_ms);
}

static void nothing(void *context, const struct mesh_response *response, const char *error)
{
    (void)context;
    (void)response;
    (void)error;
}

static void test_link_a_queue_that_nobody_empties_closes_it(void **state)
{
    (void)state;
    char *data = malloc(900 * 1024 + 1);
    assert_non_null(data);
    memset(data, ' ', 900 * 1024);
    data[0] = '{';
    data[900 * 1024 - 1] = '}';
    struct text text = {data, 900 * 1024};
    unsigned sent = 0;
    for (; !end->is_closed && sent < 30; sent++)
        mesh_request(node->mesh, mesh_text("n"), text, 100, nothing, NULL);
    free(data);
    assert_int_equal(sent, LINK_QUEUE_MAX / (900 * 1024) + 1);
    assert_int_equal(end->code, 1013);
    assert_int_equal(end->session->outbox.bytes, 0);
    assert_int_equal(mesh_counters(node->mesh)->links_too_slow, 1);
    assert_int_equal(mesh_peer_count(node->mesh), 1); /* only marked */
    assert_null(mesh_link_of(node, "n"));
    whole_net_advance(net, 100);
    assert_int_equal(mesh_peer_count(node->mesh), 0);
    assert_int_equal(node->peers_down, 1);
}

static void test_link_a_second_close_changes_nothing(void **state)
{
    (void)state;
    struct link *link = mesh_link_of(node, "n");
    link_close(link, 1008, "first");
    link_close(link, 1013, "second"); /* far_end.c asserts that the transport hears one */
    session_close(end->session, 1009, "third");
    assert_int_equal(end->code, 1008);
    mesh_settle(node->mesh);
    assert_int_equal(mesh_peer_count(node->mesh), 0);
}

static void test_link_takes_a_packet_of_a_megabyte(void **state)
{
    (void)state;
    assert_int_equal(session_message_max(end->session), INM_PACKET_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_link_##name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(pings_at_once_and_every_five_seconds),    TEST(latency_is_smoothed),
        TEST(a_pong_that_nobody_asked_for_is_nothing), TEST(a_queue_that_nobody_empties_closes_it),
        TEST(a_second_close_changes_nothing),          TEST(takes_a_packet_of_a_megabyte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

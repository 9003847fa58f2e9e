/* test_mesh_figures.c — what a node counts and measures of its network. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "mesh/mesh_figures.h"
#include "mesh_fixture.h"

static struct whole_net *net;

static int teardown(void **state)
{
    (void)state;
    mesh_net_free(net);
    return 0;
}

static void test_mesh_figures_tell_the_nodes_and_who_holds_a_channel(void **state)
{
    (void)state;
    net = mesh_row(3);
    mesh_member(net->nodes[0], "verona", NULL);
    mesh_member(net->nodes[0], "mantua", NULL);
    mesh_member(net->nodes[2], "padua", NULL);
    struct mesh_figures here = mesh_figures(net->nodes[0]->mesh);
    struct mesh_figures between = mesh_figures(net->nodes[1]->mesh);
    assert_int_equal(here.nodes, 2);
    assert_int_equal(here.claims_held, 2);
    assert_int_equal(here.claims_tentative, 0);
    assert_int_equal(here.claims_replicated, 1);
    assert_int_equal(between.claims_held, 0);
    assert_int_equal(between.claims_replicated, 3);
    assert_int_equal(between.tree_sources, 3);
    assert_int_equal(between.tree_held, 0);
}

static void test_mesh_figures_tell_a_claim_that_awaits_votes_apart(void **state)
{
    (void)state;
    net = mesh_row(2);
    whole_net_advance(net, 1000);
    whole_node_freeze(net->nodes[1], true);
    struct whole_client *client = mesh_client(net->nodes[0]);
    whole_client_subscribe(client, "verona", NULL, 1);
    whole_net_advance(net, 100);
    struct mesh_figures waits = mesh_figures(net->nodes[0]->mesh);
    assert_int_equal(waits.claims_tentative, 1);
    assert_int_equal(waits.claims_held, 0);
    whole_node_freeze(net->nodes[1], false);
    whole_net_advance(net, 5000);
    struct mesh_figures voted = mesh_figures(net->nodes[0]->mesh);
    assert_int_equal(voted.claims_tentative, 0);
    assert_int_equal(voted.claims_held, 1);
}

static void test_mesh_figures_count_a_message_on_its_way(void **state)
{
    (void)state;
    net = mesh_row(3);
    struct whole_client *romeo = mesh_member(net->nodes[0], "verona", NULL);
    mesh_member(net->nodes[2], "verona", NULL);
    struct mesh_figures before = mesh_figures(net->nodes[2]->mesh);
    struct mesh_figures between = mesh_figures(net->nodes[1]->mesh);
    whole_client_send(romeo, "verona", "\"hello\"", 2);
    whole_net_advance(net, 100);
    struct mesh_figures after = mesh_figures(net->nodes[2]->mesh);
    assert_int_equal(after.counters.messages_delivered - before.counters.messages_delivered, 1);
    assert_true(mesh_figures(net->nodes[1]->mesh).tree.forwarded > between.tree.forwarded);
}

static void test_mesh_figures_tell_what_a_peer_does_not_take(void **state)
{
    (void)state;
    char message[9000];
    net = mesh_row(2);
    struct whole_client *romeo = mesh_member(net->nodes[0], "verona", NULL);
    mesh_member(net->nodes[1], "verona", NULL);
    memset(message, '1', sizeof message - 1);
    message[sizeof message - 1] = '\0';
    whole_node_freeze(net->nodes[1], true);
    for (unsigned i = 0; i < 200; i++)
        whole_client_send(romeo, "verona", message, i);
    whole_net_advance(net, 100);
    size_t waits = mesh_figures(net->nodes[0]->mesh).queued_bytes;
    assert_true(waits > 0);
    assert_int_equal(mesh_link_of(net->nodes[0], "b")->session.outbox.bytes, waits);
    whole_node_freeze(net->nodes[1], false);
    whole_net_advance(net, 2000);
    assert_int_equal(mesh_figures(net->nodes[0]->mesh).queued_bytes, 0);
}

#define FIGURES_TEST(name) cmocka_unit_test_teardown(name, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIGURES_TEST(test_mesh_figures_tell_the_nodes_and_who_holds_a_channel),
        FIGURES_TEST(test_mesh_figures_tell_a_claim_that_awaits_votes_apart),
        FIGURES_TEST(test_mesh_figures_count_a_message_on_its_way),
        FIGURES_TEST(test_mesh_figures_tell_what_a_peer_does_not_take),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

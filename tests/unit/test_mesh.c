/* test_mesh.c — a node in its network, from start to end: who is there, and what it costs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "mesh_fixture.h"

static struct whole_net *net;

static int teardown(void **state)
{
    (void)state;
    mesh_net_free(net);
    return 0;
}

static void test_mesh_knows_every_node_of_the_network(void **state)
{
    (void)state;
    net = mesh_row(5);
    whole_net_advance(net, 3000);
    for (unsigned i = 0; i < 5; i++) {
        struct mesh_node_facts facts;
        size_t cursor = 0, count = 0, peers = 0;
        while (mesh_next_node(net->nodes[i]->mesh, &cursor, &facts)) {
            assert_false(facts.is_plain);
            count++;
            peers += facts.is_peer;
        }
        assert_int_equal(count, 4);
        assert_int_equal(peers, i == 0 || i == 4 ? 1 : 2);
        assert_int_equal(mesh_peer_count(net->nodes[i]->mesh), peers);
    }
}

static void test_mesh_a_node_that_died_is_forgotten(void **state)
{
    (void)state;
    net = mesh_row(3);
    whole_net_advance(net, 20000);
    assert_int_equal(members_count(&net->nodes[0]->mesh->members), 2);
    whole_node_crash(net->nodes[2], true);
    whole_net_advance(net, 10000);
    assert_int_equal(members_count(&net->nodes[0]->mesh->members), 2);
    whole_net_advance(net, 40000);
    assert_int_equal(members_count(&net->nodes[0]->mesh->members), 1);
    assert_int_equal(members_count(&net->nodes[1]->mesh->members), 1);
}

static void test_mesh_an_alone_node_has_nothing_to_do(void **state)
{
    (void)state;
    net = mesh_net_new();
    struct whole_config config = {.name = "alone", .pool = 4};
    struct whole_node *alone = whole_net_add(net, &config);
    assert_null(alone->relay.uplink);
    assert_int_equal(mesh_due_ms(alone->mesh), UINT64_MAX);
    struct whole_client *romeo = mesh_member(alone, "verona", "montague");
    struct whole_client *juliet = mesh_member(alone, "verona", "montague");
    whole_client_send(romeo, "verona", "1", 7);
    whole_net_advance(net, 100);
    assert_client_hears(juliet, CLIENT_MESSAGE("1", "verona", "7"));
}

/* It came into a network by a dial of a script, or by a reload: its clients are in it, too. */
static void test_mesh_an_alone_node_that_dials_is_in_the_network(void **state)
{
    (void)state;
    net = mesh_row(2);
    struct whole_config config = {.name = "alone", .pool = 4};
    struct whole_node *alone = whole_net_add(net, &config);
    assert_null(alone->relay.uplink);
    assert_int_equal(mesh_dial(alone->mesh, "b", "sim://b/node", WHOLE_TOKEN, NULL, NULL), 0);
    whole_net_advance(net, 1000);
    struct whole_client *romeo = mesh_member(alone, "verona", "montague");
    struct whole_client *juliet = mesh_member(net->nodes[0], "verona", "montague");
    whole_client_send(romeo, "verona", "1", 7);
    whole_net_advance(net, 100);
    assert_client_hears(juliet, CLIENT_MESSAGE("1", "verona", "7"));
}

static void test_mesh_the_first_node_of_a_network_opens_at_once(void **state)
{
    (void)state;
    net = mesh_net_new();
    struct whole_node *first = mesh_node(net, "first", NULL);
    assert_non_null(first->relay.uplink);
    struct whole_client *client = mesh_client(first);
    whole_client_subscribe(client, "verona", NULL, 1);
    whole_net_advance(net, 1);
    assert_client_hears(client, CLIENT_OK("1"));
    assert_int_equal(mesh_claims(first->mesh)->count, 1);
}

static void test_mesh_a_reload_keeps_links_and_takes_the_rest(void **state)
{
    (void)state;
    net = mesh_row(2);
    struct whole_node *a = net->nodes[0];
    a->config.token = "another";
    a->config.host = "sim://elsewhere/node";
    a->config.pool = 3;
    assert_int_equal(whole_node_configure(a), 0);
    assert_false(mesh_admits(a->mesh, mesh_text(WHOLE_TOKEN)));
    assert_true(mesh_admits(a->mesh, mesh_text("another")));
    assert_int_equal(mesh_pool(a->mesh), 3);
    assert_memory_equal(mesh_host(a->mesh).at, "sim://elsewhere/node", mesh_host(a->mesh).len);
    assert_int_equal(mesh_peer_count(a->mesh), 1);
}

/* Nothing is known of the last boot, and its numbers begin anew. */
static void test_mesh_a_node_that_started_again_is_heard(void **state)
{
    (void)state;
    net = mesh_row(3);
    struct whole_node *a = net->nodes[0], *c = net->nodes[2];
    struct whole_client *juliet = mesh_member(c, "verona", NULL);
    for (unsigned i = 0; i < 5; i++) {
        struct whole_client *romeo = mesh_member(a, "verona", NULL);
        whole_client_send(romeo, "verona", "1", 7);
        whole_net_advance(net, 500);
        assert_client_hears(juliet, CLIENT_MESSAGE("1", "verona", "7"));
        assert_client_silent(juliet);
        whole_node_crash(a, i % 2);
        whole_net_advance(net, 100);
        whole_node_start(a);
        whole_net_advance(net, 5000 + 30000 * (i % 2));
    }
}

static bool is_known(const struct whole_node *node, const char *name)
{
    return members_find(&node->mesh->members, mesh_text(name)) != NULL;
}

static void assert_opens_at_once(struct whole_node *node)
{
    struct whole_client *client = mesh_client(node);
    whole_client_subscribe(client, "verona", NULL, 1);
    whole_net_advance(net, 100);
    assert_client_hears(client, CLIENT_OK("1"));
}

static void test_mesh_a_node_that_ends_is_dead_at_once(void **state)
{
    (void)state;
    net = mesh_row(4);
    struct whole_node *a = net->nodes[0];
    assert_true(is_known(a, "d"));
    whole_node_close(net->nodes[3]);
    whole_net_advance(net, 500);
    assert_false(is_known(a, "d"));
    whole_net_advance(net, 5000);
    assert_false(is_known(a, "d"));
    assert_opens_at_once(a);
}

static void test_mesh_a_node_that_ended_may_come_back(void **state)
{
    (void)state;
    net = mesh_row(3);
    struct whole_node *c = net->nodes[2];
    whole_node_close(c);
    whole_net_advance(net, 5000);
    assert_false(is_known(net->nodes[0], "c"));
    whole_node_start(c);
    whole_net_advance(net, 5000);
    assert_true(is_known(net->nodes[0], "c"));
}

/* Whoever met it before tells of it for ten minutes. */
static void test_mesh_a_node_that_ended_is_dead_for_one_that_starts(void **state)
{
    (void)state;
    net = mesh_row(4);
    struct whole_node *a = net->nodes[0], *d = net->nodes[3];
    whole_node_close(d);
    for (unsigned i = 0; i < 3; i++) {
        whole_net_advance(net, i * 12000);
        whole_node_crash(a, false);
        whole_node_start(a);
        whole_net_advance(net, 4000);
        assert_true(is_known(a, "c"));
        assert_false(is_known(a, "d"));
    }
    assert_opens_at_once(a);
}

static void test_mesh_a_node_that_died_is_dead_for_one_that_starts(void **state)
{
    (void)state;
    net = mesh_row(4);
    struct whole_node *a = net->nodes[0];
    whole_node_crash(net->nodes[3], true);
    whole_net_advance(net, 50000);
    whole_node_crash(a, false);
    whole_node_start(a);
    whole_net_advance(net, 4000);
    assert_true(is_known(a, "c"));
    assert_false(is_known(a, "d"));
    assert_opens_at_once(a);
}

/* While the way to it was broken: its neighbours tell of it when there is a way again. */
static void test_mesh_a_node_that_ended_out_of_reach_is_dead_when_a_link_stands_again(void **state)
{
    (void)state;
    net = mesh_row(4);
    struct whole_node *a = net->nodes[0], *b = net->nodes[1];
    link_close(mesh_link_of(b, "a"), CLOSE_NORMAL, "test");
    mesh_settle(b->mesh);
    whole_node_close(net->nodes[3]);
    whole_net_advance(net, 100);
    assert_null(mesh_link_of(a, "b"));
    assert_true(is_known(a, "d"));
    whole_net_advance(net, 4000);
    assert_non_null(mesh_link_of(a, "b"));
    assert_true(is_known(a, "c"));
    assert_false(is_known(a, "d"));
}

static void test_mesh_closing_ends_all_links(void **state)
{
    (void)state;
    net = mesh_row(3);
    whole_node_close(net->nodes[1]);
    assert_int_equal(mesh_peer_count(net->nodes[1]->mesh), 0);
    whole_net_advance(net, 500);
    assert_int_equal(mesh_peer_count(net->nodes[0]->mesh), 0);
    assert_int_equal(mesh_peer_count(net->nodes[2]->mesh), 0);
    assert_int_equal(mesh_due_ms(net->nodes[1]->mesh), UINT64_MAX);
}

static void test_mesh_is_still_when_nothing_happens(void **state)
{
    (void)state;
    net = mesh_row(4);
    whole_net_advance(net, 60000);
    uint64_t before = mesh_counters(net->nodes[1]->mesh)->packet_bytes_sent;
    uint64_t packets = mesh_counters(net->nodes[1]->mesh)->packets_received;
    whole_net_advance(net, 60000);
    const struct mesh_counters *counters = mesh_counters(net->nodes[1]->mesh);
    assert_int_equal(counters->packets_malformed, 0);
    assert_int_equal(counters->requests_timed_out, 0);
    assert_true(counters->packets_received - packets < 60 * 16);
    assert_true(counters->packet_bytes_sent - before < 60 * 2000);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(net->nodes[i]->warnings, 0);
}

#define TEST(name) cmocka_unit_test_teardown(test_mesh_##name, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(knows_every_node_of_the_network),
        TEST(a_node_that_died_is_forgotten),
        TEST(an_alone_node_has_nothing_to_do),
        TEST(an_alone_node_that_dials_is_in_the_network),
        TEST(the_first_node_of_a_network_opens_at_once),
        TEST(a_reload_keeps_links_and_takes_the_rest),
        TEST(a_node_that_started_again_is_heard),
        TEST(a_node_that_ends_is_dead_at_once),
        TEST(a_node_that_ended_may_come_back),
        TEST(a_node_that_ended_is_dead_for_one_that_starts),
        TEST(a_node_that_died_is_dead_for_one_that_starts),
        TEST(a_node_that_ended_out_of_reach_is_dead_when_a_link_stands_again),
        TEST(closing_ends_all_links),
        TEST(is_still_when_nothing_happens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

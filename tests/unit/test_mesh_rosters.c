/* test_mesh_rosters.c — a plain peer is known, and has a vote, in the whole network. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "mesh_fixture.h"

static struct whole_net *net;
static struct whole_node *a, *c;
static struct far_end *plain; /* beside c, two links away from a */

static int setup(void **state)
{
    (void)state;
    net = mesh_row(3);
    a = net->nodes[0];
    c = net->nodes[2];
    plain = far_end_accepted(c, WHOLE_TOKEN);
    far_end_greet(plain, "peer", 0);
    whole_net_advance(net, 100);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    far_end_free_all();
    mesh_net_free(net);
    return 0;
}

static const struct membership *known(const struct whole_node *node)
{
    return members_find(&node->mesh->members, mesh_text("peer"));
}

static void test_mesh_rosters_a_plain_peer_is_known_two_links_away(void **state)
{
    (void)state;
    assert_non_null(known(a));
    assert_true(known(a)->is_plain);
    assert_int_equal(known(a)->links, 0);
}

static void test_mesh_rosters_a_plain_peer_that_goes_is_forgotten_everywhere(void **state)
{
    (void)state;
    link_close(mesh_link_of(c, "peer"), CLOSE_NORMAL, "test");
    mesh_settle(c->mesh);
    whole_net_advance(net, 100);
    assert_null(known(c));
    assert_null(known(a));
}

static void test_mesh_rosters_a_node_that_joins_later_is_told(void **state)
{
    (void)state;
    struct whole_node *late = mesh_node(net, "late", "a");
    whole_net_advance(net, 2000);
    assert_non_null(mesh_link_of(late, "a"));
    assert_non_null(known(late));
}

static void test_mesh_rosters_an_open_waits_for_the_vote_of_a_plain_peer_elsewhere(void **state)
{
    (void)state;
    struct whole_client *client = mesh_client(a);
    whole_client_subscribe(client, "verona", NULL, 1);
    whole_net_advance(net, 1000);
    assert_client_silent(client);
    assert_true(far_end_heard(plain, "'reserve-channel'"));
    whole_net_advance(net, 2500);
    assert_client_hears(client, CLIENT_OK("1")); /* 3 s, and nobody said no */
}

static void test_mesh_rosters_of_a_node_that_died_go_with_it(void **state)
{
    (void)state;
    whole_node_freeze(c, true);
    whole_net_advance(net, 60000);
    assert_null(known(a));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_mesh_rosters_a_plain_peer_is_known_two_links_away),
        TEST(test_mesh_rosters_a_plain_peer_that_goes_is_forgotten_everywhere),
        TEST(test_mesh_rosters_a_node_that_joins_later_is_told),
        TEST(test_mesh_rosters_an_open_waits_for_the_vote_of_a_plain_peer_elsewhere),
        TEST(test_mesh_rosters_of_a_node_that_died_go_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_mesh_routes.c — the routing policy is asked once for a destination, and again when links
 * changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "mesh_fixture.h"

static struct whole_net *net;
static struct whole_node *a;
static struct far_end *ends[2];
static unsigned asked;
static int answer;
static size_t routes_told;

static int next_hop(void *context, struct text destination, const struct route *routes,
                    size_t count)
{
    (void)context;
    assert_int_equal(destination.len, 3);
    assert_int_equal(routes[0].hops, 0);
    asked++;
    routes_told = count;
    return answer;
}

static int setup(void **state)
{
    (void)state;
    net = mesh_net_new();
    a = mesh_node(net, "a", NULL);
    a->relay.hooks.routing_next_hop = next_hop;
    for (unsigned i = 0; i < 2; i++) {
        ends[i] = far_end_accepted(a, WHOLE_TOKEN);
        far_end_greet(ends[i], i ? "y" : "x", 0);
    }
    asked = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    mesh_net_free(net);
    return 0;
}

static void nothing(void *context, const struct mesh_response *response, const char *error)
{
    (void)context;
    (void)response;
    (void)error;
}

static void ask_far(void)
{
    far_end_heard(ends[0], "-");
    far_end_heard(ends[1], "-");
    mesh_request(a->mesh, mesh_text("far"), mesh_text("{\"command\":\"dance\"}"), 100, nothing,
                 NULL);
}

static void test_mesh_routes_the_policys_choice_is_taken(void **state)
{
    (void)state;
    for (answer = 0; answer < 2; answer++) {
        mesh_routes_changed(a->mesh);
        ask_far();
        assert_true(far_end_heard(ends[answer], "dance"));
        assert_false(far_end_heard(ends[1 - answer], "dance"));
    }
    assert_int_equal(routes_told, 2);
}

static void test_mesh_routes_the_policy_is_asked_once(void **state)
{
    (void)state;
    answer = 0;
    ask_far();
    ask_far();
    assert_int_equal(asked, 1);
    assert_true(far_end_heard(ends[0], "dance"));
}

static void test_mesh_routes_the_policy_is_asked_again_after_links_changed(void **state)
{
    (void)state;
    answer = 0;
    ask_far();
    struct far_end *more = far_end_accepted(a, WHOLE_TOKEN);
    far_end_greet(more, "z", 0);
    ask_far();
    assert_int_equal(asked, 2);
    assert_int_equal(routes_told, 3);
    far_end_free(more);
    ask_far();
    assert_int_equal(asked, 3);
    assert_int_equal(routes_told, 2);
}

static void test_mesh_routes_the_policy_is_asked_again_after_latency_changed(void **state)
{
    (void)state;
    answer = 0;
    whole_net_advance(net, 40);
    session_pong(ends[0]->session); /* of the first ping */
    ask_far();
    assert_int_equal(asked, 1);
    whole_net_advance(net, 5000);
    assert_true(mesh_link_of(a, "x")->pinged_us > 0);
    whole_net_advance(net, 35);
    session_pong(ends[0]->session); /* 40 ms is not far from 35 */
    ask_far();
    assert_int_equal(asked, 1);
    whole_net_advance(net, 5100);
    whole_net_advance(net, 900);
    session_pong(ends[0]->session);
    ask_far();
    assert_int_equal(asked, 2);
}

static void test_mesh_routes_an_answer_that_is_none_is_the_routers(void **state)
{
    (void)state;
    static const int answers[] = {-1, 2, 1000, -1000};
    for (unsigned i = 0; i < 4; i++) {
        answer = answers[i];
        mesh_routes_changed(a->mesh);
        ask_far();
        assert_true(far_end_heard(ends[0], "dance")); /* nobody knows the way: all are asked */
        assert_true(far_end_heard(ends[1], "dance"));
    }
}

static void test_mesh_routes_a_peer_needs_no_policy(void **state)
{
    (void)state;
    answer = 0;
    mesh_request(a->mesh, mesh_text("y"), mesh_text("{\"command\":\"dance\"}"), 100, nothing, NULL);
    assert_true(far_end_heard(ends[1], "dance"));
    assert_int_equal(asked, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_mesh_routes_##name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_policys_choice_is_taken),
        TEST(the_policy_is_asked_once),
        TEST(the_policy_is_asked_again_after_links_changed),
        TEST(the_policy_is_asked_again_after_latency_changed),
        TEST(an_answer_that_is_none_is_the_routers),
        TEST(a_peer_needs_no_policy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

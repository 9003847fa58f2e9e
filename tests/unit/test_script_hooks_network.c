/* test_script_hooks_network.c — the questions about other nodes, and what a broken policy answers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "hook_question.h"

static const struct node_request NODE = {.name = {"node-b", 6},
                                         .address = {"192.0.2.7", 9},
                                         .is_single_use = true,
                                         .token_matches = true,
                                         .peers = 3};
static const struct route ROUTES[] = {
    {.peer = {"node-b", 6}, .latency_ms = 1.5, .hops = 2, .is_fastest = true},
    {.peer = {"node-c", 6}, .latency_ms = -1},
};

static struct verdict accept_with(struct script_fixture *fixture, const char *body,
                                  const struct node_request *request)
{
    char text[512];
    snprintf(text, sizeof text, "return { accept = function(r) %s end }", body);
    script_fixture_policy(fixture, "node_auth", text);
    return fixture->hooks.node_accept(fixture->hooks.context, request);
}

static struct channel_scope scope_with(struct script_fixture *fixture, const char *body)
{
    char text[512];
    struct channel_scope scope = {.kind = SCOPE_NODE};
    snprintf(text, sizeof text, "return { scope = function(channel) %s end }", body);
    script_fixture_policy(fixture, "routing", text);
    fixture->hooks.routing_scope(fixture->hooks.context, TEXT("news"), &scope);
    return scope;
}

static int next_hop_with(struct script_fixture *fixture, const char *body)
{
    char text[512];
    snprintf(text, sizeof text, "return { next_hop = function(destination, routes) %s end }", body);
    script_fixture_policy(fixture, "routing", text);
    return fixture->hooks.routing_next_hop(fixture->hooks.context, TEXT("node-z"), ROUTES, 2);
}

static void assert_failures(struct script_fixture *fixture, uint64_t count)
{
    assert_int_equal(script_policy_failures(fixture->script), count);
}

static void test_node_accept_shipped_goes_by_the_token(void **state)
{
    struct script_fixture *fixture = *state;
    struct node_request wrong = NODE;
    wrong.token_matches = false;
    script_fixture_policy(fixture, "node_auth", "return {}");
    assert_true(fixture->hooks.node_accept(fixture->hooks.context, &NODE).allowed);
    assert_false(fixture->hooks.node_accept(fixture->hooks.context, &wrong).allowed);
    assert_failures(fixture, 0);
}

static void test_node_accept_sees_its_facts(void **state)
{
    assert_true(accept_with(*state,
                            "return r.name == 'node-b' and r.address == '192.0.2.7' and r.peers "
                            "== 3 and r.token_kind == 'single-use' and r.token_matches",
                            &NODE)
                    .allowed);
}

static void test_node_accept_denies_when_it_fails(void **state)
{
    assert_false(accept_with(*state, "error 'broken'", &NODE).allowed);
    assert_failures(*state, 1);
    assert_false(accept_with(*state, "return 'yes'", &NODE).allowed);
    assert_failures(*state, 1);
}

static void test_scope_shipped_is_the_network(void **state)
{
    assert_int_equal(scope_with(*state, "return 'network'").kind, SCOPE_NETWORK);
    script_fixture_policy(*state, "routing", "return {}");
    struct script_fixture *fixture = *state;
    struct channel_scope scope = {.kind = SCOPE_NODE};
    fixture->hooks.routing_scope(fixture->hooks.context, TEXT("news"), &scope);
    assert_int_equal(scope.kind, SCOPE_NETWORK);
    assert_failures(fixture, 0);
}

static void test_scope_can_be_the_node(void **state)
{
    assert_int_equal(scope_with(*state, "return channel == 'news' and 'node'").kind, SCOPE_NODE);
}

static void test_scope_can_be_a_list_of_nodes(void **state)
{
    struct channel_scope scope = scope_with(*state, "return { 'b', 'node-c' }");
    assert_int_equal(scope.kind, SCOPE_LIST);
    assert_int_equal(scope.nodes.len, 9);
    assert_memory_equal(scope.nodes.bytes, "b\0node-c\0", 9);
    buf_deinit(&scope.nodes);
}

static void test_scope_is_the_network_when_it_fails(void **state)
{
    static const char *const BODIES[] = {
        "error 'broken'",      "return nil",
        "return 'everywhere'", "return { 'b', 5 }",
        "return { '' }",       "local t = {} for i = 1, 65 do t[i] = 'n' .. i end return t",
    };
    for (size_t i = 0; i < sizeof BODIES / sizeof BODIES[0]; i++) {
        struct channel_scope scope = scope_with(*state, BODIES[i]);
        assert_int_equal(scope.kind, SCOPE_NETWORK);
        assert_int_equal(scope.nodes.len, 0);
        assert_failures(*state, 1);
        buf_deinit(&scope.nodes);
    }
}

static void test_next_hop_nil_is_the_routers_own(void **state)
{
    assert_int_equal(next_hop_with(*state, "return nil"), -1);
    assert_failures(*state, 0);
}

static void test_next_hop_is_the_route_of_the_peer(void **state)
{
    assert_int_equal(next_hop_with(*state,
                                   "local a, b = routes[1], routes[2] "
                                   "assert(a.latency_ms == 1.5 and a.hops == 2 and a.fastest) "
                                   "assert(not b.latency_ms and not b.hops and not b.fastest) "
                                   "return destination == 'node-z' and b.peer"),
                     1);
    assert_failures(*state, 0);
}

static void test_next_hop_of_an_unknown_peer_is_the_routers_own(void **state)
{
    assert_int_equal(next_hop_with(*state, "return 'node-x'"), -1);
    assert_failures(*state, 1);
    assert_int_equal(next_hop_with(*state, "return 1"), -1);
    assert_failures(*state, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_node_accept_shipped_goes_by_the_token),
        TEST(test_node_accept_sees_its_facts),
        TEST(test_node_accept_denies_when_it_fails),
        TEST(test_scope_shipped_is_the_network),
        TEST(test_scope_can_be_the_node),
        TEST(test_scope_can_be_a_list_of_nodes),
        TEST(test_scope_is_the_network_when_it_fails),
        TEST(test_next_hop_nil_is_the_routers_own),
        TEST(test_next_hop_is_the_route_of_the_peer),
        TEST(test_next_hop_of_an_unknown_peer_is_the_routers_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

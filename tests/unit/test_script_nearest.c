/* test_script_nearest.c — nearest.choose, as scripts ask it, and what they hear when it fails. */
#include "script_node.h"

/* A command that asks with these nodes, and answers what was chosen. */
#define ASKING                                                                                     \
    "local engine = require 'relay.engine'\n"                                                      \
    "relay.command('ask', function(request)\n"                                                     \
    "  local names, reason = engine.choose_nearest({ address = '192.0.2.7', region = 'eu',\n"      \
    "    query = { a = '1' }, headers = { ['x-region'] = 'eu' } }, request.data.nodes)\n"          \
    "  return { names = names, reason = reason }\n"                                                \
    "end)"

#define NODES                                                                                      \
    "{\"nodes\":\"[{\\\"name\\\":\\\"b\\\",\\\"clients\\\":3,\\\"health\\\":\\\"good\\\"},"        \
    "{\\\"name\\\":\\\"c\\\",\\\"clients\\\":1,\\\"health\\\":null}]\"}"

static void assert_chosen(void **state, const char *policy, const char *response)
{
    struct script_node *node = *state;
    if (policy)
        script_fixture_write(&node->fixture, "policies/nearest.lua", policy);
    script_node_run(node, ASKING);
    script_node_command(node, "ask", NODES);
    assert_response(response);
}

static void test_nearest_as_installed_takes_the_healthy_one(void **state)
{
    assert_chosen(state, NULL, "{\"ok\":true,\"names\":[\"b\",\"c\"]}");
}

static void test_nearest_sees_its_facts(void **state)
{
    assert_chosen(state,
                  "return { choose = function(r, settings) assert(r.address == '192.0.2.7' and "
                  "r.region == 'eu' and r.query.a == '1' and r.headers['x-region'] == 'eu' and "
                  "r.time > 1 and #r.nodes == 2 and r.nodes[2].health == nil and settings) "
                  "return { r.nodes[2].name } end }",
                  "{\"ok\":true,\"names\":[\"c\"]}");
}

static void test_nearest_may_choose_nobody(void **state)
{
    assert_chosen(state, "return { choose = function() return {} end }",
                  "{\"ok\":true,\"names\":[]}");
}

static void test_nearest_changes_the_nodes_of_its_own_call_alone(void **state)
{
    struct script_node *node = *state;
    assert_chosen(state,
                  "return { choose = function(r) local n = r.nodes[1].name r.nodes[1] = nil "
                  "return { n } end }",
                  "{\"ok\":true,\"names\":[\"b\"]}");
    script_node_command(node, "ask", NODES);
    assert_response("{\"ok\":true,\"names\":[\"b\"]}");
    assert_int_equal(script_policy_failures(node->fixture.script), 0);
}

static void assert_fails(void **state, const char *policy, const char *logged)
{
    struct script_node *node = *state;
    assert_chosen(state, policy, "{\"ok\":true,\"reason\":\"the policy failed\"}");
    assert_int_equal(script_policy_failures(node->fixture.script), 1);
    assert_true(script_node_logged(node, logged));
    assert_true(script_node_logged(node, "a healthy node with few clients"));
}

static void test_nearest_that_raises_is_told(void **state)
{
    assert_fails(state, "return { choose = function() error 'broken' end }", "broken");
}

static void test_nearest_that_answers_no_list_is_told(void **state)
{
    assert_fails(state, "return { choose = function() return 'b' end }",
                 "choose returned no list of names");
}

static void test_nearest_that_answers_no_names_is_told(void **state)
{
    assert_fails(state, "return { choose = function() return { 5 } end }",
                 "choose returned a list that holds no name");
}

static void test_nearest_that_never_ends_is_told(void **state)
{
    assert_fails(state, "return { choose = function() while true do end end }", "budget");
}

static void test_nodes_that_are_no_json_are_told(void **state)
{
    struct script_node *node = *state;
    script_node_run(node, ASKING);
    script_node_command(node, "ask", "{\"nodes\":\"[\"}");
    assert_response("{\"ok\":true,\"reason\":\"the policy failed\"}");
    assert_true(script_node_logged(node, "the nodes cannot be read"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRIPT_TEST(test_nearest_as_installed_takes_the_healthy_one),
        SCRIPT_TEST(test_nearest_sees_its_facts),
        SCRIPT_TEST(test_nearest_may_choose_nobody),
        SCRIPT_TEST(test_nearest_changes_the_nodes_of_its_own_call_alone),
        SCRIPT_TEST(test_nearest_that_raises_is_told),
        SCRIPT_TEST(test_nearest_that_answers_no_list_is_told),
        SCRIPT_TEST(test_nearest_that_answers_no_names_is_told),
        SCRIPT_TEST(test_nearest_that_never_ends_is_told),
        SCRIPT_TEST(test_nodes_that_are_no_json_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

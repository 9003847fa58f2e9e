/* test_mesh_commands.c — commands, requests and responses between nodes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mesh_fixture.h"

#define LIST_NODES mesh_text("{\"command\":\"list-nodes\"}")

static struct whole_net *net;
static struct whole_node *a, *b, *c;

struct answers {
    unsigned responses, ends;
    char source[64], data[512], error[64];
};

static struct answers answers;

static int setup(void **state)
{
    (void)state;
    net = mesh_row(3);
    a = net->nodes[0];
    b = net->nodes[1];
    c = net->nodes[2];
    answers = (struct answers){0};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    mesh_net_free(net);
    return 0;
}

static void done(void *context, const struct mesh_response *response, const char *error)
{
    struct answers *into = context;
    into->responses += response != NULL;
    into->ends += response == NULL;
    if (response) {
        snprintf(into->source, sizeof(into->source), "%.*s", (int)response->source.len,
                 response->source.at);
        snprintf(into->data, sizeof(into->data), "%.*s", (int)response->data.len,
                 response->data.at);
    }
    if (error)
        snprintf(into->error, sizeof(into->error), "%s", error);
}

static void test_mesh_commands_a_request_is_answered_by_its_node(void **state)
{
    (void)state;
    assert_int_not_equal(mesh_request(a->mesh, mesh_text("c"), LIST_NODES, 5000, done, &answers),
                         0);
    assert_int_equal(answers.responses, 0);
    whole_net_advance(net, 100);
    assert_int_equal(answers.responses, 1);
    assert_string_equal(answers.source, "c");
    assert_string_equal(answers.data, "{\"ok\":true,\"nodes\":[\"b\"]}");
    assert_int_equal(answers.ends, 0);
    whole_net_advance(net, 10000);
    assert_int_equal(answers.responses, 1);
}

static void test_mesh_commands_an_unknown_one_is_answered_so(void **state)
{
    (void)state;
    mesh_request(a->mesh, mesh_text("b"), mesh_text("{\"command\":\"dance\"}"), 5000, done,
                 &answers);
    whole_net_advance(net, 100);
    assert_string_equal(answers.data, "{\"ok\":false,\"reason\":\"unknown command\"}");
}

static void test_mesh_commands_to_nobody_time_out(void **state)
{
    (void)state;
    mesh_request(a->mesh, mesh_text("nobody"), LIST_NODES, 5000, done, &answers);
    whole_net_advance(net, 4900);
    assert_int_equal(answers.ends, 0);
    whole_net_advance(net, 200);
    assert_int_equal(answers.ends, 1);
    assert_string_equal(answers.error, "timed out");
    assert_int_equal(mesh_counters(a->mesh)->requests_timed_out, 1);
}

static void test_mesh_commands_without_a_link_have_no_route(void **state)
{
    (void)state;
    struct whole_node *lonely = mesh_node(net, "lonely", NULL);
    mesh_request(lonely->mesh, mesh_text("a"), LIST_NODES, 5000, done, &answers);
    assert_int_equal(answers.ends, 0); /* never from inside of the call */
    whole_net_advance(net, 200);
    assert_int_equal(answers.ends, 1);
    assert_string_equal(answers.error, "no route");
}

/* Three attempts, each with a nonce of its own, the last one flooded. */
static void test_mesh_commands_are_tried_again_with_new_nonces(void **state)
{
    (void)state;
    struct far_end *end = far_end_accepted(a, WHOLE_TOKEN);
    far_end_greet(end, "n", WHOLE_WALL_MS);
    far_end_heard(end, "-");
    char nonces[3][64] = {""};
    unsigned count = 0;
    mesh_request(a->mesh, mesh_text("n"), LIST_NODES, 10000, done, &answers);
    for (unsigned i = 0; i < 90; i++) {
        const char *text;
        whole_net_advance(net, 100);
        while (strcmp(text = far_end_hear(end), NOTHING_HEARD) != 0) {
            const char *nonce = strstr(text, "\"nonce\":\"");
            if (strstr(text, "list-nodes") && nonce && count < 3)
                snprintf(nonces[count++], 64, "%.33s", nonce + 9);
        }
    }
    assert_int_equal(count, 3);
    assert_string_not_equal(nonces[0], nonces[1]);
    assert_string_not_equal(nonces[1], nonces[2]);
    assert_int_equal(nonces[2][0], 'f');
    far_end_packet(end, "n", "a", "response", nonces[0], "{'ok':true}");
    far_end_packet(end, "n", "a", "response", nonces[1], "{'ok':true}");
    assert_int_equal(answers.responses, 1); /* any of its nonces, but once */
    assert_int_equal(mesh_counters(a->mesh)->responses_unexpected, 1);
    assert_int_equal(mesh_counters(a->mesh)->requests_again, 2);
    far_end_free(end);
}

static void test_mesh_commands_find_another_way_around_a_dead_link(void **state)
{
    (void)state;
    struct whole_node *d = mesh_node(net, "d", "a");
    d->config.peers[d->config.peer_count++] = "c";
    assert_int_equal(whole_node_configure(d), 0);
    whole_net_advance(net, 5000);
    whole_net_cut(net, b, c); /* they do not know it yet */
    mesh_request(a->mesh, mesh_text("c"), LIST_NODES, 5000, done, &answers);
    whole_net_advance(net, 4900);
    assert_int_equal(answers.responses, 1);
    assert_string_equal(answers.source, "c");
}

static void test_mesh_commands_a_broadcast_collects_all(void **state)
{
    (void)state;
    assert_int_not_equal(mesh_broadcast(a->mesh, LIST_NODES, 5000, done, &answers), 0);
    whole_net_advance(net, 100);
    assert_int_equal(answers.responses, 2);
    assert_int_equal(answers.ends, 1); /* all have answered: no waiting */
    assert_string_equal(answers.error, "");
}

static void test_mesh_commands_a_broadcast_ends_when_its_time_is_over(void **state)
{
    (void)state;
    whole_node_freeze(c, true);
    mesh_broadcast(a->mesh, LIST_NODES, 1000, done, &answers);
    whole_net_advance(net, 900);
    assert_int_equal(answers.responses, 1);
    assert_int_equal(answers.ends, 0);
    whole_net_advance(net, 200);
    assert_int_equal(answers.ends, 1);
}

static void test_mesh_commands_a_broadcast_of_a_lonely_node_ends_soon(void **state)
{
    (void)state;
    struct whole_node *lonely = mesh_node(net, "lonely", NULL);
    mesh_broadcast(lonely->mesh, LIST_NODES, 5000, done, &answers);
    assert_int_equal(answers.ends, 0);
    whole_net_advance(net, 100);
    assert_int_equal(answers.ends, 1);
}

static void test_mesh_commands_that_are_cancelled_are_silent(void **state)
{
    (void)state;
    uint64_t one = mesh_request(a->mesh, mesh_text("c"), LIST_NODES, 5000, done, &answers);
    uint64_t all = mesh_broadcast(a->mesh, LIST_NODES, 5000, done, &answers);
    mesh_request_cancel(a->mesh, one);
    mesh_request_cancel(a->mesh, all);
    mesh_request_cancel(a->mesh, all);
    whole_net_advance(net, 10000);
    assert_int_equal(answers.responses + answers.ends, 0);
}

static void test_mesh_commands_that_wait_are_cancelled_at_the_end(void **state)
{
    (void)state;
    struct answers own = {0};
    mesh_request(c->mesh, mesh_text("nobody"), LIST_NODES, 5000, done, &own);
    whole_node_crash(c, false);
    assert_int_equal(own.ends, 1);
    assert_string_equal(own.error, "cancelled");
}

/* protocol-notes: a plain peer asks in the notes' words and gets the notes' answers. */
static void test_mesh_commands_of_a_plain_peer_are_answered(void **state)
{
    (void)state;
    struct far_end *end = far_end_accepted(a, WHOLE_TOKEN);
    far_end_greet(end, "plain", 0);
    mesh_member(c, "verona", NULL);
    far_end_heard(end, "-");
    far_end_packet(end, "plain", "a", "command", "n1",
                   "{'command':'reserve-channel','channel':'mantua','password':null}");
    assert_true(far_end_heard(end, "'nonce':'n1','data':{'ok':true}"));
    far_end_packet(end, "plain", "a", "command", "n2", "{'command':'reserve-channel'}");
    assert_true(far_end_heard(end, "'data':{'ok':false,'reason':'invalid data'}"));
    far_end_packet(end, "plain", "a", "command", "n3", "{}");
    assert_true(far_end_heard(end, "unknown command"));
    far_end_free(end);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_mesh_commands_##name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_request_is_answered_by_its_node),
        TEST(an_unknown_one_is_answered_so),
        TEST(to_nobody_time_out),
        TEST(without_a_link_have_no_route),
        TEST(are_tried_again_with_new_nonces),
        TEST(find_another_way_around_a_dead_link),
        TEST(a_broadcast_collects_all),
        TEST(a_broadcast_ends_when_its_time_is_over),
        TEST(a_broadcast_of_a_lonely_node_ends_soon),
        TEST(that_are_cancelled_are_silent),
        TEST(that_wait_are_cancelled_at_the_end),
        TEST(of_a_plain_peer_are_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

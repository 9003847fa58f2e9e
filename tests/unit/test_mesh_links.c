/* test_mesh_links.c — who may join, by which handshake, and which of two links stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "mesh_fixture.h"

#define BOOT WHOLE_WALL_MS

#define assert_ended(end, with, why)                                                               \
    do {                                                                                           \
        assert_true((end)->is_closed);                                                             \
        assert_int_equal((end)->code, (with));                                                     \
        assert_string_equal((end)->reason, (why));                                                 \
    } while (0)

static struct whole_net *net;
static struct whole_node *node;

static int setup(void **state)
{
    (void)state;
    net = mesh_net_new();
    node = mesh_node(net, "m", NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    mesh_net_free(net);
    return 0;
}

static const struct mesh_counters *counters(void)
{
    return mesh_counters(node->mesh);
}

static void token_for(const char *name, char token[MESH_TOKEN_LEN + 1])
{
    assert_int_equal(mesh_new_token(node->mesh, mesh_text(name), token), 0);
}

static bool admits(const char *token)
{
    return mesh_admits(node->mesh, mesh_text(token));
}

static void test_mesh_links_an_unknown_token_is_not_admitted(void **state)
{
    (void)state;
    assert_true(admits(WHOLE_TOKEN));
    assert_false(admits("another"));
    assert_false(admits(""));
    assert_int_equal(counters()->upgrades_refused, 2);
}

static void test_mesh_links_a_node_without_a_token_admits_nobody(void **state)
{
    (void)state;
    struct whole_config config = {.name = "closed", .pool = 4};
    struct whole_node *closed = whole_net_add(net, &config);
    assert_false(mesh_admits(closed->mesh, mesh_text("")));
    assert_false(mesh_admits(closed->mesh, mesh_text(WHOLE_TOKEN)));
}

static void test_mesh_links_a_token_unknown_at_the_handshake_is_forbidden(void **state)
{
    (void)state;
    struct far_end *end = far_end_accepted(node, "another");
    far_end_greet(end, "n", BOOT);
    assert_ended(end, 4403, "forbidden");
    assert_int_equal(mesh_peer_count(node->mesh), 0);
    assert_int_equal(counters()->links_refused, 1);
    far_end_free(end);
}

static void test_mesh_links_a_handshake_with_the_token_stands_and_is_answered(void **state)
{
    (void)state;
    struct far_end *end = far_end_accepted(node, WHOLE_TOKEN);
    far_end_greet(end, "n", BOOT);
    assert_false(end->is_closed);
    assert_true(far_end_heard(end, "'command':'handshake','data':{'name':'m'"));
    assert_int_equal(mesh_peer_count(node->mesh), 1);
    assert_int_equal(node->peers_up, 1);
    assert_false(mesh_link_of(node, "n")->is_plain);
    far_end_free(end);
    assert_int_equal(mesh_peer_count(node->mesh), 0);
    assert_int_equal(node->peers_down, 1);
}

static void test_mesh_links_a_plain_handshake_is_not_answered(void **state)
{
    (void)state;
    struct far_end *end = far_end_accepted(node, WHOLE_TOKEN);
    far_end_greet(end, "n", 0);
    assert_string_equal(far_end_hear(end), NOTHING_HEARD);
    assert_true(mesh_link_of(node, "n")->is_plain);
    far_end_free(end);
}

static void test_mesh_links_a_single_use_token_lets_its_name_in_once(void **state)
{
    (void)state;
    char token[MESH_TOKEN_LEN + 1];
    token_for("n", token);
    assert_true(admits(token));
    struct far_end *end = far_end_accepted(node, token);
    far_end_greet(end, "n", BOOT);
    assert_false(end->is_closed);
    assert_false(admits(token));
    far_end_free(end);
}

static void test_mesh_links_a_single_use_token_with_another_name_is_wiped(void **state)
{
    (void)state;
    char token[MESH_TOKEN_LEN + 1];
    token_for("n", token);
    struct far_end *end = far_end_accepted(node, token);
    far_end_greet(end, "mallory", BOOT);
    assert_ended(end, 4403, "forbidden");
    assert_false(admits(token));
    far_end_free(end);
}

/* protocol-notes "Remote Connection": the token is wiped when the handshake fails. */
static void test_mesh_links_a_single_use_token_is_wiped_by_a_broken_handshake(void **state)
{
    (void)state;
    char token[MESH_TOKEN_LEN + 1];
    token_for("n", token);
    struct far_end *end = far_end_accepted(node, token);
    far_end_say(end, "{'command':'handshake','data':{'name':''}}");
    assert_ended(end, 4403, "forbidden");
    assert_false(admits(token));
    far_end_free(end);
}

static void test_mesh_links_two_connections_with_one_token_one_stands(void **state)
{
    (void)state;
    char token[MESH_TOKEN_LEN + 1];
    token_for("n", token);
    struct far_end *first = far_end_accepted(node, token), *second = far_end_accepted(node, token);
    far_end_greet(first, "n", BOOT);
    far_end_greet(second, "n", BOOT + 1);
    assert_false(first->is_closed);
    assert_ended(second, 4403, "forbidden");
    far_end_free(first);
    far_end_free(second);
}

static void test_mesh_links_a_single_use_token_ends_after_a_minute(void **state)
{
    (void)state;
    char token[MESH_TOKEN_LEN + 1];
    token_for("n", token);
    whole_net_advance(net, 59900);
    assert_true(admits(token));
    whole_net_advance(net, 200);
    assert_false(admits(token));
}

static void test_mesh_links_a_nodes_own_name_is_forbidden(void **state)
{
    (void)state;
    struct far_end *end = far_end_accepted(node, WHOLE_TOKEN);
    far_end_greet(end, "m", BOOT + 1000);
    assert_ended(end, 4403, "forbidden");
    far_end_free(end);
}

static void test_mesh_links_a_second_node_of_a_name_is_forbidden(void **state)
{
    (void)state;
    struct far_end *first = far_end_accepted(node, WHOLE_TOKEN);
    far_end_greet(first, "n", BOOT);
    struct far_end *second = far_end_accepted(node, WHOLE_TOKEN);
    far_end_greet(second, "n", BOOT);
    assert_ended(second, 4403, "forbidden");
    assert_false(first->is_closed);
    assert_int_equal(mesh_peer_count(node->mesh), 1);
    far_end_free(second);
    far_end_free(first);
}

static void test_mesh_links_a_newer_boot_replaces_the_link(void **state)
{
    (void)state;
    struct far_end *first = far_end_accepted(node, WHOLE_TOKEN);
    far_end_greet(first, "n", BOOT);
    struct far_end *second = far_end_accepted(node, WHOLE_TOKEN);
    far_end_greet(second, "n", BOOT + 1);
    assert_ended(first, 1000, "replaced");
    assert_false(second->is_closed);
    assert_int_equal(mesh_peer_count(node->mesh), 1);
    assert_int_equal(counters()->links_replaced, 1);
    far_end_free(first);
    assert_int_equal(mesh_peer_count(node->mesh), 1);
    far_end_free(second);
}

static void test_mesh_links_a_stale_link_is_replaced(void **state)
{
    (void)state;
    struct far_end *first = far_end_accepted(node, WHOLE_TOKEN);
    far_end_greet(first, "n", BOOT);
    whole_net_advance(net, LINK_STALE_MS + 100); /* its ping is not answered */
    struct far_end *second = far_end_accepted(node, WHOLE_TOKEN);
    far_end_greet(second, "n", BOOT);
    assert_ended(first, 1000, "replaced");
    assert_false(second->is_closed);
    far_end_free(first);
    far_end_free(second);
}

static void test_mesh_links_a_link_that_answers_pings_is_not_stale(void **state)
{
    (void)state;
    struct far_end *first = far_end_accepted(node, WHOLE_TOKEN);
    far_end_greet(first, "n", BOOT);
    whole_net_advance(net, 30);
    session_pong(first->session);
    whole_net_advance(net, LINK_STALE_MS + 100);
    struct far_end *second = far_end_accepted(node, WHOLE_TOKEN);
    far_end_greet(second, "n", BOOT);
    assert_false(first->is_closed);
    assert_true(second->is_closed);
    far_end_free(first);
    far_end_free(second);
}

static void test_mesh_links_no_handshake_in_five_seconds_is_forbidden(void **state)
{
    (void)state;
    struct far_end *end = far_end_accepted(node, WHOLE_TOKEN);
    whole_net_advance(net, LINK_GREETING_MS - 100);
    assert_false(end->is_closed);
    whole_net_advance(net, 200);
    assert_ended(end, 4403, "forbidden");
    far_end_free(end);
}

static void test_mesh_links_a_packet_before_the_handshake_is_forbidden(void **state)
{
    (void)state;
    struct far_end *end = far_end_accepted(node, WHOLE_TOKEN);
    far_end_packet(end, "n", "m", "command", "1", "{'command':'list-nodes'}");
    assert_ended(end, 4403, "forbidden");
    assert_string_equal(far_end_hear(end), NOTHING_HEARD);
    far_end_free(end);
}

static void test_mesh_links_the_pool_takes_one_more_than_its_size(void **state)
{
    (void)state;
    struct whole_config config = {.name = "small", .token = WHOLE_TOKEN, .pool = 2};
    struct whole_node *small = whole_net_add(net, &config);
    struct far_end *ends[4];
    static const char *const names[] = {"n1", "n2", "n3", "n4"};
    for (unsigned i = 0; i < 4; i++) {
        ends[i] = far_end_accepted(small, WHOLE_TOKEN);
        far_end_greet(ends[i], names[i], BOOT);
    }
    assert_false(ends[2]->is_closed);
    assert_ended(ends[3], 1013, "pool exhausted");
    assert_int_equal(mesh_peer_count(small->mesh), 3);
    for (unsigned i = 0; i < 4; i++)
        far_end_free(ends[i]);
}

static void test_mesh_links_dials_that_cross_end_in_one_link(void **state)
{
    (void)state;
    struct whole_node *left = mesh_node(net, "left", "right");
    struct whole_node *right = mesh_node(net, "right", "left");
    whole_net_advance(net, 5000);
    assert_int_equal(mesh_peer_count(left->mesh), 1);
    assert_int_equal(mesh_peer_count(right->mesh), 1);
    assert_true(mesh_link_of(left, "right")->is_dialled); /* the smaller name's dial */
    assert_false(mesh_link_of(right, "left")->is_dialled);
    assert_false(mesh_link_of(left, "right")->is_plain);
    whole_net_advance(net, 60000);
    assert_int_equal(left->peers_up, 1);
    assert_int_equal(right->peers_up, 1);
    assert_int_equal(left->peers_down + right->peers_down, 0);
}

/* --- Links that this node dials --- */

static struct far_end *dial(void)
{
    assert_int_equal(mesh_dial(node->mesh, "n", "wss://n.example/node", "t", NULL, NULL), 0);
    whole_net_advance(net, 100);
    struct far_end *end = far_end_dialled(node);
    assert_non_null(end->session);
    assert_true(far_end_heard(end, "'command':'handshake','data':{'name':'m'"));
    return end;
}

static void test_mesh_links_a_silent_one_is_a_plain_peer_after_a_second(void **state)
{
    (void)state;
    struct far_end *end = dial();
    whole_net_advance(net, LINK_ANSWER_MS - 100);
    assert_null(mesh_link_of(node, "n"));
    whole_net_advance(net, 200);
    assert_non_null(mesh_link_of(node, "n"));
    assert_true(mesh_link_of(node, "n")->is_plain);
    far_end_free(end);
}

static void test_mesh_links_a_packet_instead_of_an_answer_is_a_plain_peers(void **state)
{
    (void)state;
    struct far_end *end = dial();
    far_end_packet(end, "n", "m", "command", "1", "{'command':'list-nodes'}");
    assert_true(mesh_link_of(node, "n")->is_plain);
    assert_true(far_end_heard(end, "'type':'response'"));
    far_end_free(end);
}

static void test_mesh_links_an_answer_with_another_name_is_forbidden(void **state)
{
    (void)state;
    struct far_end *end = dial();
    far_end_greet(end, "mallory", BOOT);
    assert_ended(end, 4403, "forbidden");
    assert_int_equal(mesh_peer_count(node->mesh), 0);
    far_end_free(end);
}

static void test_mesh_links_a_late_handshake_makes_a_plain_link_ours(void **state)
{
    (void)state;
    struct far_end *end = dial();
    whole_net_advance(net, LINK_ANSWER_MS + 200);
    assert_true(mesh_link_of(node, "n")->is_plain);
    far_end_greet(end, "n", BOOT);
    assert_false(mesh_link_of(node, "n")->is_plain);
    assert_int_equal(mesh_peer_count(node->mesh), 1);
    size_t cursor = 0;
    struct mesh_node_facts facts;
    assert_true(mesh_next_node(node->mesh, &cursor, &facts));
    assert_false(facts.is_plain);
    assert_true(facts.is_peer);
    assert_false(mesh_next_node(node->mesh, &cursor, &facts));
    assert_int_equal(mesh_link_of(node, "n")->malformed, 0);
    far_end_free(end);
}

static void test_mesh_links_no_pong_for_fifteen_seconds_ends_it(void **state)
{
    (void)state;
    struct far_end *end = dial();
    far_end_greet(end, "n", BOOT);
    whole_net_advance(net, LINK_SILENT_MS - 100);
    assert_false(end->is_closed);
    whole_net_advance(net, 200);
    assert_ended(end, 1013, "no pong");
    assert_int_equal(mesh_peer_count(node->mesh), 0);
    far_end_free(end);
}

static void test_mesh_links_closing_says_going_away(void **state)
{
    (void)state;
    struct far_end *end = dial();
    far_end_greet(end, "n", BOOT);
    mesh_close(node->mesh);
    assert_ended(end, 1001, "going away");
    assert_false(admits(WHOLE_TOKEN));
    far_end_free(end);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_mesh_links_##name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_unknown_token_is_not_admitted),
        TEST(a_node_without_a_token_admits_nobody),
        TEST(a_token_unknown_at_the_handshake_is_forbidden),
        TEST(a_handshake_with_the_token_stands_and_is_answered),
        TEST(a_plain_handshake_is_not_answered),
        TEST(a_single_use_token_lets_its_name_in_once),
        TEST(a_single_use_token_with_another_name_is_wiped),
        TEST(a_single_use_token_is_wiped_by_a_broken_handshake),
        TEST(two_connections_with_one_token_one_stands),
        TEST(a_single_use_token_ends_after_a_minute),
        TEST(a_nodes_own_name_is_forbidden),
        TEST(a_second_node_of_a_name_is_forbidden),
        TEST(a_newer_boot_replaces_the_link),
        TEST(a_stale_link_is_replaced),
        TEST(a_link_that_answers_pings_is_not_stale),
        TEST(no_handshake_in_five_seconds_is_forbidden),
        TEST(a_packet_before_the_handshake_is_forbidden),
        TEST(the_pool_takes_one_more_than_its_size),
        TEST(dials_that_cross_end_in_one_link),
        TEST(a_silent_one_is_a_plain_peer_after_a_second),
        TEST(a_packet_instead_of_an_answer_is_a_plain_peers),
        TEST(an_answer_with_another_name_is_forbidden),
        TEST(a_late_handshake_makes_a_plain_link_ours),
        TEST(no_pong_for_fifteen_seconds_ends_it),
        TEST(closing_says_going_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

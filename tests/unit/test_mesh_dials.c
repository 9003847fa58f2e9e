/* test_mesh_dials.c — whom a node dials, when again, and when no more. */
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
static unsigned done_calls;
static char *done_error;

static int setup(void **state)
{
    (void)state;
    net = mesh_net_new();
    node = mesh_node(net, "m", NULL);
    done_calls = 0;
    done_error = NULL;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    mesh_net_free(net);
    free(done_error);
    return 0;
}

static void done(void *context, const char *error)
{
    (void)context;
    done_calls++;
    free(done_error);
    done_error = error ? strdup(error) : NULL;
}

static void test_mesh_dials_a_configured_peer_is_linked(void **state)
{
    (void)state;
    struct whole_node *other = mesh_node(net, "n", "m");
    whole_net_advance(net, 1000);
    struct mesh_peer peer;
    assert_true(mesh_find_peer(other->mesh, mesh_text("m"), &peer));
    assert_true(peer.is_configured);
    assert_true(peer.is_dialled);
    assert_true(mesh_find_peer(node->mesh, mesh_text("n"), &peer));
    assert_false(peer.is_configured);
    assert_false(peer.is_dialled);
    assert_memory_equal(peer.host.at, "sim://n/node", peer.host.len);
    assert_int_equal(other->relay.peers, 1);
    assert_int_equal(other->relay.peers_configured, 1);
}

/* 0.5 s, doubled to 30 s, each time from half of it to all. */
static void test_mesh_dials_failures_back_off_with_jitter(void **state)
{
    (void)state;
    uint64_t last_ms = 0, most_ms = 1000;
    unsigned dials = 0, unequal = 0;
    struct whole_node *lonely = mesh_node(net, "n", "nobody");
    for (uint64_t ms = 0; ms < 300000; ms += 10) {
        whole_net_advance(net, 10);
        if (lonely->dials == dials)
            continue;
        uint64_t pause_ms = ms - last_ms;
        if (dials > 0) {
            uint64_t after_ms = WHOLE_DIAL_MS; /* the failed dial's own while */
            assert_in_range(pause_ms, after_ms + most_ms / 2 - 100, after_ms + most_ms + 100);
            unequal += pause_ms != after_ms + most_ms;
            most_ms = most_ms * 2 < DIAL_BACKOFF_MAX_MS ? most_ms * 2 : DIAL_BACKOFF_MAX_MS;
        }
        dials = lonely->dials;
        last_ms = ms;
    }
    assert_true(dials > 8);
    assert_true(unequal > 4);
    assert_in_range(mesh_counters(lonely->mesh)->dials_failed, dials - 1, dials);
}

static void test_mesh_dials_a_lost_link_is_dialled_again_soon(void **state)
{
    (void)state;
    struct whole_node *other = mesh_node(net, "n", "m");
    whole_net_advance(net, 20000);
    whole_node_crash(node, false);
    whole_net_advance(net, 500);
    assert_int_equal(mesh_peer_count(other->mesh), 0);
    whole_node_start(node);
    whole_net_advance(net, 3000);
    assert_int_equal(mesh_peer_count(other->mesh), 1);
    assert_int_equal(mesh_peer_count(node->mesh), 1);
}

static void test_mesh_dials_a_peer_that_dialled_us_is_not_dialled(void **state)
{
    (void)state;
    struct far_end *end = far_end_accepted(node, WHOLE_TOKEN);
    far_end_greet(end, "n", WHOLE_WALL_MS);
    node->config.peers[node->config.peer_count++] = "n";
    assert_int_equal(whole_node_configure(node), 0);
    whole_net_advance(net, 5000);
    assert_int_equal(node->dials, 0);
    far_end_free(end);
}

static void test_mesh_dials_once_and_tells_its_asker(void **state)
{
    (void)state;
    mesh_node(net, "n", NULL);
    assert_int_equal(mesh_dial(node->mesh, "n", "sim://n/node", WHOLE_TOKEN, done, NULL), 0);
    assert_int_equal(done_calls, 0);
    whole_net_advance(net, 1000);
    assert_int_equal(done_calls, 1);
    assert_null(done_error);
    assert_non_null(mesh_link_of(node, "n"));
    assert_true(mesh_drop_peer(node->mesh, mesh_text("n")));
    whole_net_advance(net, 60000);
    assert_null(mesh_link_of(node, "n"));
    assert_int_equal(node->dials, 1);
    assert_int_equal(done_calls, 1);
}

static void test_mesh_dials_once_and_fails_once(void **state)
{
    (void)state;
    assert_int_equal(mesh_dial(node->mesh, "n", "sim://n/node", WHOLE_TOKEN, done, NULL), 0);
    whole_net_advance(net, 60000);
    assert_int_equal(done_calls, 1);
    assert_string_equal(done_error, "nobody there");
    assert_int_equal(node->dials, 1);
}

static void test_mesh_dials_a_refused_handshake_is_a_failure(void **state)
{
    (void)state;
    assert_int_equal(mesh_dial(node->mesh, "n", "wss://n.example/node", "t", done, NULL), 0);
    whole_net_advance(net, 100);
    struct far_end *end = far_end_dialled(node);
    far_end_free(end);
    assert_int_equal(done_calls, 1);
    assert_string_equal(done_error, "the node closed the connection");
}

/* Its asker wanted a link with the node, and has one. */
static void test_mesh_dials_that_crossed_succeed_for_the_asker(void **state)
{
    (void)state;
    assert_int_equal(mesh_dial(node->mesh, "a", "wss://a.example/node", "t", done, NULL), 0);
    whole_net_advance(net, 100);
    struct far_end *ours = far_end_dialled(node), *its = far_end_accepted(node, WHOLE_TOKEN);
    far_end_greet(its, "a", WHOLE_WALL_MS); /* the smaller name's dial is kept */
    assert_true(ours->is_closed);
    assert_false(its->is_closed);
    far_end_free(ours);
    assert_int_equal(done_calls, 1);
    assert_null(done_error);
    far_end_free(its);
}

static void keep_line(void *context, const char *line, size_t len)
{
    buf_add(context, line, len);
}

/* Its asker is content, but who reads the log wants to know what is wrong with that way. */
static void test_mesh_dials_that_fail_while_the_other_end_dialled_us_say_why(void **state)
{
    (void)state;
    struct buf lines = {0};
    node->log.sink = (struct log_sink){.write = keep_line, .context = &lines};
    assert_int_equal(mesh_dial(node->mesh, "z", "wss://z.example/node", "t", done, NULL), 0);
    whole_net_advance(net, 100);
    struct far_end *its = far_end_accepted(node, WHOLE_TOKEN);
    far_end_greet(its, "z", 0);
    assert_non_null(mesh_link_of(node, "z"));
    mesh_dial_failed(node->mesh, node->last_dial, "certificate has expired");
    assert_int_equal(done_calls, 1);
    assert_null(done_error);
    buf_add_byte(&lines, '\0');
    assert_non_null(strstr(lines.bytes, "dial failed"));
    assert_non_null(strstr(lines.bytes, "reason=\"certificate has expired\""));
    buf_deinit(&lines);
    far_end_free(its);
}

static void test_mesh_dials_what_cannot_be_is_refused(void **state)
{
    (void)state;
    struct far_end *end = far_end_accepted(node, WHOLE_TOKEN);
    far_end_greet(end, "n", WHOLE_WALL_MS);
    assert_int_equal(mesh_dial(node->mesh, "n", "ws://n/", "t", done, NULL), RELAY_EINVAL);
    assert_int_equal(mesh_dial(node->mesh, "m", "ws://m/", "t", done, NULL), RELAY_EINVAL);
    assert_int_equal(mesh_dial(node->mesh, "*", "ws://m/", "t", done, NULL), RELAY_EINVAL);
    node->config.pool = 1;
    assert_int_equal(whole_node_configure(node), 0);
    assert_int_equal(mesh_dial(node->mesh, "o", "ws://o/", "t", done, NULL), RELAY_EFULL);
    assert_int_equal(done_calls, 0);
    far_end_free(end);
}

static void test_mesh_dials_a_peer_taken_from_the_configuration_is_forgotten(void **state)
{
    (void)state;
    struct whole_node *lonely = mesh_node(net, "n", "nobody");
    whole_net_advance(net, 100);
    assert_int_equal(lonely->dials, 1);
    lonely->config.peer_count = 0;
    assert_int_equal(whole_node_configure(lonely), 0);
    assert_int_equal(lonely->dials_cancelled, 1);
    whole_net_advance(net, 120000);
    assert_int_equal(lonely->dials, 1);
}

static void test_mesh_dials_an_answer_to_a_forgotten_dial_is_not_wanted(void **state)
{
    (void)state;
    struct whole_config config = {
        .name = "n", .token = WHOLE_TOKEN, .pool = 4, .region = 4, .peers = {"m"}, .peer_count = 1};
    struct whole_node *other = whole_net_add(net, &config);
    whole_net_advance(net, 60);
    assert_int_equal(other->dials, 1); /* and under way */
    other->config.peer_count = 0;
    assert_int_equal(whole_node_configure(other), 0);
    whole_net_advance(net, 10000);
    assert_int_equal(mesh_peer_count(node->mesh), 0);
    assert_int_equal(mesh_peer_count(other->mesh), 0);
}

static void test_mesh_dials_a_new_peer_in_the_configuration_is_dialled(void **state)
{
    (void)state;
    struct whole_node *other = mesh_node(net, "n", NULL);
    other->config.peers[other->config.peer_count++] = "m";
    assert_int_equal(whole_node_configure(other), 0);
    whole_net_advance(net, 1000);
    assert_non_null(mesh_link_of(other, "m"));
}

static void test_mesh_dials_links_of_forgotten_peers_stand(void **state)
{
    (void)state;
    struct whole_node *other = mesh_node(net, "n", "m");
    whole_net_advance(net, 1000);
    other->config.peer_count = 0;
    assert_int_equal(whole_node_configure(other), 0);
    whole_net_advance(net, 30000);
    assert_non_null(mesh_link_of(other, "m"));
}

static void test_mesh_dials_a_closing_node_dials_nobody(void **state)
{
    (void)state;
    struct whole_node *other = mesh_node(net, "n", "nobody");
    whole_net_advance(net, 100);
    mesh_close(other->mesh);
    whole_net_advance(net, 60000);
    assert_int_equal(other->dials, 1);
    assert_int_equal(other->dials_cancelled, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_mesh_dials_##name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_configured_peer_is_linked),
        TEST(failures_back_off_with_jitter),
        TEST(a_lost_link_is_dialled_again_soon),
        TEST(a_peer_that_dialled_us_is_not_dialled),
        TEST(once_and_tells_its_asker),
        TEST(once_and_fails_once),
        TEST(a_refused_handshake_is_a_failure),
        TEST(that_crossed_succeed_for_the_asker),
        TEST(that_fail_while_the_other_end_dialled_us_say_why),
        TEST(what_cannot_be_is_refused),
        TEST(a_peer_taken_from_the_configuration_is_forgotten),
        TEST(an_answer_to_a_forgotten_dial_is_not_wanted),
        TEST(a_new_peer_in_the_configuration_is_dialled),
        TEST(links_of_forgotten_peers_stand),
        TEST(a_closing_node_dials_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

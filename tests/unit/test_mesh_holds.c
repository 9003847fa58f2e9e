/* test_mesh_holds.c — names that a node reserves though nobody is subscribed there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "mesh_fixture.h"

#define OPEN_MS 1000

static struct whole_net *net;
static struct whole_node *a, *b, *c;
static const struct password_hash no_password;

/* How a wait for a reservation ended. */
static struct wait {
    unsigned calls;
    char reason[64]; /* "": it is reserved */
} first, second;

static int setup(void **state)
{
    (void)state;
    memset(&first, 0, sizeof first);
    memset(&second, 0, sizeof second);
    net = mesh_row(3);
    a = net->nodes[0];
    b = net->nodes[1];
    c = net->nodes[2];
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    if (net)
        mesh_net_free(net);
    return 0;
}

static void on_done(void *context, const char *reason)
{
    struct wait *wait = context;
    wait->calls++;
    snprintf(wait->reason, sizeof wait->reason, "%s", reason ? reason : "");
}

static struct password_hash hash_of(const char *password)
{
    struct password_hash hash = no_password;
    assert_int_equal(password_hash_compute(&hash, password, strlen(password), "verona", 6), 0);
    return hash;
}

static int asks(struct whole_node *node, const char *password, struct wait *wait)
{
    struct password_hash hash = password ? hash_of(password) : no_password;
    return mesh_reserve(node->mesh, mesh_text("verona"), &hash, on_done, wait);
}

/* Waits for it, too. */
static void reserve(struct whole_node *node, const char *password)
{
    struct wait wait = {0};
    assert_int_equal(asks(node, password, &wait), 0);
    whole_net_advance(net, OPEN_MS);
    assert_int_equal(wait.calls, 1);
    assert_string_equal(wait.reason, "");
}

static bool unreserve(struct whole_node *node)
{
    bool was_reserved = mesh_unreserve(node->mesh, mesh_text("verona"));
    whole_net_advance(net, OPEN_MS);
    return was_reserved;
}

static void assert_claims(size_t count)
{
    for (unsigned i = 0; i < net->node_count; i++)
        assert_int_equal(mesh_claims(net->nodes[i]->mesh)->count, count);
}

static void assert_refused(struct whole_node *node, const char *password)
{
    struct whole_client *client = mesh_client(node);
    whole_client_subscribe(client, "verona", password, 1);
    whole_net_advance(net, OPEN_MS);
    assert_client_hears(client, CLIENT_REFUSED("invalid password", "1"));
    whole_client_leave(client);
}

static void test_mesh_holds_a_reserved_name_is_known_to_all(void **state)
{
    (void)state;
    reserve(a, "capulet");
    assert_claims(1);
    assert_refused(c, "montague");
    assert_refused(c, NULL);
    assert_refused(a, "montague");
    assert_claims(1);
}

static void test_mesh_holds_clients_with_the_password_join(void **state)
{
    (void)state;
    reserve(a, "capulet");
    struct whole_client *here = mesh_member(a, "verona", "capulet");
    struct whole_client *there = mesh_member(c, "verona", "capulet");
    whole_client_send(there, "verona", "'hi'", 7);
    whole_net_advance(net, OPEN_MS);
    assert_client_hears(here, CLIENT_MESSAGE("'hi'", "verona", "7"));
}

static void test_mesh_holds_a_name_survives_its_last_subscriber(void **state)
{
    (void)state;
    reserve(a, "capulet");
    struct whole_client *here = mesh_member(a, "verona", "capulet");
    struct whole_client *there = mesh_member(c, "verona", "capulet");
    whole_client_leave(there);
    whole_client_leave(here);
    whole_net_advance(net, OPEN_MS);
    assert_claims(1);
    assert_refused(b, "montague");
}

static void
test_mesh_holds_an_open_channel_stays_reserved_when_it_was_reserved_meanwhile(void **state)
{
    (void)state;
    struct wait wait = {0};
    struct whole_client *client = mesh_member(a, "verona", "capulet");
    assert_int_equal(asks(a, "capulet", &wait), 1);
    whole_client_leave(client);
    whole_net_advance(net, OPEN_MS);
    assert_claims(1);
    assert_int_equal(wait.calls, 0);
    assert_true(unreserve(a));
    assert_claims(0);
}

static void test_mesh_holds_what_another_node_has_open_is_joined(void **state)
{
    (void)state;
    struct whole_client *client = mesh_member(c, "verona", "capulet");
    assert_int_equal(asks(a, "capulet", &first), 1);
    whole_client_leave(client);
    whole_net_advance(net, OPEN_MS);
    assert_claims(1);
    assert_refused(c, "montague");
}

static void test_mesh_holds_unreserve_frees_the_name(void **state)
{
    (void)state;
    reserve(a, "capulet");
    assert_true(unreserve(a));
    assert_claims(0);
    assert_false(unreserve(a));
    mesh_member(c, "verona", "montague");
}

static void test_mesh_holds_unreserve_leaves_the_channel_to_its_subscribers(void **state)
{
    (void)state;
    reserve(a, "capulet");
    struct whole_client *client = mesh_member(a, "verona", "capulet");
    assert_true(unreserve(a));
    assert_claims(1);
    whole_client_leave(client);
    whole_net_advance(net, OPEN_MS);
    assert_claims(0);
}

static void test_mesh_holds_unreserve_frees_nothing_that_was_not_reserved(void **state)
{
    (void)state;
    struct whole_client *client = mesh_member(a, "verona", "capulet");
    assert_false(unreserve(a));
    assert_claims(1);
    whole_client_leave(client);
}

static void test_mesh_holds_another_password_than_that_of_an_open_channel_is_refused(void **state)
{
    (void)state;
    mesh_member(c, "verona", "capulet");
    assert_int_equal(asks(a, "montague", &first), RELAY_EINVAL);
    assert_int_equal(asks(c, "montague", &first), RELAY_EINVAL);
    whole_net_advance(net, OPEN_MS);
    assert_claims(1);
    assert_false(unreserve(a));
    assert_int_equal(first.calls, 0);
}

static void test_mesh_holds_an_open_channel_without_a_password_takes_none(void **state)
{
    (void)state;
    struct whole_client *client = mesh_member(c, "verona", NULL);
    assert_int_equal(asks(a, "capulet", &first), RELAY_EINVAL);
    assert_int_equal(asks(c, "capulet", &first), RELAY_EINVAL);
    whole_net_advance(net, OPEN_MS);
    assert_claims(1);
    whole_client_leave(client);
    whole_net_advance(net, OPEN_MS);
    assert_claims(0);
}

static void test_mesh_holds_reserving_again_changes_nothing(void **state)
{
    (void)state;
    reserve(a, "capulet");
    assert_int_equal(asks(a, "capulet", &first), 1);
    assert_int_equal(asks(a, "montague", &first), RELAY_EINVAL);
    assert_int_equal(asks(a, NULL, &first), RELAY_EINVAL);
    whole_net_advance(net, OPEN_MS);
    assert_claims(1);
    assert_true(unreserve(a));
    assert_claims(0);
}

static void test_mesh_holds_a_name_without_a_password_stays_when_one_asks_with_one(void **state)
{
    (void)state;
    reserve(a, NULL);
    assert_int_equal(asks(a, "capulet", &first), RELAY_EINVAL);
    whole_net_advance(net, OPEN_MS);
    assert_claims(1);
    assert_true(unreserve(a));
}

static void test_mesh_holds_a_name_is_asked_for_once_at_a_time(void **state)
{
    (void)state;
    assert_int_equal(asks(a, "capulet", &first), 0);
    assert_int_equal(asks(a, "capulet", &second), RELAY_EFULL);
    assert_false(mesh_unreserve(a->mesh, mesh_text("verona")));
    whole_net_advance(net, OPEN_MS);
    assert_int_equal(first.calls, 1);
    assert_int_equal(second.calls, 0);
}

static void test_mesh_holds_of_two_at_one_time_one_gets_it(void **state)
{
    (void)state;
    assert_int_equal(asks(a, "montague", &first), 0);
    assert_int_equal(asks(c, "capulet", &second), 0);
    whole_net_advance(net, OPEN_MS);
    assert_int_equal(first.calls, 1);
    assert_int_equal(second.calls, 1);
    const char *lost = first.reason[0] ? first.reason : second.reason;
    assert_string_equal(lost, "channel already reserved");
    assert_true(!first.reason[0] != !second.reason[0]);
    assert_claims(1);
    assert_int_equal(unreserve(a), !first.reason[0]);
    assert_int_equal(unreserve(c), !second.reason[0]);
    assert_claims(0);
}

static void test_mesh_holds_a_client_that_waits_and_a_script_both_get_it(void **state)
{
    (void)state;
    struct whole_client *client = mesh_client(a);
    whole_client_subscribe(client, "verona", NULL, 1);
    whole_net_advance(net, 0);
    assert_int_equal(asks(a, NULL, &first), 0);
    whole_net_advance(net, OPEN_MS);
    assert_client_hears(client, CLIENT_OK("1"));
    assert_int_equal(first.calls, 1);
    whole_client_leave(client);
    whole_net_advance(net, OPEN_MS);
    assert_claims(1);
}

static void test_mesh_holds_a_client_that_leaves_while_both_wait_takes_nothing_away(void **state)
{
    (void)state;
    struct whole_client *client = mesh_client(a);
    whole_client_subscribe(client, "verona", NULL, 1);
    whole_net_advance(net, 0);
    assert_int_equal(asks(a, NULL, &first), 0);
    whole_client_leave(client);
    whole_net_advance(net, OPEN_MS);
    assert_int_equal(first.calls, 1);
    assert_string_equal(first.reason, "");
    assert_claims(1);
}

static void part(void)
{
    c->group = 1;
    whole_net_partition(net, false);
    whole_net_advance(net, 40000);
}

static void test_mesh_holds_the_younger_is_lost_when_a_partition_heals(void **state)
{
    (void)state;
    part();
    reserve(a, "montague");
    assert_int_equal(asks(c, "capulet", &first), 1); /* it is alone */
    whole_net_heal(net);
    whole_net_advance(net, 40000);
    assert_claims(1);
    assert_false(unreserve(c));
    assert_refused(c, "capulet");
    assert_true(unreserve(a));
    assert_claims(0);
    reserve(c, "capulet");
}

static void test_mesh_holds_in_a_cut_network_takes_the_time_of_a_vote(void **state)
{
    (void)state;
    c->group = 1;
    whole_net_partition(net, false);
    assert_int_equal(asks(a, "capulet", &first), 0);
    whole_net_advance(net, RESERVE_VOTE_MS - 200);
    assert_int_equal(first.calls, 0);
    whole_net_advance(net, 500);
    assert_int_equal(first.calls, 1);
    assert_string_equal(first.reason, "");
}

static void test_mesh_holds_without_a_majority_is_busy(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        net->nodes[i]->config.reserve = RESERVE_MAJORITY;
        assert_int_equal(whole_node_configure(net->nodes[i]), 0);
    }
    a->group = 1;
    whole_net_partition(net, false);
    assert_int_equal(asks(a, "capulet", &first), 0);
    whole_net_advance(net, RESERVE_VOTE_MS + 500);
    assert_string_equal(first.reason, "busy");
    assert_false(unreserve(a));
}

static void test_mesh_holds_cancel_keeps_the_name_and_says_nothing(void **state)
{
    (void)state;
    assert_int_equal(asks(a, "capulet", &first), 0);
    mesh_reserve_cancel(a->mesh, &second);
    mesh_reserve_cancel(a->mesh, &first);
    whole_net_advance(net, OPEN_MS);
    assert_int_equal(first.calls, 0);
    assert_claims(1);
    assert_true(unreserve(a));
}

static void test_mesh_holds_who_waits_is_told_at_the_end_of_the_mesh(void **state)
{
    (void)state;
    assert_int_equal(asks(a, "capulet", &first), 0);
    mesh_net_free(net);
    net = NULL;
    assert_int_equal(first.calls, 1);
    assert_string_equal(first.reason, "cancelled");
}

static void test_mesh_holds_of_a_node_alone_are_granted_at_once(void **state)
{
    (void)state;
    struct whole_node *lonely = mesh_node(net, "lonely", NULL);
    assert_int_equal(asks(lonely, "capulet", &first), 1);
    struct whole_client *client = mesh_client(lonely);
    whole_client_subscribe(client, "verona", "montague", 1);
    whole_net_advance(net, OPEN_MS);
    assert_client_hears(client, CLIENT_REFUSED("invalid password", "1"));
    assert_true(mesh_unreserve(lonely->mesh, mesh_text("verona")));
}

static void test_mesh_holds_are_10000_and_no_more(void **state)
{
    (void)state;
    struct whole_node *lonely = mesh_node(net, "lonely", NULL);
    char name[16];
    for (int i = 0; i < 10000; i++) {
        snprintf(name, sizeof name, "%d", i);
        assert_int_equal(mesh_reserve(lonely->mesh, mesh_text(name), &no_password, on_done, &first),
                         1);
    }
    assert_int_equal(asks(lonely, NULL, &first), RELAY_EFULL);
    assert_int_equal(mesh_claims(lonely->mesh)->count, 10000);
    assert_true(mesh_unreserve(lonely->mesh, mesh_text("0")));
    assert_int_equal(asks(lonely, NULL, &first), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_mesh_holds_##name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_reserved_name_is_known_to_all),
        TEST(clients_with_the_password_join),
        TEST(a_name_survives_its_last_subscriber),
        TEST(an_open_channel_stays_reserved_when_it_was_reserved_meanwhile),
        TEST(what_another_node_has_open_is_joined),
        TEST(unreserve_frees_the_name),
        TEST(unreserve_leaves_the_channel_to_its_subscribers),
        TEST(unreserve_frees_nothing_that_was_not_reserved),
        TEST(another_password_than_that_of_an_open_channel_is_refused),
        TEST(an_open_channel_without_a_password_takes_none),
        TEST(reserving_again_changes_nothing),
        TEST(a_name_without_a_password_stays_when_one_asks_with_one),
        TEST(a_name_is_asked_for_once_at_a_time),
        TEST(of_two_at_one_time_one_gets_it),
        TEST(a_client_that_waits_and_a_script_both_get_it),
        TEST(a_client_that_leaves_while_both_wait_takes_nothing_away),
        TEST(the_younger_is_lost_when_a_partition_heals),
        TEST(in_a_cut_network_takes_the_time_of_a_vote),
        TEST(without_a_majority_is_busy),
        TEST(cancel_keeps_the_name_and_says_nothing),
        TEST(who_waits_is_told_at_the_end_of_the_mesh),
        TEST(of_a_node_alone_are_granted_at_once),
        TEST(are_10000_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

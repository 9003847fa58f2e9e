/* test_mesh_claims.c — a name that is open on one node is reserved on the others, and who gets it.
 */
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

static int setup(void **state)
{
    (void)state;
    net = mesh_row(3);
    a = net->nodes[0];
    b = net->nodes[1];
    c = net->nodes[2];
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    mesh_net_free(net);
    return 0;
}

static size_t claims(const struct whole_node *node)
{
    return mesh_claims(node->mesh)->count;
}

static void assert_claims(size_t count)
{
    for (unsigned i = 0; i < net->node_count; i++)
        assert_int_equal(claims(net->nodes[i]), count);
}

static void test_mesh_claims_an_open_channel_is_known_to_all(void **state)
{
    (void)state;
    mesh_member(a, "verona", "capulet");
    assert_claims(1);
    const struct claim_record *record = claim_table_winner(mesh_claims(c->mesh), "verona", 6);
    assert_string_equal(record->owner->name, "a");
    assert_int_equal(record->claim.state, CLAIM_OPEN);
    assert_false(record->claim.is_unconfirmed);
}

static void test_mesh_claims_an_open_takes_a_round_trip_and_no_more(void **state)
{
    (void)state;
    struct whole_client *client = mesh_client(a);
    whole_client_subscribe(client, "verona", NULL, 1);
    whole_net_advance(net, 30);
    assert_client_hears(client, CLIENT_OK("1"));
}

static void test_mesh_claims_the_same_password_joins_elsewhere_at_once(void **state)
{
    (void)state;
    mesh_member(a, "verona", "capulet");
    struct whole_client *client = mesh_client(c);
    whole_client_subscribe(client, "verona", "capulet", 1);
    whole_net_advance(net, WHOLE_HASH_MS + 1);
    assert_client_hears(client, CLIENT_OK("1"));
    whole_net_advance(net, OPEN_MS);
    assert_claims(2);
}

static void test_mesh_claims_another_password_is_refused_elsewhere(void **state)
{
    (void)state;
    mesh_member(a, "verona", "capulet");
    struct whole_client *client = mesh_client(c);
    whole_client_subscribe(client, "verona", "montague", 1);
    whole_client_subscribe(client, "verona", NULL, 2);
    whole_net_advance(net, OPEN_MS);
    assert_client_hears(client, CLIENT_REFUSED("invalid password", "1"));
    assert_client_hears(client, CLIENT_REFUSED("invalid password", "2"));
    assert_claims(1);
}

/* protocol-notes: a channel without a password takes whoever comes with one. */
static void test_mesh_claims_a_channel_without_a_password_takes_any(void **state)
{
    (void)state;
    mesh_member(a, "verona", NULL);
    struct whole_client *client = mesh_member(c, "verona", "montague");
    assert_false(client->client->subscriptions.items[0].channel->password.is_set);
    assert_claims(2);
}

static void test_mesh_claims_of_two_at_one_time_one_gets_it(void **state)
{
    (void)state;
    struct whole_client *romeo = mesh_client(a), *tybalt = mesh_client(c);
    whole_client_subscribe(romeo, "verona", "montague", 1);
    whole_client_subscribe(tybalt, "verona", "capulet", 1);
    whole_net_advance(net, OPEN_MS);
    bool has_romeo = strstr(mesh_heard(romeo), "true") != NULL;
    bool has_tybalt = strstr(mesh_heard(tybalt), "true") != NULL;
    assert_true(has_romeo != has_tybalt);
    assert_claims(1);
}

static void test_mesh_claims_two_with_one_password_at_one_time_both_get_it(void **state)
{
    (void)state;
    struct whole_client *romeo = mesh_client(a), *juliet = mesh_client(c);
    whole_client_subscribe(romeo, "verona", "balcony", 1);
    whole_client_subscribe(juliet, "verona", "balcony", 1);
    whole_net_advance(net, OPEN_MS);
    assert_client_hears(romeo, CLIENT_OK("1"));
    assert_client_hears(juliet, CLIENT_OK("1"));
    assert_claims(2);
}

static void test_mesh_claims_the_last_one_to_leave_frees_the_name(void **state)
{
    (void)state;
    struct whole_client *romeo = mesh_member(a, "verona", "montague");
    struct whole_client *juliet = mesh_member(c, "verona", "montague");
    whole_client_leave(romeo);
    whole_net_advance(net, OPEN_MS);
    assert_claims(1);
    struct whole_client *tybalt = mesh_client(b);
    whole_client_subscribe(tybalt, "verona", "capulet", 1);
    whole_net_advance(net, OPEN_MS);
    assert_client_hears(tybalt, CLIENT_REFUSED("invalid password", "1"));
    whole_client_unsubscribe(juliet, "verona", 2);
    whole_net_advance(net, OPEN_MS);
    assert_claims(0);
    whole_client_subscribe(tybalt, "verona", "capulet", 2);
    whole_net_advance(net, OPEN_MS);
    assert_client_hears(tybalt, CLIENT_OK("2"));
}

static void test_mesh_claims_one_who_leaves_while_it_waits_leaves_nothing(void **state)
{
    (void)state;
    struct whole_client *client = mesh_client(a);
    whole_client_subscribe(client, "verona", NULL, 1);
    whole_net_advance(net, 0);
    assert_int_equal(reservation_waiting(mesh_reservation(a->mesh)), 1);
    whole_client_leave(client);
    assert_int_equal(reservation_waiting(mesh_reservation(a->mesh)), 0);
    whole_net_advance(net, OPEN_MS);
    assert_claims(0);
    mesh_member(c, "verona", "capulet");
}

static void part(void)
{
    c->group = 1;
    whole_net_partition(net, false);
    whole_net_advance(net, 40000);
    assert_int_equal(mesh_peer_count(c->mesh), 0);
}

static void test_mesh_claims_are_levelled_after_a_cut(void **state)
{
    (void)state;
    mesh_member(a, "verona", "capulet");
    mesh_member(c, "mantua", NULL);
    part();
    mesh_member(a, "venice", "doge");
    mesh_member(c, "padua", "shrew");
    whole_net_heal(net);
    whole_net_advance(net, 40000);
    assert_claims(4);
}

/* Both sides opened it: the older claim stays. */
static void test_mesh_claims_a_name_with_two_passwords_goes_to_the_older(void **state)
{
    (void)state;
    part();
    struct whole_client *romeo = mesh_member(a, "verona", "montague");
    struct whole_client *tybalt = mesh_member(c, "verona", "capulet");
    whole_net_heal(net);
    whole_net_advance(net, 40000);
    assert_client_silent(romeo);
    assert_client_hears(
        tybalt,
        "{'type':'unsubscribed','data':{'channel':'verona','reason':'channel already reserved'}}");
    assert_claims(1);
    whole_client_subscribe(tybalt, "verona", "montague", 2);
    whole_net_advance(net, OPEN_MS);
    assert_client_hears(tybalt, CLIENT_OK("2"));
}

static void test_mesh_claims_of_a_dead_node_are_forgotten_after_a_grace(void **state)
{
    (void)state;
    mesh_member(c, "verona", "capulet");
    whole_node_crash(c, true);
    whole_net_advance(net, 15000);
    assert_int_equal(claims(a), 1);
    whole_net_advance(net, 60000);
    assert_int_equal(claims(a), 0);
    mesh_member(a, "verona", "montague");
}

static void test_mesh_claims_of_the_last_boot_are_dropped(void **state)
{
    (void)state;
    mesh_member(c, "verona", "capulet");
    whole_node_crash(c, false);
    whole_net_advance(net, 500);
    whole_node_start(c);
    whole_net_advance(net, 10000);
    assert_claims(0);
}

/* A network that cannot be asked: after three seconds the name is open all the same. */
static void test_mesh_claims_an_open_in_a_cut_network_takes_three_seconds(void **state)
{
    (void)state;
    c->group = 1;
    whole_net_partition(net, false);
    struct whole_client *client = mesh_client(a);
    whole_client_subscribe(client, "verona", NULL, 1);
    whole_net_advance(net, RESERVE_VOTE_MS - 200);
    assert_client_silent(client);
    whole_net_advance(net, 500);
    assert_client_hears(client, CLIENT_OK("1"));
}

static void test_mesh_claims_an_open_without_a_majority_is_busy(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        net->nodes[i]->config.reserve = RESERVE_MAJORITY;
        assert_int_equal(whole_node_configure(net->nodes[i]), 0);
    }
    a->group = 1;
    whole_net_partition(net, false);
    struct whole_client *client = mesh_client(a);
    whole_client_subscribe(client, "verona", NULL, 1);
    whole_net_advance(net, RESERVE_VOTE_MS + 500);
    assert_client_hears(client, CLIENT_REFUSED("busy", "1"));
}

/* The only one who has a vote goes in the very turn in which a client asks. */
static void test_mesh_claims_an_open_hears_of_a_dropped_peer(void **state)
{
    (void)state;
    struct whole_node *lonely = mesh_node(net, "lonely", NULL);
    struct far_end *end = far_end_accepted(lonely, WHOLE_TOKEN);
    far_end_greet(end, "plain", 0);
    whole_net_advance(net, 100);
    struct whole_client *client = mesh_client(lonely);
    whole_client_subscribe(client, "verona", NULL, 1);
    assert_true(mesh_drop_peer(lonely->mesh, mesh_text("plain")));
    whole_net_advance(net, 200);
    assert_client_hears(client, CLIENT_OK("1"));
    far_end_free(end);
}

static void scope_node(void *context, struct text channel, struct channel_scope *scope)
{
    (void)context;
    (void)channel;
    scope->kind = SCOPE_NODE;
}

static void test_mesh_claims_a_channel_of_one_node_alone_is_not_reserved(void **state)
{
    (void)state;
    a->relay.hooks.routing_scope = scope_node;
    struct whole_client *client = mesh_member(a, "verona", "montague");
    assert_claims(0);
    mesh_member(c, "verona", "capulet");
    assert_claims(1);
    whole_client_leave(client);
    whole_net_advance(net, OPEN_MS);
    assert_claims(1);
}

static char answered[128];

static void done(void *context, const struct mesh_response *response, const char *error)
{
    (void)context, (void)error;
    if (response)
        snprintf(answered, sizeof(answered), "%.*s", (int)response->data.len, response->data.at);
}

static void assert_answer(const char *command, const char *answer)
{
    answered[0] = '\0';
    assert_int_not_equal(
        mesh_request(c->mesh, mesh_text("a"), mesh_text(command), 1000, done, NULL), 0);
    whole_net_advance(net, 500);
    assert_string_equal(answered, answer);
}

/* As a master sends them. */
static void test_mesh_claims_none_is_made_or_dropped_by_a_command_without_one(void **state)
{
    (void)state;
    mesh_member(a, "verona", "montague");
    assert_answer("{\"command\":\"reserve-channel\",\"channel\":\"mantua\",\"password\":null}",
                  "{\"ok\":true}");
    assert_claims(1);
    assert_answer("{\"command\":\"unreserve-channel\",\"channel\":\"verona\"}",
                  "{\"ok\":false,\"reason\":\"channel still open\"}");
    assert_answer("{\"command\":\"unreserve-channel\",\"channel\":\"mantua\"}", "{\"ok\":true}");
    assert_claims(1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_mesh_claims_##name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_open_channel_is_known_to_all),
        TEST(an_open_takes_a_round_trip_and_no_more),
        TEST(the_same_password_joins_elsewhere_at_once),
        TEST(another_password_is_refused_elsewhere),
        TEST(a_channel_without_a_password_takes_any),
        TEST(of_two_at_one_time_one_gets_it),
        TEST(two_with_one_password_at_one_time_both_get_it),
        TEST(the_last_one_to_leave_frees_the_name),
        TEST(one_who_leaves_while_it_waits_leaves_nothing),
        TEST(are_levelled_after_a_cut),
        TEST(a_name_with_two_passwords_goes_to_the_older),
        TEST(of_a_dead_node_are_forgotten_after_a_grace),
        TEST(of_the_last_boot_are_dropped),
        TEST(an_open_in_a_cut_network_takes_three_seconds),
        TEST(an_open_without_a_majority_is_busy),
        TEST(an_open_hears_of_a_dropped_peer),
        TEST(a_channel_of_one_node_alone_is_not_reserved),
        TEST(none_is_made_or_dropped_by_a_command_without_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_mesh_plain.c — what a plain peer lists is taken over, asked for again, and doubted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "mesh_fixture.h"

static struct whole_net *net;
static struct whole_node *a;
static struct far_end *plain;

static int setup(void **state)
{
    (void)state;
    net = mesh_net_new();
    a = mesh_node(net, "a", NULL);
    plain = far_end_accepted(a, WHOLE_TOKEN);
    far_end_greet(plain, "peer", 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    far_end_free_all();
    mesh_net_free(net);
    return 0;
}

static struct password_hash hash_of(unsigned char byte)
{
    struct password_hash hash = {.is_set = true};
    memset(hash.bytes, byte, sizeof(hash.bytes));
    return hash;
}

static const struct claim_record *winner(const char *name)
{
    return claim_table_winner(mesh_claims(a->mesh), name, strlen(name));
}

/* Answers the newest list-channels that the plain peer heard. */
static void answer_list(const char *channels)
{
    char nonce[64] = "";
    const char *text;
    while (strcmp(text = far_end_hear(plain), NOTHING_HEARD) != 0) {
        const char *at = strstr(text, "\"nonce\":\"");
        if (strstr(text, "list-channels") && at)
            (void)sscanf(at, "\"nonce\":\"%63[^\"]", nonce);
    }
    assert_string_not_equal(nonce, "");
    far_end_packet(plain, "peer", "a", "response", nonce, channels);
}

static void test_mesh_plain_an_open_channel_is_held_for_the_peer(void **state)
{
    (void)state;
    struct password_hash hash = hash_of(1);
    mesh_plain_open(a->mesh, mesh_text("peer"), mesh_text("verona"), &hash);
    assert_non_null(winner("verona"));
    assert_true(password_hash_equals(&winner("verona")->claim.hash, &hash));
}

static void test_mesh_plain_a_reserved_name_that_may_be_open_beyond_is_held(void **state)
{
    (void)state;
    struct password_hash hash = hash_of(1);
    mesh_plain_reserved(a->mesh, mesh_text("peer"), mesh_text("verona"), &hash, false);
    assert_non_null(winner("verona"));
    whole_net_advance(net, 20000);
    assert_non_null(winner("verona"));
    assert_false(far_end_heard(plain, "'unreserve-channel'"));
}

static void test_mesh_plain_a_name_held_for_who_is_beyond_goes_when_it_is_freed(void **state)
{
    (void)state;
    struct password_hash hash = hash_of(1);
    mesh_plain_reserved(a->mesh, mesh_text("peer"), mesh_text("verona"), &hash, false);
    far_end_packet(plain, "beyond", "*", "command", "n1",
                   "{'command':'unreserve-channel','channel':'verona'}");
    assert_null(winner("verona"));
}

static void test_mesh_plain_a_reserved_name_that_nobody_can_have_is_asked_back(void **state)
{
    (void)state;
    struct password_hash hash = hash_of(1);
    mesh_plain_reserved(a->mesh, mesh_text("peer"), mesh_text("verona"), &hash, true);
    assert_null(winner("verona"));
    assert_true(far_end_heard(plain, "'unreserve-channel'"));
}

static void test_mesh_plain_what_is_found_is_held_with_its_own_password(void **state)
{
    (void)state;
    mesh_look(a->mesh, "peer");
    answer_list("{'channels':[{'name':'verona','password':"
                "'0101010101010101010101010101010101010101010101010101010101010101'},"
                "{'name':'mantua','password':null},{'name':7},{'name':'x','password':'short'},5]}");
    struct password_hash hash = hash_of(1);
    assert_true(password_hash_equals(&winner("verona")->claim.hash, &hash));
    assert_false(winner("mantua")->claim.hash.is_set);
    assert_null(winner("x"));
}

static void test_mesh_plain_doubts_while_it_is_asked_ask_once_more(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 5; i++)
        mesh_look(a->mesh, "peer");
    assert_int_equal(a->mesh->requests.count, 1);
    answer_list("{'channels':[]}");
    assert_int_equal(a->mesh->requests.count, 1);
    answer_list("{'channels':[]}");
    assert_int_equal(a->mesh->requests.count, 0);
    assert_true(list_is_empty(&a->mesh->looks));
}

static void test_mesh_plain_what_is_no_peer_has_no_list(void **state)
{
    (void)state;
    struct password_hash hash = hash_of(1);
    mesh_plain_open(a->mesh, mesh_text("nobody"), mesh_text("verona"), &hash);
    mesh_plain_reserved(a->mesh, mesh_text("nobody"), mesh_text("verona"), &hash, false);
    assert_null(winner("verona"));
}

/* What a master found, which believes the peer and not us. */
static void test_mesh_plain_a_doubt_asks_the_peers_and_believes_them_alone(void **state)
{
    (void)state;
    mesh_plain_doubt(a->mesh, mesh_text("verona"));
    assert_null(winner("verona"));
    answer_list("{'channels':[{'name':'mantua'}]}");
    assert_null(winner("verona"));
    assert_non_null(winner("mantua"));
}

static void test_mesh_plain_a_doubt_about_a_claimed_name_asks_nobody(void **state)
{
    (void)state;
    struct password_hash hash = hash_of(1);
    mesh_plain_open(a->mesh, mesh_text("peer"), mesh_text("verona"), &hash);
    (void)far_end_heard(plain, "");
    mesh_plain_doubt(a->mesh, mesh_text("verona"));
    assert_false(far_end_heard(plain, "list-channels"));
}

static void test_mesh_plain_what_is_freed_goes_when_a_list_alone_held_it(void **state)
{
    (void)state;
    struct password_hash hash = hash_of(1);
    mesh_plain_reserved(a->mesh, mesh_text("peer"), mesh_text("verona"), &hash, false);
    mesh_plain_open(a->mesh, mesh_text("peer"), mesh_text("mantua"), &hash);
    assert_true(mesh_plain_freed(a->mesh, mesh_text("verona")));
    assert_false(mesh_plain_freed(a->mesh, mesh_text("mantua")));
    assert_true(mesh_plain_freed(a->mesh, mesh_text("padua")));
    assert_null(winner("verona"));
    assert_non_null(winner("mantua"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_mesh_plain_an_open_channel_is_held_for_the_peer),
        TEST(test_mesh_plain_a_reserved_name_that_may_be_open_beyond_is_held),
        TEST(test_mesh_plain_a_name_held_for_who_is_beyond_goes_when_it_is_freed),
        TEST(test_mesh_plain_a_reserved_name_that_nobody_can_have_is_asked_back),
        TEST(test_mesh_plain_what_is_found_is_held_with_its_own_password),
        TEST(test_mesh_plain_doubts_while_it_is_asked_ask_once_more),
        TEST(test_mesh_plain_what_is_no_peer_has_no_list),
        TEST(test_mesh_plain_a_doubt_asks_the_peers_and_believes_them_alone),
        TEST(test_mesh_plain_a_doubt_about_a_claimed_name_asks_nobody),
        TEST(test_mesh_plain_what_is_freed_goes_when_a_list_alone_held_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

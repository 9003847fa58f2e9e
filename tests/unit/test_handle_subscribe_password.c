/* test_handle_subscribe_password.c — subscribe with a password: what waits for its hash, who shares
 * it, and who is gone when it comes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "node.h"

/* One with the password inside. */
static struct wire *vault_owner(struct node *node)
{
    struct wire *wire = node_connect(node);
    wire_subscribe(wire, "vault", "secret");
    node_hash(node);
    assert_hears(wire, OK);
    return wire;
}

static void test_subscribe_with_a_password_waits_for_its_hash_with_the_client_paused(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *wire = node_connect(node);
    wire_subscribe(wire, "vault", "secret");
    assert_silent(wire);
    assert_true(wire->is_paused);
    assert_null(node_channel(node, "vault"));
    node_hash(node);
    assert_hears(wire, OK);
    assert_silent(wire);
    assert_false(wire->is_paused);
    assert_int_equal(wire->pauses, 1);
    assert_int_equal(wire->resumes, 1);
    node_free(node);
}

static void test_subscribe_opens_the_channel_under_the_protocols_hash(void **state)
{
    (void)state;
    struct node *node = node_new();
    vault_owner(node);
    struct password_hash expected;
    assert_int_equal(password_hash_compute(&expected, "secret", 6, "vault", 5), 0);
    assert_true(node_channel(node, "vault")->password.is_set);
    assert_memory_equal(node_channel(node, "vault")->password.bytes, expected.bytes,
                        PASSWORD_HASH_LEN);
    node_free(node);
}

static void test_subscribe_answer_after_the_hash_has_its_nonce(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *wire = node_connect(node);
    wire_say(wire, "{'command':'subscribe','data':{'topic':'vault','password':'secret'},"
                   "'nonce':'n\\u0031'}");
    node_hash(node);
    assert_hears(wire, "{'type':'response','data':{'ok':true},'nonce':'n\\u0031'}");
    node_free(node);
}

static void test_subscribe_right_password_joins_and_a_wrong_one_is_refused(void **state)
{
    (void)state;
    struct node *node = node_new();
    vault_owner(node);
    struct wire *wire = node_connect(node);
    wire_subscribe(wire, "vault", "Secret");
    node_hash(node);
    assert_hears(wire, REFUSED("invalid password"));
    assert_false(wire->is_paused);
    assert_int_equal(node->relay.counters.passwords_refused, 1);
    assert_int_equal(node_channel(node, "vault")->count, 1);
    wire_subscribe(wire, "vault", "secret");
    assert_hears(wire, OK);
    assert_int_equal(node_channel(node, "vault")->count, 2);
    assert_int_equal(node->relay.counters.passwords_refused, 1);
    node_free(node);
}

static void test_subscribe_password_is_ok_where_none_is_needed(void **state)
{
    (void)state;
    struct node *node = node_new();
    wire_join(node_connect(node), "verona");
    struct wire *wire = node_connect(node);
    wire_subscribe(wire, "verona", "secret");
    node_hash(node);
    assert_hears(wire, OK);
    assert_false(node_channel(node, "verona")->password.is_set);
    wire_unsubscribe(wire, "verona");
    assert_hears(wire, OK);
    wire_subscribe(wire, "verona", "secret"); /* it proved nothing, so it is not remembered */
    assert_int_equal(node->held_count, 1);
    node_free(node);
}

static void test_subscribe_remembered_hash_answers_without_a_job(void **state)
{
    (void)state;
    struct node *node = node_new();
    vault_owner(node);
    struct wire *wire = node_connect(node);
    wire_subscribe(wire, "vault", "secret");
    assert_int_equal(node->held_count, 0);
    assert_hears(wire, OK);
    assert_int_equal(wire->pauses, 0);
    assert_int_equal(wire->resumes, 0);
    assert_int_equal(node->relay.counters.passwords_remembered, 1);
    node_free(node);
}

static void test_subscribe_remembered_hash_opens_the_channel_again(void **state)
{
    (void)state;
    struct node *node = node_new();
    wire_gone(vault_owner(node));
    assert_null(node_channel(node, "vault"));
    struct wire *wire = node_connect(node), *stranger = node_connect(node);
    wire_subscribe(wire, "vault", "secret");
    assert_hears(wire, OK);
    assert_true(node_channel(node, "vault")->password.is_set);
    wire_subscribe(stranger, "vault", NULL);
    assert_hears(stranger, REFUSED("invalid password"));
    node_free(node);
}

static void test_subscribe_wrong_password_is_not_remembered(void **state)
{
    (void)state;
    struct node *node = node_new();
    vault_owner(node);
    struct wire *wire = node_connect(node);
    for (int i = 0; i < 2; i++) {
        wire_subscribe(wire, "vault", "guess");
        assert_int_equal(node->held_count, 1);
        node_hash(node);
        assert_hears(wire, REFUSED("invalid password"));
    }
    assert_int_equal(node->relay.counters.passwords_remembered, 0);
    node_free(node);
}

static void test_subscribe_hash_that_comes_after_another_opened_it_joins(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *late = node_connect(node), *early = node_connect(node);
    wire_subscribe(late, "verona", "secret");
    wire_join(early, "verona");
    node_hash(node);
    assert_hears(late, OK);
    assert_int_equal(node_channel(node, "verona")->count, 2);
    assert_false(node_channel(node, "verona")->password.is_set);
    assert_int_equal(node->relay.counters.channels_opened, 1);
    node_free(node);
}

static void test_subscribe_of_two_passwords_for_a_new_channel_the_first_hash_wins(void **state)
{
    (void)state;
    struct node *node = node_new_with(2, 0);
    struct wire *romeo = node_connect(node), *paris = node_connect(node);
    wire_subscribe(romeo, "vault", "rose");
    wire_subscribe(paris, "vault", "thorn");
    node_hash(node);
    node_hash(node);
    assert_hears(romeo, OK);
    assert_hears(paris, REFUSED("invalid password"));
    assert_int_equal(node_channel(node, "vault")->count, 1);
    node_free(node);
}

static void test_subscribe_hash_that_comes_after_the_channel_closed_opens_it(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *owner = node_connect(node), *late = node_connect(node);
    wire_join(owner, "verona");
    wire_subscribe(late, "verona", "secret");
    wire_gone(owner);
    assert_null(node_channel(node, "verona"));
    node_hash(node);
    assert_hears(late, OK);
    assert_true(node_channel(node, "verona")->password.is_set);
    node_free(node);
}

static void test_subscribe_same_pair_shares_one_hash(void **state)
{
    (void)state;
    struct node *node = node_new_with(4, 4);
    struct wire *wires[3];
    for (size_t i = 0; i < 3; i++) {
        wires[i] = node_connect(node);
        wire_subscribe(wires[i], "vault", "secret");
        assert_true(wires[i]->is_paused);
    }
    assert_int_equal(node->held_count, 1);
    node_hash(node);
    for (size_t i = 0; i < 3; i++) {
        assert_hears(wires[i], OK);
        assert_silent(wires[i]);
        assert_false(wires[i]->is_paused);
    }
    assert_int_equal(node_channel(node, "vault")->count, 3);
    assert_int_equal(node->relay.counters.channels_opened, 1);
    node_free(node);
}

static void test_subscribe_one_of_those_who_share_a_hash_may_leave(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *romeo = node_connect(node), *juliet = node_connect(node);
    wire_subscribe(romeo, "vault", "secret");
    wire_subscribe(juliet, "vault", "secret");
    wire_gone(romeo);
    node_hash(node);
    assert_hears(juliet, OK);
    assert_int_equal(node_channel(node, "vault")->count, 1);
    node_free(node);
}

static void test_subscribe_client_closed_while_its_hash_runs_hears_nothing(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *wire = node_connect(node);
    wire_subscribe(wire, "vault", "secret");
    client_close(wire->client, 1012, "node restarting");
    node_hash(node);
    assert_silent(wire);
    assert_int_equal(wire->resumes, 0);
    assert_null(node_channel(node, "vault"));
    node_free(node);
}

static void test_subscribe_client_gone_while_its_hash_runs_is_forgotten(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *wire = node_connect(node);
    wire_subscribe(wire, "vault", "secret");
    wire_gone(wire);
    node_hash(node);
    assert_int_equal(wire->resumes, 0);
    assert_null(node_channel(node, "vault"));
    assert_int_equal(hash_jobs_running(node->relay.hash_jobs), 0);
    node_free(node);
}

static void test_subscribe_client_gone_while_its_hash_waits_frees_the_place(void **state)
{
    (void)state;
    struct node *node = node_new_with(1, 1);
    struct wire *first = node_connect(node), *second = node_connect(node);
    wire_subscribe(first, "a", "1");
    wire_subscribe(second, "b", "2");
    assert_int_equal(hash_jobs_waiting(node->relay.hash_jobs), 1);
    wire_gone(second);
    assert_int_equal(hash_jobs_waiting(node->relay.hash_jobs), 0);
    struct wire *third = node_connect(node);
    wire_subscribe(third, "c", "3");
    assert_true(third->is_paused);
    node_hash_all(node);
    assert_hears(third, OK);
    assert_null(node_channel(node, "b"));
    node_free(node);
}

static void test_subscribe_one_runs_two_wait_and_the_next_is_told_busy(void **state)
{
    (void)state;
    struct node *node = node_new_with(1, 2);
    struct wire *wires[4];
    for (size_t i = 0; i < 4; i++) {
        char channel[2] = {(char)('a' + i), '\0'};
        wires[i] = node_connect(node);
        wire_subscribe(wires[i], channel, "secret");
    }
    assert_true(wires[2]->is_paused);
    assert_silent(wires[2]);
    assert_false(wires[3]->is_paused);
    assert_hears(wires[3], REFUSED("busy"));
    assert_open(wires[3]);
    assert_int_equal(node->relay.counters.passwords_busy, 1);
    assert_int_equal(node->relay.counters.commands_failed, 1);
    node_hash_all(node);
    for (size_t i = 0; i < 3; i++)
        assert_hears(wires[i], OK);
    wire_subscribe(wires[3], "d", "secret");
    node_hash(node);
    assert_hears(wires[3], OK);
    node_free(node);
}

static void test_subscribe_worker_that_takes_no_job_is_busy(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *wire = node_connect(node);
    node->worker_refuses = true;
    wire_subscribe(wire, "vault", "secret");
    assert_hears(wire, REFUSED("busy"));
    assert_false(wire->is_paused);
    assert_int_equal(node->relay.counters.passwords_busy, 1);
    node_free(node);
}

static void test_subscribe_worker_that_fails_for_one_who_waits_is_busy_and_resumes(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *first = node_connect(node), *second = node_connect(node);
    wire_subscribe(first, "a", "1");
    wire_say(second, "{'command':'subscribe','data':{'topic':'b','password':'2'},'nonce':5}");
    node->worker_refuses = true;
    node_hash(node);
    assert_hears(first, OK);
    assert_hears(second, "{'type':'response','data':{'ok':false,'reason':'busy'},'nonce':5}");
    assert_false(second->is_paused);
    assert_null(node_channel(node, "b"));
    node_free(node);
}

static void test_subscribe_policies_see_whether_the_password_was_right(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct fake_policy *policy = &node->policy;
    fake_policy_install(policy, &node->relay.hooks, ASK_OPEN | ASK_JOIN);
    vault_owner(node);
    assert_int_equal(policy->opens, 1);
    assert_true(policy->asked.is_protected);
    struct wire *wire = node_connect(node);
    policy->join = verdict_no("");
    wire_subscribe(wire, "vault", "guess");
    node_hash(node);
    assert_hears(wire, REFUSED("invalid password"));
    assert_true(policy->asked.is_protected);
    assert_false(policy->asked.password_matches);
    wire_subscribe(wire, "vault", "secret");
    assert_hears(wire, REFUSED("not allowed"));
    assert_true(policy->asked.password_matches);
    policy->join = verdict_no("closed on Sundays");
    wire_subscribe(wire, "vault", "guess");
    node_hash(node);
    assert_hears(wire, REFUSED("closed on Sundays"));
    assert_int_equal(node->relay.counters.passwords_refused, 2);
    node_free(node);
}

static void test_subscribe_open_policy_that_refuses_leaves_nothing_remembered(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *wire = node_connect(node);
    fake_policy_install(&node->policy, &node->relay.hooks, ASK_OPEN);
    node->policy.open = verdict_no("");
    wire_subscribe(wire, "vault", "secret");
    node_hash(node);
    assert_hears(wire, REFUSED("not allowed"));
    assert_false(wire->is_paused);
    wire_subscribe(wire, "vault", "secret");
    assert_int_equal(node->held_count, 1);
    node_free(node);
}

static void test_subscribe_answer_that_overflows_the_queue_closes_the_client(void **state)
{
    (void)state;
    struct node *node = node_new();
    node->relay.limits.send_queue_bytes = 60;
    struct wire *wire = node_connect(node);
    wire_subscribe(wire, "a", NULL);
    wire_subscribe(wire, "vault", "secret");
    node_hash(node);
    assert_closed(wire, 1013, "too slow");
    assert_null(node_channel(node, "vault"));
    node_free(node);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_subscribe_with_a_password_waits_for_its_hash_with_the_client_paused),
        cmocka_unit_test(test_subscribe_opens_the_channel_under_the_protocols_hash),
        cmocka_unit_test(test_subscribe_answer_after_the_hash_has_its_nonce),
        cmocka_unit_test(test_subscribe_right_password_joins_and_a_wrong_one_is_refused),
        cmocka_unit_test(test_subscribe_password_is_ok_where_none_is_needed),
        cmocka_unit_test(test_subscribe_remembered_hash_answers_without_a_job),
        cmocka_unit_test(test_subscribe_remembered_hash_opens_the_channel_again),
        cmocka_unit_test(test_subscribe_wrong_password_is_not_remembered),
        cmocka_unit_test(test_subscribe_hash_that_comes_after_another_opened_it_joins),
        cmocka_unit_test(test_subscribe_of_two_passwords_for_a_new_channel_the_first_hash_wins),
        cmocka_unit_test(test_subscribe_hash_that_comes_after_the_channel_closed_opens_it),
        cmocka_unit_test(test_subscribe_same_pair_shares_one_hash),
        cmocka_unit_test(test_subscribe_one_of_those_who_share_a_hash_may_leave),
        cmocka_unit_test(test_subscribe_client_closed_while_its_hash_runs_hears_nothing),
        cmocka_unit_test(test_subscribe_client_gone_while_its_hash_runs_is_forgotten),
        cmocka_unit_test(test_subscribe_client_gone_while_its_hash_waits_frees_the_place),
        cmocka_unit_test(test_subscribe_one_runs_two_wait_and_the_next_is_told_busy),
        cmocka_unit_test(test_subscribe_worker_that_takes_no_job_is_busy),
        cmocka_unit_test(test_subscribe_worker_that_fails_for_one_who_waits_is_busy_and_resumes),
        cmocka_unit_test(test_subscribe_policies_see_whether_the_password_was_right),
        cmocka_unit_test(test_subscribe_open_policy_that_refuses_leaves_nothing_remembered),
        cmocka_unit_test(test_subscribe_answer_that_overflows_the_queue_closes_the_client),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

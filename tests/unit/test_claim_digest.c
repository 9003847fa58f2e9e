/* test_claim_digest.c — two tables made equal: what it costs, and who is believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "dice.h"
#include "reserve/claim_digest_packet.h"
#include "reserve_fixture.h"

#define ROUNDS_MAX 200

/* What an exchange between two tables took. */
struct exchange {
    unsigned round_trips;
    size_t bytes, largest;
    bool was_cut;
};

static void init(struct claim_table *table, uint64_t key)
{
    claim_table_init(table, &(struct hash_key){key, 1}, 1000000);
}

static void put(struct claim_table *table, const char *node, const char *name, unsigned password,
                uint64_t version)
{
    struct claim_record *record;
    struct claim_owner *owner = claim_table_add_owner(table, node);
    struct claim claim = test_claim(name, password, CLAIM_OPEN, 1000 + version, node);
    if (owner->boot == 0)
        claim_owner_restart(owner, 1);
    assert_int_equal(claim_table_put(table, owner, &claim, version, &record), 0);
    if (owner->known < version)
        owner->known = version;
}

static void take_out(struct claim_table *table, const char *node, const char *name,
                     uint64_t version)
{
    struct claim_owner *owner = claim_table_owner(table, node);
    struct claim_record *record = claim_table_find(table, owner, name, strlen(name));
    assert_non_null(record);
    claim_table_remove(table, record);
    if (owner->known < version)
        owner->known = version;
}

static bool has(const struct claim_table *table, const char *node, const char *name)
{
    const struct claim_owner *owner = claim_table_owner(table, node);
    return owner && claim_table_find(table, owner, name, strlen(name));
}

/* Carries a digest over: the other side reads what this one wrote. */
static void carry(struct claim_digest *written, struct claim_digest *read,
                  struct exchange *exchange)
{
    struct buf text = {0};
    claim_digest_write(&text, written);
    assert_false(text.failed);
    exchange->bytes += text.len;
    if (text.len > exchange->largest)
        exchange->largest = text.len;
    exchange->was_cut |= written->is_cut;
    assert_int_equal(claim_digest_read(read, text.bytes, text.len), 0);
    buf_deinit(&text);
}

/* One side takes over what it heard and answers; its answer, as the other side reads it. */
static struct claim_digest turn(struct claim_table *table, struct claim_digest *heard,
                                struct exchange *exchange)
{
    struct claim_digest answer = {0}, read = {0};
    bool changed;
    assert_int_equal(claim_digest_apply(table, heard, &changed), 0);
    claim_digest_answer(table, heard, &answer);
    carry(&answer, &read, exchange);
    claim_digest_deinit(&answer);
    claim_digest_deinit(heard);
    return read;
}

/* Asks until there is nothing more to say. */
static struct exchange level(struct claim_table *asker, struct claim_table *other)
{
    struct exchange exchange = {0};
    struct claim_digest question = {0}, heard = {0};
    claim_digest_ask(asker, &question);
    carry(&question, &heard, &exchange);
    claim_digest_deinit(&question);
    while (!claim_digest_is_empty(&heard) && exchange.round_trips < ROUNDS_MAX) {
        exchange.round_trips++;
        heard = turn(other, &heard, &exchange);
        heard = turn(asker, &heard, &exchange);
        if (claim_digest_is_empty(&heard))
            exchange.bytes -= 2; /* {} is not sent */
    }
    claim_digest_deinit(&heard);
    return exchange;
}

static void assert_level(const struct claim_table *a, const struct claim_table *b)
{
    assert_int_equal(a->count, b->count);
    assert_true(a->ranges.sum.print == b->ranges.sum.print);
}

static void fill(struct claim_table *table, unsigned count)
{
    char name[16], node[16];
    for (unsigned i = 0; i < count; i++) {
        snprintf(name, sizeof(name), "channel-%u", i);
        snprintf(node, sizeof(node), "node-%u", i % 10);
        put(table, node, name, i % 7, i / 10 + 1);
    }
}

static void test_claim_digest_equal_tables_cost_28_bytes(void **state)
{
    (void)state;
    struct claim_table here, there;
    init(&here, 1);
    init(&there, 2);
    fill(&here, 1000);
    fill(&there, 1000);
    struct exchange exchange = level(&here, &there);
    assert_int_equal(exchange.round_trips, 1);
    assert_int_equal(exchange.bytes, 28);
    claim_table_deinit(&here);
    claim_table_deinit(&there);
}

static void test_claim_digest_one_difference_in_100000_costs_2_kb_and_five_round_trips(void **state)
{
    (void)state;
    struct claim_table here, there;
    init(&here, 1);
    init(&there, 2);
    fill(&here, 100000);
    fill(&there, 100000);
    put(&there, "node-3", "one more", 1, 10001);
    struct exchange exchange = level(&here, &there);
    assert_level(&here, &there);
    assert_true(has(&here, "node-3", "one more"));
    assert_in_range(exchange.round_trips, 1, 5);
    assert_in_range(exchange.bytes, 28, 3000);
    take_out(&there, "node-3", "one more", 10002);
    exchange = level(&here, &there);
    assert_false(has(&here, "node-3", "one more"));
    assert_in_range(exchange.round_trips, 1, 5);
    assert_in_range(exchange.bytes, 28, 3000);
    claim_table_deinit(&here);
    claim_table_deinit(&there);
}

static void test_claim_digest_new_node_gets_everything_in_bounded_answers(void **state)
{
    (void)state;
    struct claim_table here, there;
    init(&here, 1);
    init(&there, 2);
    fill(&there, 20000);
    struct exchange exchange = level(&here, &there);
    assert_level(&here, &there);
    assert_false(exchange.was_cut);
    assert_in_range(exchange.round_trips, 10, 30);
    assert_in_range(exchange.largest, 1, 1024 * 1024);
    claim_table_deinit(&here);
    claim_table_deinit(&there);
}

static void test_claim_digest_longest_names_stay_below_a_packet(void **state)
{
    (void)state;
    struct claim_table here, there;
    char name[CHANNEL_NAME_MAX + 1];
    init(&here, 1);
    init(&there, 2);
    for (unsigned i = 0; i < 3000; i++) {
        memset(name, '"', sizeof(name) - 1);
        int len = snprintf(name, sizeof(name), "%u", i);
        name[len] = '"';
        name[CHANNEL_NAME_MAX] = '\0';
        put(&there, "node-a", name, 1, i + 1);
    }
    struct exchange exchange = level(&here, &there);
    assert_level(&here, &there);
    assert_in_range(exchange.largest, 1, 1024 * 1024);
    claim_table_deinit(&here);
    claim_table_deinit(&there);
}

static void test_claim_digest_absent_claim_is_gone_when_its_version_is_known(void **state)
{
    (void)state;
    struct claim_table here, there;
    init(&here, 1);
    init(&there, 2);
    put(&here, "node-b", "garden", 1, 5);
    put(&there, "node-b", "garden", 1, 5);
    take_out(&there, "node-b", "garden", 6);
    level(&there, &here); /* the one that knows asks */
    assert_false(has(&here, "node-b", "garden"));
    assert_true(claim_table_owner(&here, "node-b")->is_behind);
    claim_table_deinit(&here);
    claim_table_deinit(&there);
}

static void test_claim_digest_absent_claim_is_taken_when_its_version_is_not_known(void **state)
{
    (void)state;
    struct claim_table here, there;
    init(&here, 1);
    init(&there, 2);
    put(&here, "node-b", "garden", 1, 5);
    put(&there, "node-b", "lobby", 1, 4);
    level(&there, &here);
    assert_true(has(&there, "node-b", "garden"));
    assert_false(has(&here, "node-b", "lobby")); /* it knows up to 5 */
    assert_level(&here, &there);
    claim_table_deinit(&here);
    claim_table_deinit(&there);
}

static void test_claim_digest_newer_version_replaces_the_older_on_both_sides(void **state)
{
    (void)state;
    struct claim_table here, there;
    init(&here, 1);
    init(&there, 2);
    put(&here, "node-b", "garden", 1, 5);
    put(&there, "node-b", "garden", 2, 6);
    put(&here, "node-c", "lobby", 2, 9);
    put(&there, "node-c", "lobby", 1, 8);
    level(&here, &there);
    assert_level(&here, &there);
    assert_int_equal(claim_table_winner(&here, "garden", 6)->version, 6);
    assert_int_equal(claim_table_winner(&there, "lobby", 5)->version, 9);
    claim_table_deinit(&here);
    claim_table_deinit(&there);
}

static void test_claim_digest_new_boot_drops_the_old_list_for_good(void **state)
{
    (void)state;
    struct claim_table here, there, third;
    init(&here, 1);
    init(&there, 2);
    init(&third, 3);
    put(&here, "node-b", "garden", 1, 5);
    put(&third, "node-b", "garden", 1, 5);
    claim_owner_restart(claim_table_add_owner(&there, "node-b"), 2); /* and it claims nothing */
    level(&here, &there);
    assert_int_equal(here.count, 0);
    level(&here, &third); /* who has not heard cannot bring it back */
    assert_int_equal(here.count, 0);
    assert_int_equal(third.count, 0);
    claim_table_deinit(&here);
    claim_table_deinit(&there);
    claim_table_deinit(&third);
}

static void test_claim_digest_who_is_behind_is_told_what_a_neighbour_knows(void **state)
{
    (void)state;
    struct claim_table here, there;
    struct claim_digest question = {0}, answer = {0};
    init(&here, 1);
    init(&there, 2);
    put(&here, "node-b", "garden", 1, 5);
    put(&there, "node-b", "garden", 1, 5);
    put(&there, "node-c", "lobby", 1, 1);
    claim_table_owner(&there, "node-b")->known = 9;
    claim_table_owner(&here, "node-b")->is_behind = true;
    claim_digest_ask(&here, &question);
    assert_int_equal(DIGEST_COUNT(question.behind, claim_known), 1);
    claim_digest_answer(&there, &question, &answer);
    assert_int_equal(DIGEST_COUNT(answer.known, claim_known), 1);
    assert_int_equal(DIGEST_AT(answer.known, claim_known, 0)->version, 9);
    claim_digest_deinit(&answer);
    claim_table_owner(&there, "node-b")->is_behind = true; /* then its word is worth nothing */
    claim_digest_answer(&there, &question, &answer);
    assert_int_equal(DIGEST_COUNT(answer.known, claim_known), 0);
    claim_digest_deinit(&question);
    claim_digest_deinit(&answer);
    claim_table_deinit(&here);
    claim_table_deinit(&there);
}

/* One owner's list goes on; two replicas miss different parts of it. */
static void test_claim_digest_random_replicas_agree_with_one_that_missed_nothing(void **state)
{
    (void)state;
    struct dice dice = {11};
    for (unsigned round = 0; round < 100; round++) {
        struct claim_table tables[3];
        bool is_there[60] = {false};
        char name[8];
        for (unsigned i = 0; i < 3; i++)
            init(&tables[i], i + 1);
        for (uint64_t version = 1; version < 200; version++) {
            unsigned channel = dice_roll(&dice, 60);
            bool drops = is_there[channel] && dice_roll(&dice, 2);
            snprintf(name, sizeof(name), "%u", channel);
            is_there[channel] = !drops;
            for (unsigned i = 0; i < 3; i++) {
                bool misses = i > 0 && (version / 20 + i) % 3 == 0;
                struct claim_owner *owner = claim_table_add_owner(&tables[i], "node-b");
                uint64_t known = owner->known;
                if (misses)
                    continue;
                if (!drops)
                    put(&tables[i], "node-b", name, 1, version);
                else if (has(&tables[i], "node-b", name))
                    take_out(&tables[i], "node-b", name, version);
                owner->known = known;
                if (owner->boot == 0)
                    claim_owner_restart(owner, 1);
                claim_owner_saw(owner, version);
            }
        }
        level(&tables[1], &tables[2]); /* who may bring each other what is gone */
        level(&tables[1], &tables[0]);
        level(&tables[0], &tables[2]);
        assert_level(&tables[0], &tables[1]);
        assert_level(&tables[0], &tables[2]);
        for (unsigned i = 0; i < 3; i++)
            claim_table_deinit(&tables[i]);
    }
}

static void test_claim_digest_with_too_many_differences_says_that_it_is_cut(void **state)
{
    (void)state;
    struct claim_table here, there;
    struct claim_digest in = {0}, out = {0};
    init(&here, 1);
    init(&there, 2);
    fill(&here, 5000);
    for (unsigned i = 0; i <= DIGEST_RANGES_MAX; i++) {
        struct range_key key = {(uint64_t)i << 52, 3};
        buf_add(&in.later, &key, sizeof(key));
    }
    claim_digest_answer(&here, &in, &out);
    assert_true(out.is_cut);
    assert_in_range(DIGEST_COUNT(out.wanted, range_key), 1, DIGEST_RANGES_MAX);
    claim_digest_deinit(&in);
    claim_digest_deinit(&out);
    claim_table_deinit(&here);
    claim_table_deinit(&there);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_claim_digest_equal_tables_cost_28_bytes),
        cmocka_unit_test(
            test_claim_digest_one_difference_in_100000_costs_2_kb_and_five_round_trips),
        cmocka_unit_test(test_claim_digest_new_node_gets_everything_in_bounded_answers),
        cmocka_unit_test(test_claim_digest_longest_names_stay_below_a_packet),
        cmocka_unit_test(test_claim_digest_absent_claim_is_gone_when_its_version_is_known),
        cmocka_unit_test(test_claim_digest_absent_claim_is_taken_when_its_version_is_not_known),
        cmocka_unit_test(test_claim_digest_newer_version_replaces_the_older_on_both_sides),
        cmocka_unit_test(test_claim_digest_new_boot_drops_the_old_list_for_good),
        cmocka_unit_test(test_claim_digest_who_is_behind_is_told_what_a_neighbour_knows),
        cmocka_unit_test(test_claim_digest_random_replicas_agree_with_one_that_missed_nothing),
        cmocka_unit_test(test_claim_digest_with_too_many_differences_says_that_it_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

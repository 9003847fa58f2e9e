/* test_fanout.c — every subscriber gets every message once and in order, whoever is slow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "dice.h"
#include "node.h"
#include "relay/fanout.h"

static const struct json_span absent;

static void test_fanout_reaches_all_but_the_sender(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *wires[5];
    for (size_t i = 0; i < 5; i++) {
        wires[i] = node_connect(node);
        wire_join(wires[i], "verona");
    }
    struct wire *stranger = node_connect(node);
    wire_join(stranger, "mantua");
    wire_send(wires[2], "verona", "'hello'");
    for (size_t i = 0; i < 5; i++) {
        assert_hears(wires[i], i == 2 ? OK : MESSAGE("'hello'", "verona"));
        assert_silent(wires[i]);
    }
    assert_silent(stranger);
    assert_int_equal(node->relay.counters.messages, 1);
    assert_int_equal(node->relay.counters.message_bytes, 7);
    assert_int_equal(node->relay.counters.deliveries, 4);
    node_free(node);
}

static void test_fanout_without_a_sender_reaches_all(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *romeo = node_connect(node), *juliet = node_connect(node);
    const struct json_span message = {"[1]", 3, JSON_ARRAY}, nonce = {"42", 2, JSON_NUMBER};
    wire_join(romeo, "verona");
    wire_join(juliet, "verona");
    assert_int_equal(
        fanout_message(&node->relay, node_channel(node, "verona"), NULL, &message, &nonce), 0);
    const char *expected =
        "{'type':'message','data':{'message':[1],'channel':'verona'},'nonce':42}";
    assert_hears(romeo, expected);
    assert_hears(juliet, expected);
    node_free(node);
}

static void test_fanout_shares_one_frame(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *wires[8];
    for (size_t i = 0; i < 8; i++) {
        wires[i] = node_connect(node);
        wire_join(wires[i], "verona");
    }
    wire_send(wires[0], "verona", "1");
    const struct frame *frame = outbox_first(client_outbox(wires[1]->client));
    assert_int_equal(frame->references, 7);
    for (size_t i = 2; i < 8; i++)
        assert_ptr_equal(outbox_first(client_outbox(wires[i]->client)), frame);
    wire_gone(wires[1]);
    assert_int_equal(frame->references, 6);
    node_free(node);
}

static void test_fanout_wakes_each_receiver(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *romeo = node_connect(node), *juliet = node_connect(node);
    wire_join(romeo, "verona");
    wire_join(juliet, "verona");
    unsigned before = juliet->wakes;
    wire_send(romeo, "verona", "1");
    assert_int_equal(juliet->wakes, before + 1);
    node_free(node);
}

static void test_fanout_writes_the_channel_name_as_json(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *romeo = node_connect(node), *juliet = node_connect(node);
    wire_join(romeo, "a\\\"b");
    wire_join(juliet, "a\\\"b");
    wire_send(romeo, "a\\\"b", "null");
    assert_hears(juliet, MESSAGE("null", "a\\\"b"));
    node_free(node);
}

/* One slow reader at every place among the subscribers in turn: it is closed, and only it. The
 * others are walked past while it stands in the array. */
static void test_fanout_slow_reader_is_closed_and_all_others_get_everything(void **state)
{
    (void)state;
    for (size_t slow = 1; slow < 9; slow++) {
        struct node *node = node_new();
        struct wire *wires[9];
        node->relay.limits.send_queue_bytes = 500;
        for (size_t i = 0; i < 9; i++) {
            wires[i] = node_connect(node);
            wire_join(wires[i], "verona");
        }
        for (unsigned sent = 0; sent < 40; sent++) {
            char number[16], expected[100];
            snprintf(number, sizeof(number), "%u", sent);
            snprintf(expected, sizeof(expected), MESSAGE("%u", "verona"), sent);
            wire_send(wires[0], "verona", number);
            for (size_t i = 0; i < 9; i++)
                if (i != slow)
                    assert_hears(wires[i], i == 0 ? OK : expected);
        }
        assert_closed(wires[slow], 1013, "too slow");
        assert_int_equal(node->closed_count, 1);
        assert_int_equal(node_channel(node, "verona")->count, 8);
        assert_int_equal(node->relay.counters.clients_too_slow, 1);
        assert_int_equal(client_outbox(wires[slow]->client)->count, 0);
        node_free(node);
    }
}

static void test_fanout_all_readers_too_slow_at_once_are_all_closed(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *wires[12];
    node->relay.limits.send_queue_bytes = 100;
    for (size_t i = 0; i < 12; i++) {
        wires[i] = node_connect(node);
        wire_join(wires[i], "verona");
    }
    wire_send(wires[0], "verona", "1");
    assert_hears(wires[0], OK);
    assert_int_equal(node->closed_count, 0);
    wire_send(wires[0], "verona", "2");
    assert_hears(wires[0], OK);
    for (size_t i = 1; i < 12; i++)
        assert_closed(wires[i], 1013, "too slow");
    assert_open(wires[0]);
    assert_int_equal(node_channel(node, "verona")->count, 1);
    assert_int_equal(node->relay.counters.clients_too_slow, 11);
    assert_int_equal(node->warnings, LOG_GATE_LINES);
    node_free(node);
}

static void test_fanout_counts_only_the_deliveries_that_were_queued(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *wires[4];
    for (size_t i = 0; i < 4; i++) {
        wires[i] = node_connect(node);
        wire_join(wires[i], "verona");
    }
    wires[2]->client->limits.send_queue_bytes = 10;
    wire_send(wires[0], "verona", "1");
    wire_send(wires[0], "verona", "2"); /* wires[2] has not read the first */
    assert_closed(wires[2], 1013, "too slow");
    assert_int_equal(node->relay.counters.deliveries, 3 + 2);
    node_free(node);
}

static void test_fanout_of_a_message_larger_than_the_queue_reaches_whoever_keeps_up(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *romeo = node_connect(node), *juliet = node_connect(node);
    node->relay.limits.send_queue_bytes = 100;
    node_limits_changed(node);
    wire_join(romeo, "verona");
    wire_join(juliet, "verona");
    wire_send(romeo, "verona",
              "'0123456789012345678901234567890123456789012345678901234567890123456789'");
    assert_hears(romeo, OK);
    assert_open(juliet);
    wire_send(romeo, "verona", "1");
    assert_closed(juliet, 1013, "too slow"); /* the first still waits */
    assert_open(romeo);
    node_free(node);
}

static void test_fanout_without_memory_reaches_nobody(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *wires[3];
    for (size_t i = 0; i < 3; i++) {
        wires[i] = node_connect(node);
        wire_join(wires[i], "verona");
    }
    const struct json_span message = {"\"0123456789\"", 12, JSON_STRING};
    buf_deinit(&node->relay.text);
    buf_init(&node->relay.text, 40);
    assert_int_equal(
        fanout_message(&node->relay, node_channel(node, "verona"), NULL, &message, &absent),
        RELAY_ENOMEM);
    for (size_t i = 0; i < 3; i++)
        assert_silent(wires[i]);
    assert_int_equal(node->relay.counters.messages, 0);
    node->relay.text.max = 0;
    assert_int_equal(
        fanout_message(&node->relay, node_channel(node, "verona"), NULL, &message, &absent), 0);
    for (size_t i = 0; i < 3; i++)
        assert_hears(wires[i], MESSAGE("'0123456789'", "verona"));
    node_free(node);
}

#define PLAYERS 24
#define ROOMS 5
#define STEPS 6000
#define WAITING_MAX (STEPS + 1)

enum { HEAR_OK = -1, HEAR_NOT_SUBSCRIBED = -2 };

/* What the node should do, in its simplest form. */
struct model {
    bool is_in[PLAYERS][ROOMS];
    unsigned room_of[STEPS]; /* of message i */
    int waits[PLAYERS][WAITING_MAX];
    size_t heard[PLAYERS], queued[PLAYERS];
};

static void expect(struct model *model, size_t player, int what)
{
    model->waits[player][model->queued[player]++] = what;
}

static void hear_all(struct model *model, struct wire *const *wires, size_t player)
{
    char expected[100];
    while (model->heard[player] < model->queued[player]) {
        int what = model->waits[player][model->heard[player]++];
        if (what >= 0)
            snprintf(expected, sizeof(expected), MESSAGE("%d", "room %u"), what,
                     model->room_of[what]);
        else
            snprintf(expected, sizeof(expected), "%s",
                     what == HEAR_OK ? OK : REFUSED("not subscribed"));
        assert_hears(wires[player], expected);
    }
    assert_silent(wires[player]);
}

static void step(struct model *model, struct wire *const *wires, struct dice *dice, int number)
{
    unsigned player = dice_roll(dice, PLAYERS), room = dice_roll(dice, ROOMS);
    bool *is_in = &model->is_in[player][room];
    char name[16], text[16];
    snprintf(name, sizeof(name), "room %u", room);
    snprintf(text, sizeof(text), "%d", number);
    switch (dice_roll(dice, 5)) {
    case 0:
        wire_subscribe(wires[player], name, NULL);
        expect(model, player, HEAR_OK);
        *is_in = true;
        break;
    case 1:
        wire_unsubscribe(wires[player], name);
        expect(model, player, *is_in ? HEAR_OK : HEAR_NOT_SUBSCRIBED);
        *is_in = false;
        break;
    case 2:
        hear_all(model, wires, player);
        break;
    default:
        model->room_of[number] = room;
        wire_send(wires[player], name, text);
        for (size_t i = 0; *is_in && i < PLAYERS; i++)
            if (i != player && model->is_in[i][room])
                expect(model, i, number);
        expect(model, player, *is_in ? HEAR_OK : HEAR_NOT_SUBSCRIBED);
    }
}

/* A player's connection goes, and another takes its place. */
static void reconnect(struct model *model, struct node *node, struct wire **wires, size_t player)
{
    wire_gone(wires[player]);
    wires[player] = node_connect(node);
    memset(model->is_in[player], 0, sizeof(model->is_in[player]));
    model->heard[player] = model->queued[player];
}

static void play(uint64_t seed)
{
    static struct model model;
    struct dice dice = {seed};
    struct node *node = node_new();
    struct wire *wires[PLAYERS];
    memset(&model, 0, sizeof(model));
    for (size_t i = 0; i < PLAYERS; i++)
        wires[i] = node_connect(node);
    for (int number = 0; number < STEPS; number++) {
        step(&model, wires, &dice, number);
        if (number % 100 == 99)
            reconnect(&model, node, wires, dice_roll(&dice, PLAYERS));
    }
    for (size_t i = 0; i < PLAYERS; i++)
        hear_all(&model, wires, i);
    node_free(node);
}

static void test_fanout_is_in_order_and_exactly_once_through_random_joins_and_leaves(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        print_message("seed %u\n", (unsigned)seed);
        play(seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fanout_reaches_all_but_the_sender),
        cmocka_unit_test(test_fanout_without_a_sender_reaches_all),
        cmocka_unit_test(test_fanout_shares_one_frame),
        cmocka_unit_test(test_fanout_wakes_each_receiver),
        cmocka_unit_test(test_fanout_writes_the_channel_name_as_json),
        cmocka_unit_test(test_fanout_slow_reader_is_closed_and_all_others_get_everything),
        cmocka_unit_test(test_fanout_all_readers_too_slow_at_once_are_all_closed),
        cmocka_unit_test(test_fanout_of_a_message_larger_than_the_queue_reaches_whoever_keeps_up),
        cmocka_unit_test(test_fanout_without_memory_reaches_nobody),
        cmocka_unit_test(test_fanout_is_in_order_and_exactly_once_through_random_joins_and_leaves),
        cmocka_unit_test(test_fanout_counts_only_the_deliveries_that_were_queued),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

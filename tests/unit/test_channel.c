/* test_channel.c — a subscription stands in two arrays, and both always agree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "dice.h"
#include "node.h"
#include "relay/channel.h"

#define CLIENTS 40
#define CHANNELS_OPEN 12

static const struct password_hash no_password;

static struct channel *new_channel(const char *name)
{
    struct channel *channel = channel_new(name, strlen(name), &no_password);
    assert_non_null(channel);
    return channel;
}

static void join(struct channel *channel, struct client *client)
{
    assert_int_equal(channel_add(channel, client, &client->subscriptions), 0);
}

static void leave(struct channel *channel, struct client *client)
{
    int64_t place = subscriptions_find(&client->subscriptions, channel);
    assert_true(place >= 0);
    channel_remove_at(&client->subscriptions, (uint32_t)place);
}

static bool has(const struct channel *channel, const struct client *client)
{
    return channel_has(channel, client, &client->subscriptions);
}

/* Each side knows its place in the other. */
static void check_channel(const struct channel *channel)
{
    for (uint32_t i = 0; i < channel->count; i++) {
        const struct subscriber *subscriber = &channel->subscribers[i];
        const struct subscriptions *theirs = &subscriber->client->subscriptions;
        assert_true(subscriber->place < theirs->count);
        assert_ptr_equal(theirs->items[subscriber->place].channel, channel);
        assert_int_equal(theirs->items[subscriber->place].place, i);
    }
}

static void test_channel_knows_its_name_as_text_and_as_json(void **state)
{
    (void)state;
    struct channel *channel = new_channel("a\"b\\c");
    assert_int_equal(channel->name_len, 5);
    assert_memory_equal(channel->name, "a\"b\\c", 6);
    assert_int_equal(channel->json_len, 9);
    assert_memory_equal(channel->json, "\"a\\\"b\\\\c\"", 9);
    channel_free(channel);
}

static void test_channel_keeps_a_copy_of_its_password_hash(void **state)
{
    (void)state;
    struct password_hash password = {.is_set = true, .bytes = {1, 2, 3}};
    struct channel *channel = channel_new("a", 1, &password);
    memset(&password, 0, sizeof(password));
    assert_true(channel->password.is_set);
    assert_int_equal(channel->password.bytes[2], 3);
    channel_free(channel);
}

static void test_channel_has_those_who_joined_and_no_others(void **state)
{
    (void)state;
    struct client romeo = {0}, juliet = {0}, paris = {0};
    struct channel *verona = new_channel("verona"), *mantua = new_channel("mantua");
    join(verona, &romeo);
    join(verona, &juliet);
    join(mantua, &romeo);
    assert_true(has(verona, &romeo));
    assert_true(has(verona, &juliet));
    assert_true(has(mantua, &romeo));
    assert_false(has(mantua, &juliet));
    assert_false(has(verona, &paris));
    leave(verona, &romeo);
    assert_false(has(verona, &romeo));
    assert_true(has(mantua, &romeo));
    leave(verona, &juliet);
    leave(mantua, &romeo);
    assert_int_equal(verona->count, 0);
    channel_free(verona);
    channel_free(mantua);
    free(romeo.subscriptions.items);
    free(juliet.subscriptions.items);
}

/* Whichever of the two arrays is the shorter one to search. */
static void test_channel_finds_a_client_of_many_channels_and_one_among_many(void **state)
{
    (void)state;
    struct client busy = {0}, many[30] = {{0}}, stranger = {0};
    struct channel *channels[30];
    for (size_t i = 0; i < 30; i++) {
        char name[3] = {'c', (char)('A' + i), '\0'};
        channels[i] = new_channel(name);
        if (i > 0)
            join(channels[i], &busy);
        join(channels[i], &stranger);
    }
    assert_true(has(channels[7], &busy)); /* two subscribers, 29 subscriptions */
    assert_false(has(channels[0], &busy));
    for (size_t i = 0; i < 30; i++)
        join(channels[0], &many[i]);
    assert_true(has(channels[0], &many[29])); /* 31 subscribers, one subscription */
    assert_false(has(channels[1], &many[29]));
    while (busy.subscriptions.count > 0)
        channel_remove_at(&busy.subscriptions, 0);
    while (stranger.subscriptions.count > 0)
        channel_remove_at(&stranger.subscriptions, 0);
    for (size_t i = 0; i < 30; i++) {
        leave(channels[0], &many[i]);
        free(many[i].subscriptions.items);
    }
    for (size_t i = 0; i < 30; i++)
        channel_free(channels[i]);
    free(busy.subscriptions.items);
    free(stranger.subscriptions.items);
}

static void test_channel_is_not_among_the_subscriptions_of_a_stranger(void **state)
{
    (void)state;
    struct client client = {0};
    struct channel *in = new_channel("in"), *out = new_channel("out");
    assert_int_equal(subscriptions_find(&client.subscriptions, in), -1);
    join(in, &client);
    assert_int_equal(subscriptions_find(&client.subscriptions, in), 0);
    assert_int_equal(subscriptions_find(&client.subscriptions, out), -1);
    leave(in, &client);
    assert_int_equal(subscriptions_find(&client.subscriptions, in), -1);
    channel_free(in);
    channel_free(out);
    free(client.subscriptions.items);
}

static void test_channel_subscribers_stay_together_when_first_middle_or_last_leaves(void **state)
{
    (void)state;
    for (size_t leaver = 0; leaver < 5; leaver++) {
        struct client clients[5] = {{0}};
        struct channel *channel = new_channel("a"), *other = new_channel("b");
        for (size_t i = 0; i < 5; i++) {
            if (i % 2)
                join(other, &clients[i]);
            join(channel, &clients[i]);
        }
        leave(channel, &clients[leaver]);
        check_channel(channel);
        check_channel(other);
        for (size_t i = 0; i < 5; i++)
            assert_int_equal(has(channel, &clients[i]), i != leaver);
        for (size_t i = 0; i < 5; i++) {
            while (clients[i].subscriptions.count > 0)
                channel_remove_at(&clients[i].subscriptions, 0);
            free(clients[i].subscriptions.items);
        }
        channel_free(channel);
        channel_free(other);
    }
}

static void test_channel_gives_memory_back_when_most_have_left(void **state)
{
    (void)state;
    static struct client clients[1000];
    struct channel *channel = new_channel("a");
    for (size_t i = 0; i < 1000; i++)
        join(channel, &clients[i]);
    assert_int_equal(channel->capacity, 1024);
    for (size_t i = 0; i < 1000 - 257; i++)
        leave(channel, &clients[i]);
    assert_int_equal(channel->capacity, 1024); /* 257 left: not yet */
    leave(channel, &clients[999]);
    assert_int_equal(channel->capacity, 512); /* 256 left: a quarter */
    check_channel(channel);
    for (size_t i = 1000 - 257; i < 999; i++)
        leave(channel, &clients[i]);
    assert_true(channel->capacity < 4);
    for (size_t i = 0; i < 1000; i++)
        free(clients[i].subscriptions.items);
    channel_free(channel);
}

static void compare(struct channel *const *channels, const struct client *clients,
                    bool model[CHANNELS_OPEN][CLIENTS])
{
    for (size_t c = 0; c < CHANNELS_OPEN; c++) {
        uint32_t members = 0;
        check_channel(channels[c]);
        for (size_t i = 0; i < CLIENTS; i++) {
            assert_int_equal(has(channels[c], &clients[i]), model[c][i]);
            members += model[c][i];
        }
        assert_int_equal(channels[c]->count, members);
        assert_true(channels[c]->count <= channels[c]->capacity);
    }
}

static void test_channel_random_joins_and_leaves_agree_with_a_model(void **state)
{
    (void)state;
    struct dice dice = {7};
    struct client clients[CLIENTS] = {{0}};
    struct channel *channels[CHANNELS_OPEN];
    bool model[CHANNELS_OPEN][CLIENTS] = {{false}};
    for (size_t c = 0; c < CHANNELS_OPEN; c++)
        channels[c] = new_channel((char[]){(char)('a' + c), '\0'});
    for (int step = 0; step < 20000; step++) {
        unsigned c = dice_roll(&dice, CHANNELS_OPEN), i = dice_roll(&dice, CLIENTS);
        bool tide_in = (step / 1000) % 2 == 0;
        if (dice_roll(&dice, 10) >= 8)
            tide_in = !tide_in;
        if (tide_in && !model[c][i])
            join(channels[c], &clients[i]);
        if (!tide_in && model[c][i])
            leave(channels[c], &clients[i]);
        model[c][i] = tide_in;
        if (step % 20 == 0)
            compare(channels, clients, model);
    }
    for (size_t i = 0; i < CLIENTS; i++) {
        while (clients[i].subscriptions.count > 0)
            channel_remove_at(&clients[i].subscriptions, clients[i].subscriptions.count - 1);
        free(clients[i].subscriptions.items);
    }
    for (size_t c = 0; c < CHANNELS_OPEN; c++) {
        assert_int_equal(channels[c]->count, 0);
        channel_free(channels[c]);
    }
}

static void test_channel_last_leaver_closes_it(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct wire *romeo = node_connect(node), *juliet = node_connect(node);
    wire_join(romeo, "verona");
    wire_join(juliet, "verona");
    wire_unsubscribe(romeo, "verona");
    assert_non_null(node_channel(node, "verona"));
    assert_int_equal(node->relay.counters.channels_closed, 0);
    wire_unsubscribe(juliet, "verona");
    assert_null(node_channel(node, "verona"));
    assert_int_equal(node->relay.counters.channels_closed, 1);
    node_free(node);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_channel_knows_its_name_as_text_and_as_json),
        cmocka_unit_test(test_channel_keeps_a_copy_of_its_password_hash),
        cmocka_unit_test(test_channel_has_those_who_joined_and_no_others),
        cmocka_unit_test(test_channel_finds_a_client_of_many_channels_and_one_among_many),
        cmocka_unit_test(test_channel_is_not_among_the_subscriptions_of_a_stranger),
        cmocka_unit_test(test_channel_subscribers_stay_together_when_first_middle_or_last_leaves),
        cmocka_unit_test(test_channel_gives_memory_back_when_most_have_left),
        cmocka_unit_test(test_channel_random_joins_and_leaves_agree_with_a_model),
        cmocka_unit_test(test_channel_last_leaver_closes_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

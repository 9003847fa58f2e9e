/* handle_list.c — list: a client's own channels, or those of the node that the policy shows.
 *
 * Source: protocol-notes "List Channels", protocol.md for "scope":"node". That one asks a policy
 * for every channel, so it is bounded and paid for out of the client's rate. */
#include <stdlib.h>

#include "protocol/client_command.h"
#include "protocol/client_reply.h"
#include "relay/client.h"
#include "relay/handle.h"

#define ASKED_MAX 2000      /* channels of the node that one list looks at, oldest first */
#define ASKED_PER_COST 20.0 /* so many cost as much as one message */

static void list_own(struct client *client)
{
    struct buf *text = &client->relay->text;
    for (uint32_t i = 0; i < client->subscriptions.count; i++) {
        const struct channel *channel = client->subscriptions.items[i].channel;
        client_reply_channels_add(text, channel->json, channel->json_len);
    }
}

/* At most all of the client's burst, so that a full bucket always pays for one. */
static double cost_of_node(const struct client *client)
{
    size_t asked = channel_table_count(&client->relay->channels);
    double cost = (double)(asked < ASKED_MAX ? asked : ASKED_MAX) / ASKED_PER_COST;
    double most = client->limits.burst - 1; /* the command itself was paid for */
    return cost < most ? cost : most < 0 ? 0 : most;
}

static size_t collect(const struct relay *relay, struct listed_channel *channels, size_t most)
{
    size_t count = 0;
    for (const struct channel *channel = relay->channels.head; channel && count < most;
         channel = channel->hh.next)
        channels[count++] = (struct listed_channel){
            .name = {channel->name, channel->name_len},
            .is_protected = channel->password.is_set,
            .is_shown = true,
        };
    return count;
}

/* The answer must not end who asked: it stays under half of the send queue. */
static void add_shown(struct client *client, const struct listed_channel *channels, size_t count)
{
    struct relay *relay = client->relay;
    size_t most = client->limits.send_queue_bytes / 2;
    const struct channel *channel = relay->channels.head;
    for (size_t i = 0; i < count && relay->text.len < most; i++, channel = channel->hh.next)
        if (channels[i].is_shown)
            client_reply_channels_add(&relay->text, channel->json, channel->json_len);
}

/* Asking a policy changes nothing of the table, so the second walk meets the channels of the first.
 */
static int list_node(struct client *client)
{
    struct relay *relay = client->relay;
    struct listed_channel *channels = calloc(ASKED_MAX, sizeof(*channels));
    if (!channels)
        return RELAY_ENOMEM;
    size_t count = collect(relay, channels, ASKED_MAX);
    if (relay->hooks.channel_list) {
        struct client_facts facts = client_facts(client);
        relay->hooks.channel_list(relay->hooks.context, &facts, channels, count);
    }
    add_shown(client, channels, count);
    free(channels);
    return 0;
}

void handle_list(struct client *client, const struct client_command *command)
{
    struct relay *relay = client->relay;
    if (command->of_node && !client_spend(client, cost_of_node(client))) {
        relay->counters.commands_limited++;
        client_answer_reason(client, REASON_RATE_LIMITED, &command->nonce);
        return;
    }
    client_reply_channels_begin(&relay->text);
    if (!command->of_node) {
        list_own(client);
    } else if (list_node(client)) {
        buf_clear(&relay->text);
        client_answer_reason(client, REASON_BUSY, &command->nonce);
        return;
    }
    client_reply_channels_end(&relay->text, &command->nonce);
    client_answer_text(client);
}

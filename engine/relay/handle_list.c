/* handle_list.c — list: a client's own channels, or those of the node that the policy shows.
 *
 * Source: protocol-notes "List Channels", protocol.md for "scope":"node". That one asks a policy
 * for every channel, so it is bounded and paid for out of the client's rate. */
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

static bool is_shown(const struct client *client, const struct channel *channel)
{
    const struct hooks *hooks = &client->relay->hooks;
    if (!hooks->channel_list)
        return true;
    struct channel_request request = {
        .client = client_facts(client),
        .channel = {channel->name, channel->name_len},
        .is_protected = channel->password.is_set,
    };
    return hooks->channel_list(hooks->context, &request);
}

/* At most all of the client's burst, so that a full bucket always pays for one. */
static double cost_of_node(const struct client *client)
{
    size_t asked = channel_table_count(&client->relay->channels);
    double cost = (double)(asked < ASKED_MAX ? asked : ASKED_MAX) / ASKED_PER_COST;
    double most = client->limits.burst - 1; /* the command itself was paid for */
    return cost < most ? cost : most < 0 ? 0 : most;
}

static void list_node(struct client *client)
{
    struct relay *relay = client->relay;
    const struct channel *channel = relay->channels.head;
    size_t most = client->limits.send_queue_bytes / 2; /* the answer must not end who asked */
    for (unsigned asked = 0; channel && asked < ASKED_MAX && relay->text.len < most; asked++) {
        if (is_shown(client, channel))
            client_reply_channels_add(&relay->text, channel->json, channel->json_len);
        channel = channel->hh.next;
    }
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
    if (command->of_node)
        list_node(client);
    else
        list_own(client);
    client_reply_channels_end(&relay->text, &command->nonce);
    client_answer_text(client);
}

/* handle_unsubscribe.c — unsubscribe: source protocol-notes "Unsubscribe from Channel". */
#include "protocol/client_command.h"
#include "relay/client.h"
#include "relay/handle.h"

void handle_unsubscribe(struct client *client, const struct client_command *command)
{
    struct channel *channel =
        channel_table_find(&client->relay->channels, command->channel, command->channel_len);
    int64_t place = channel ? subscriptions_find(&client->subscriptions, channel) : -1;
    if (place < 0) {
        client_answer_reason(client, REASON_NOT_SUBSCRIBED, &command->nonce);
        return;
    }
    client_leave_at(client, (uint32_t)place);
    client_answer_ok(client, &command->nonce);
}

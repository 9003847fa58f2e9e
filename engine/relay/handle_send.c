/* handle_send.c — send: a message from a subscriber to its channel. Source: protocol-notes "Send
 * Message".
 *
 * The value goes out byte for byte as it came, and Lua sees it only when the user has a message
 * policy. */
#include "protocol/client_command.h"
#include "relay/client.h"
#include "relay/fanout.h"
#include "relay/handle.h"
#include "relay/trace.h"

static void publish(struct client *client, struct channel *channel,
                    const struct client_command *command, const struct json_span *message)
{
    struct relay *relay = client->relay;
    if (fanout_uplink(relay, channel, message, &command->nonce) ||
        fanout_message(relay, channel, client, message, &command->nonce))
        client_answer_reason(client, REASON_BUSY, &command->nonce);
    else
        client_answer_ok(client, &command->nonce);
}

/* What the policy reads: a string without its quotes and escapes, any other value as its JSON text.
 */
static int readable(const struct json_span *message, struct buf *text)
{
    if (message->kind != JSON_STRING) {
        buf_add(text, message->at, message->len);
        return text->failed ? RELAY_ENOMEM : 0;
    }
    char *room = buf_reserve(text, message->len);
    size_t len;
    if (!room || json_string_decode(message, room, message->len, &len))
        return RELAY_EINVAL;
    text->len += len;
    return 0;
}

static void trace_answer(const struct client *client, const struct publish_request *request,
                         const struct json_span *nonce, enum publish_action action)
{
    static const char *const ANSWERS[] = {"passed", "refused", "replaced"};
    trace_policy(client, "message.publish", request->channel, nonce, ANSWERS[action],
                 request->decision);
}

static void publish_by_policy(struct client *client, struct channel *channel,
                              const struct client_command *command)
{
    const struct hooks *hooks = &client->relay->hooks;
    struct verdict denial = {0};
    struct decision decision = {""};
    struct buf text, replacement;
    buf_init(&text, 0);
    buf_init(&replacement, client->limits.message_bytes);
    enum publish_action action = PUBLISH_REFUSE;
    if (readable(&command->message, &text) == 0) {
        struct publish_request request = {
            .client = client_facts(client),
            .channel = {channel->name, channel->name_len},
            .text = {text.bytes ? text.bytes : "", text.len},
            .is_json = command->message.kind != JSON_STRING,
            .decision = client->relay->trace ? &decision : NULL,
        };
        action = hooks->message_publish(hooks->context, &request, &denial, &replacement);
        if (client->relay->trace)
            trace_answer(client, &request, &command->nonce, action);
    }
    struct json_span replaced = {replacement.bytes, replacement.len, JSON_STRING};
    if (action == PUBLISH_REFUSE || (action == PUBLISH_REPLACE && replacement.failed))
        client_answer_denied(client, &denial, REASON_NOT_ALLOWED, &command->nonce);
    else
        publish(client, channel, command,
                action == PUBLISH_REPLACE ? &replaced : &command->message);
    buf_deinit(&text);
    buf_deinit(&replacement);
}

void handle_send(struct client *client, const struct client_command *command)
{
    struct relay *relay = client->relay;
    struct channel *channel =
        channel_table_find(&relay->channels, command->channel, command->channel_len);
    if (!channel || !channel_has(channel, client, &client->subscriptions))
        client_answer_reason(client, REASON_NOT_SUBSCRIBED, &command->nonce);
    else if (relay->hooks.message_publish)
        publish_by_policy(client, channel, command);
    else
        publish(client, channel, command, &command->message);
}

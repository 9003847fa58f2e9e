/* fanout.c — see fanout.h. */
#include "relay/fanout.h"

#include "protocol/client_reply.h"
#include "relay/client.h"
#include "relay/trace.h"
#include "relay/uplink.h"

static struct frame *compose(struct relay *relay, const struct channel *channel,
                             const struct json_span *message, const struct json_span *nonce)
{
    struct buf *text = &relay->text;
    client_reply_message(text, message, channel->json, channel->json_len, nonce);
    struct frame *frame = text->failed ? NULL : frame_new(WS_TEXT, text->bytes, text->len);
    buf_clear(text);
    return frame;
}

int fanout_message(struct relay *relay, struct channel *channel, const struct client *sender,
                   const struct json_span *message, const struct json_span *nonce)
{
    struct frame *frame = compose(relay, channel, message, nonce);
    if (!frame)
        return RELAY_ENOMEM;
    uint64_t now_ms = clock_ms(&relay->clock);
    traffic_add(&relay->traffic, message->len, now_ms);
    traffic_add(&channel->traffic, message->len, now_ms);
    relay->counters.messages++;
    relay->counters.message_bytes += message->len;
    channel->messages++;
    channel->message_bytes += message->len;
    uint64_t before = relay->counters.deliveries;
    for (uint32_t i = 0; i < channel->count; i++) {
        struct client *client = channel->subscribers[i].client;
        if (client == sender)
            continue;
        if (client_queue(client, frame, false))
            relay->counters.deliveries++;
    }
    if (relay->trace)
        trace_fanout(relay, channel, message, nonce, relay->counters.deliveries - before,
                     frame->len * (relay->counters.deliveries - before));
    frame_unref(frame);
    if (relay->events.message)
        relay->events.message(relay->events.context, sender, channel, message, nonce);
    return 0;
}

int fanout_one(struct relay *relay, const struct channel *channel, struct client *client,
               const struct json_span *message)
{
    const struct json_span no_nonce = {.kind = JSON_ABSENT};
    struct frame *frame = compose(relay, channel, message, &no_nonce);
    if (!frame)
        return RELAY_ENOMEM;
    if (client_queue(client, frame, false))
        relay->counters.deliveries++;
    frame_unref(frame);
    return 0;
}

int fanout_uplink(struct relay *relay, const struct channel *channel,
                  const struct json_span *message, const struct json_span *nonce)
{
    const struct uplink *uplink = relay->uplink;
    if (!uplink || channel->scope.kind == SCOPE_NODE)
        return 0;
    return uplink->publish(uplink->context, channel, message, nonce);
}

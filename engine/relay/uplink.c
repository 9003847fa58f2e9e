/* uplink.c — what the network tells the relay. See uplink.h. */
#include "relay/uplink.h"

#include <string.h>

#include "protocol/client_reply.h"
#include "relay/client.h"
#include "relay/fanout.h"
#include "relay/frame.h"
#include "relay/pending_subscribe.h"

void relay_opened(struct relay *relay, struct text name, const struct password_hash *password)
{
    struct opening *opening = opening_find(&relay->openings, name.at, name.len);
    if (!opening)
        return;
    struct channel *channel = relay_open_channel(relay, name, password, &opening->scope);
    bool is_last;
    do {
        struct pending_subscribe *pending =
            list_entry(opening->waiting.next, struct pending_subscribe, waiting);
        is_last = opening->count == 1;
        if (channel)
            pending_subscribe_opened(pending, channel);
        else
            pending_subscribe_refused(pending, REASON_BUSY);
        channel = channel_table_find(&relay->channels, name.at, name.len);
    } while (!is_last);
    relay_close_condemned(relay);
}

void relay_refused(struct relay *relay, struct text name, enum client_reason reason)
{
    struct opening *opening = opening_find(&relay->openings, name.at, name.len);
    if (!opening) /* it was open before the relay had a network */
        relay_lost(relay, name);
    bool is_last = !opening;
    while (!is_last) {
        is_last = opening->count == 1;
        pending_subscribe_refused(
            list_entry(opening->waiting.next, struct pending_subscribe, waiting), reason);
    }
    relay_close_condemned(relay);
}

void relay_lost(struct relay *relay, struct text name)
{
    struct channel *channel = channel_table_find(&relay->channels, name.at, name.len);
    if (!channel)
        return;
    const char *reason = client_reason_text(REASON_CHANNEL_ALREADY_RESERVED);
    client_reply_unsubscribed(&relay->text, channel->json, channel->json_len, reason,
                              strlen(reason));
    struct frame *frame =
        relay->text.failed ? NULL : frame_new(WS_TEXT, relay->text.bytes, relay->text.len);
    buf_clear(&relay->text);
    while (channel->count > 0) {
        struct subscriber last = channel->subscribers[channel->count - 1];
        channel_remove_at(client_subscriptions(last.client), last.place);
        if (relay->events.unsubscribed)
            relay->events.unsubscribed(relay->events.context, last.client, channel);
        if (frame)
            client_queue(last.client, frame, true);
    }
    frame_unref(frame);
    relay_close_channel(relay, channel);
    relay_close_condemned(relay);
}

int relay_deliver(struct relay *relay, struct channel *channel, const struct json_span *message,
                  const struct json_span *nonce)
{
    int err = fanout_message(relay, channel, NULL, message, nonce);
    relay_close_condemned(relay);
    return err;
}

/* A channel that opened when there was nobody to ask. False: it is lost. */
static bool claim(struct relay *relay, const struct channel *channel)
{
    const struct uplink *uplink = relay->uplink;
    struct password_hash password = channel->password;
    enum uplink_answer answer =
        uplink->open(uplink->context, channel->name, channel->name_len, &password);
    return answer == UPLINK_OPENS || answer == UPLINK_WAITS;
}

void relay_join(struct relay *relay, const struct uplink *uplink)
{
    if (relay->uplink == uplink)
        return;
    relay->uplink = uplink;
    struct channel *channel = relay->channels.head;
    while (channel) {
        bool is_kept = channel->scope.kind == SCOPE_NODE || claim(relay, channel);
        if (!is_kept)
            relay_lost(relay, (struct text){channel->name, channel->name_len});
        /* With it others may have gone; a second claim to the same name changes nothing. */
        channel = is_kept ? channel->hh.next : relay->channels.head;
    }
}

/* rescope.c — see rescope.h. */
#include "relay/rescope.h"

#include "relay/relay.h"
#include "relay/uplink.h"

void rescope_begin(struct relay *relay)
{
    relay->rescoped = relay->uplink ? relay->channels.head : NULL;
}

void rescope_forget(struct relay *relay, const struct channel *channel)
{
    if (relay->rescoped == channel)
        relay->rescoped = channel->hh.next;
}

static void take(struct channel *channel, struct channel_scope *scope)
{
    buf_deinit(&channel->scope.nodes);
    channel->scope = *scope;
    *scope = (struct channel_scope){0};
}

/* It goes out from now on: false when its name is another's. */
static bool claim(const struct uplink *uplink, const struct channel *channel)
{
    struct password_hash password = channel->password;
    enum uplink_answer answer =
        uplink->open(uplink->context, channel->name, channel->name_len, &password);
    return answer == UPLINK_OPENS || answer == UPLINK_WAITS;
}

static void rescope(struct relay *relay, struct channel *channel)
{
    const struct uplink *uplink = relay->uplink;
    struct channel_scope scope = {0};
    bool was_out = channel->scope.kind != SCOPE_NODE;
    if (relay->hooks.routing_scope)
        relay->hooks.routing_scope(relay->hooks.context,
                                   (struct text){channel->name, channel->name_len}, &scope);
    bool goes_out = scope.kind != SCOPE_NODE;
    take(channel, &scope);
    if (was_out && !goes_out)
        uplink->release(uplink->context, channel->name, channel->name_len);
    else if (!was_out && goes_out && !claim(uplink, channel))
        relay_lost(relay, (struct text){channel->name, channel->name_len});
}

bool rescope_some(struct relay *relay, size_t most)
{
    for (; most > 0 && relay->rescoped; most--) {
        struct channel *channel = relay->rescoped;
        relay->rescoped = channel->hh.next;
        rescope(relay, channel);
    }
    return relay->rescoped != NULL;
}

/* relay.c — see relay.h. */
#include "relay/relay.h"

#include <assert.h>
#include <string.h>

#include "protocol/client_command.h"
#include "protocol/client_reply.h"
#include "relay/client.h"
#include "relay/fanout.h"
#include "relay/frame.h"
#include "relay/rescope.h"
#include "relay/uplink.h"

#define HEALTH_INTERVAL_MS 1000
#define SWEEP_INTERVAL_MS 15000

int relay_init(struct relay *relay, const struct hash_key *key)
{
    const struct json_span no_nonce = {.kind = JSON_ABSENT};
    relay->channels = (struct channel_table){.key = *key};
    relay->openings = (struct opening_table){.key = *key};
    list_init(&relay->clients);
    list_init(&relay->condemned);
    buf_init(&relay->text, 0);
    client_reply_ok(&relay->text, &no_nonce);
    relay->ok_frame =
        relay->text.failed ? NULL : frame_new(WS_TEXT, relay->text.bytes, relay->text.len);
    buf_clear(&relay->text);
    relay->health = (struct health){.state = HEALTH_GOOD, .reason = "healthy"};
    return relay->ok_frame ? 0 : RELAY_ENOMEM;
}

void relay_deinit(struct relay *relay)
{
    assert(relay->client_count == 0 && channel_table_count(&relay->channels) == 0);
    assert(relay->queued_bytes == 0);
    traffic_deinit(&relay->traffic);
    frame_unref(relay->ok_frame);
    buf_deinit(&relay->text);
}

struct channel *relay_open_channel(struct relay *relay, struct text name,
                                   const struct password_hash *password,
                                   struct channel_scope *scope)
{
    struct channel *channel = channel_table_open(&relay->channels, name.at, name.len, password);
    if (!channel) {
        if (relay->uplink && scope->kind != SCOPE_NODE)
            relay->uplink->release(relay->uplink->context, name.at, name.len);
        return NULL;
    }
    channel->scope = *scope;
    *scope = (struct channel_scope){0};
    relay->counters.channels_opened++;
    log_debug(relay->log, "channel opened", LOG_STRN("channel", name.at, name.len));
    if (relay->events.channel_opened)
        relay->events.channel_opened(relay->events.context, channel);
    return channel;
}

void relay_close_channel(struct relay *relay, struct channel *channel)
{
    relay->counters.channels_closed++;
    rescope_forget(relay, channel);
    if (relay->events.channel_closed)
        relay->events.channel_closed(relay->events.context, channel);
    log_debug(relay->log, "channel closed", LOG_STRN("channel", channel->name, channel->name_len));
    channel_table_close(&relay->channels, channel);
}

void relay_close_if_empty(struct relay *relay, struct channel *channel)
{
    if (channel->count > 0)
        return;
    bool is_reserved = relay->uplink && channel->scope.kind != SCOPE_NODE;
    char name[CHANNEL_NAME_MAX];
    size_t len = channel->name_len;
    memcpy(name, channel->name, len);
    relay_close_channel(relay, channel);
    if (is_reserved)
        relay->uplink->release(relay->uplink->context, name, len);
}

size_t relay_subscribers(const struct relay *relay, struct text name)
{
    const struct channel *channel = channel_table_find(&relay->channels, name.at, name.len);
    const struct opening *opening = opening_find(&relay->openings, name.at, name.len);
    return (channel ? channel->count : 0) + (opening ? opening->count : 0);
}

/* A channel that is open on other nodes alone. */
static int publish_elsewhere(struct relay *relay, struct text name, const struct json_span *message)
{
    const struct json_span no_nonce = {.kind = JSON_ABSENT};
    const struct uplink *uplink = relay->uplink;
    struct password_hash password;
    if (!uplink || !uplink->is_reserved(uplink->context, name.at, name.len, &password))
        return RELAY_EINVAL;
    struct channel *channel = channel_new(name.at, name.len, &password);
    if (!channel)
        return RELAY_ENOMEM;
    int err = uplink->publish(uplink->context, channel, message, &no_nonce);
    channel_free(channel);
    return err;
}

int relay_publish(struct relay *relay, struct text name, const struct json_span *message)
{
    const struct json_span no_nonce = {.kind = JSON_ABSENT};
    struct channel *channel = channel_table_find(&relay->channels, name.at, name.len);
    if (!channel)
        return publish_elsewhere(relay, name, message);
    int err = fanout_uplink(relay, channel, message, &no_nonce);
    return err ? err : relay_deliver(relay, channel, message, &no_nonce);
}

int relay_send(struct relay *relay, uint64_t id, struct text name, const struct json_span *message)
{
    const struct channel *channel = channel_table_find(&relay->channels, name.at, name.len);
    struct client *client = relay_find_client(relay, id);
    if (!channel || !client || !channel_has(channel, client, &client->subscriptions))
        return RELAY_EINVAL;
    int err = fanout_one(relay, channel, client, message);
    relay_close_condemned(relay);
    return err;
}

void relay_sweep(struct relay *relay)
{
    uint64_t now_ms = clock_ms(&relay->clock);
    if (now_ms - relay->swept_ms < SWEEP_INTERVAL_MS)
        return;
    relay->swept_ms = now_ms;
    traffic_sweep(&relay->traffic, now_ms);
    for (struct channel *channel = relay->channels.head; channel; channel = channel->hh.next)
        traffic_sweep(&channel->traffic, now_ms);
}

const struct health *relay_health(struct relay *relay, size_t connections)
{
    uint64_t now_ms = clock_ms(&relay->clock);
    bool is_fresh = relay->has_health && now_ms - relay->health_at_ms < HEALTH_INTERVAL_MS;
    if (relay->hooks.health && !is_fresh) {
        struct health_facts facts = {
            .clients = relay->client_count,
            .channels = channel_table_count(&relay->channels),
            .connections = connections,
            .peers = relay->peers,
            .peers_configured = relay->peers_configured,
            .latency_ms = relay->peers_latency_ms,
            .latency_limit_ms = relay->health_latency_ms,
            .draining = relay->draining,
        };
        relay->has_health = true;
        relay->health_at_ms = now_ms;
        relay->hooks.health(relay->hooks.context, &facts, &relay->health);
    }
    return &relay->health;
}

size_t relay_drain(struct relay *relay, size_t most)
{
    size_t closed = 0;
    relay->draining = true;
    struct list *node = relay->clients.next;
    while (node != &relay->clients && closed < most) {
        struct client *client = list_entry(node, struct client, node);
        node = node->next;
        if (client->is_closing)
            continue;
        client_close(client, CLOSE_RESTARTING, "node restarting");
        closed++;
    }
    return closed;
}

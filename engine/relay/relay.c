/* relay.c — see relay.h. */
#include "relay/relay.h"

#include <assert.h>
#include <string.h>

#include "protocol/client_reply.h"
#include "relay/client.h"
#include "relay/frame.h"

#define HEALTH_INTERVAL_MS 1000

int relay_init(struct relay *relay, const struct hash_key *key)
{
    const struct json_span no_nonce = {.kind = JSON_ABSENT};
    relay->channels = (struct channel_table){.key = *key};
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
    frame_unref(relay->ok_frame);
    buf_deinit(&relay->text);
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

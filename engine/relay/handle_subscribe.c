/* handle_subscribe.c — subscribe: the password's hash, the policy's word, the channel opened or
 * joined.
 *
 * Source: protocol-notes "Subscribe to Channel". A password costs 12 ms of another core, so a
 * subscribe with one may wait: the transport is paused meanwhile, and the client's commands keep
 * their order. An unknown channel and a known one go the same way, so the time tells nothing. */
#include <stdlib.h>
#include <string.h>

#include "protocol/client_command.h"
#include "relay/client.h"
#include "relay/handle.h"

struct pending_subscribe {
    struct hash_waiter waiter;
    struct client *client;
    size_t channel_len, nonce_len;
    enum json_kind nonce_kind;
    char bytes[]; /* the channel's name, then the nonce as written */
};

/* What is known once the hash is there. `waiter` is NULL for a subscribe without a password. */
struct subscribe {
    const char *channel;
    size_t channel_len;
    struct password_hash password;
    const struct hash_waiter *waiter;
    struct json_span nonce;
};

static struct channel_request facts(const struct client *client, const struct subscribe *subscribe)
{
    return (struct channel_request){
        .client = client_facts(client),
        .channel = {subscribe->channel, subscribe->channel_len},
    };
}

/* The password was right, or opened the channel: its hash need not be computed again. */
static void add(struct client *client, struct channel *channel, const struct subscribe *subscribe)
{
    struct relay *relay = client->relay;
    if (channel_add(channel, client, &client->subscriptions)) {
        if (channel->count == 0) {
            relay->counters.channels_closed++;
            channel_table_close(&relay->channels, channel);
        }
        client_answer_reason(client, REASON_BUSY, &subscribe->nonce);
        return;
    }
    if (subscribe->waiter && channel->password.is_set &&
        password_hash_equals(&channel->password, &subscribe->password))
        hash_jobs_remember(relay->hash_jobs, subscribe->waiter, &subscribe->password);
    client_answer_ok(client, &subscribe->nonce);
}

static void open_channel(struct client *client, const struct subscribe *subscribe)
{
    struct relay *relay = client->relay;
    struct verdict verdict = {.allowed = true};
    if (relay->hooks.channel_open) {
        struct channel_request request = facts(client, subscribe);
        request.is_protected = subscribe->password.is_set;
        verdict = relay->hooks.channel_open(relay->hooks.context, &request);
    }
    if (!verdict.allowed) {
        client_answer_denied(client, &verdict, REASON_NOT_ALLOWED, &subscribe->nonce);
        return;
    }
    struct channel *channel = channel_table_open(&relay->channels, subscribe->channel,
                                                 subscribe->channel_len, &subscribe->password);
    if (!channel) {
        client_answer_reason(client, REASON_BUSY, &subscribe->nonce);
        return;
    }
    relay->counters.channels_opened++;
    log_debug(relay->log, "channel opened",
              LOG_STRN("channel", subscribe->channel, subscribe->channel_len),
              LOG_INT("client", client->id));
    add(client, channel, subscribe);
}

static void join_channel(struct client *client, struct channel *channel,
                         const struct subscribe *subscribe)
{
    struct relay *relay = client->relay;
    bool matches =
        !channel->password.is_set || password_hash_equals(&channel->password, &subscribe->password);
    struct verdict verdict = {.allowed = matches};
    if (relay->hooks.channel_join) {
        struct channel_request request = facts(client, subscribe);
        request.is_protected = channel->password.is_set;
        request.password_matches = matches;
        verdict = relay->hooks.channel_join(relay->hooks.context, &request);
    }
    if (!matches)
        relay->counters.passwords_refused++;
    if (verdict.allowed)
        add(client, channel, subscribe);
    else
        client_answer_denied(client, &verdict,
                             matches ? REASON_NOT_ALLOWED : REASON_INVALID_PASSWORD,
                             &subscribe->nonce);
}

static void decide(struct client *client, const struct subscribe *subscribe)
{
    struct channel *channel =
        channel_table_find(&client->relay->channels, subscribe->channel, subscribe->channel_len);
    if (channel)
        join_channel(client, channel, subscribe);
    else
        open_channel(client, subscribe);
}

static void hash_done(struct hash_waiter *waiter, const struct password_hash *hash, int err)
{
    struct pending_subscribe *pending = list_entry(waiter, struct pending_subscribe, waiter);
    struct client *client = pending->client;
    struct relay *relay = client->relay;
    struct subscribe subscribe = {
        .channel = pending->bytes,
        .channel_len = pending->channel_len,
        .waiter = waiter,
        .nonce = {pending->bytes + pending->channel_len, pending->nonce_len, pending->nonce_kind},
    };
    client->pending = NULL;
    if (err) {
        client_answer_reason(client, REASON_BUSY, &subscribe.nonce);
    } else {
        subscribe.password = *hash;
        decide(client, &subscribe);
    }
    free(pending);
    if (!client->is_closing)
        client->transport->resume(client->connection);
    relay_close_condemned(relay);
}

static struct pending_subscribe *pending_new(struct client *client,
                                             const struct client_command *command)
{
    size_t nonce_len = command->nonce.kind == JSON_ABSENT ? 0 : command->nonce.len;
    struct pending_subscribe *pending =
        calloc(1, sizeof(*pending) + command->channel_len + nonce_len);
    if (!pending)
        return NULL;
    pending->waiter.done = hash_done;
    pending->client = client;
    pending->channel_len = command->channel_len;
    pending->nonce_len = nonce_len;
    pending->nonce_kind = command->nonce.kind;
    memcpy(pending->bytes, command->channel, command->channel_len);
    if (nonce_len)
        memcpy(pending->bytes + command->channel_len, command->nonce.at, nonce_len);
    return pending;
}

static void refuse_busy(struct client *client, const struct json_span *nonce)
{
    client->relay->counters.passwords_busy++;
    client_answer_reason(client, REASON_BUSY, nonce);
}

static void subscribe_with_password(struct client *client, const struct client_command *command,
                                    struct subscribe *subscribe)
{
    struct relay *relay = client->relay;
    struct pending_subscribe *pending = pending_new(client, command);
    if (!pending) {
        refuse_busy(client, &command->nonce);
        return;
    }
    int is_known = hash_jobs_request(relay->hash_jobs, &pending->waiter, command->password,
                                     command->password_len, command->channel, command->channel_len,
                                     &subscribe->password);
    if (is_known == 0) {
        client->pending = pending;
        client->transport->pause(client->connection);
        return;
    }
    if (is_known > 0) {
        relay->counters.passwords_remembered++;
        decide(client, subscribe);
    } else {
        refuse_busy(client, &command->nonce);
    }
    free(pending);
}

void handle_subscribe(struct client *client, const struct client_command *command)
{
    struct relay *relay = client->relay;
    struct channel *channel =
        channel_table_find(&relay->channels, command->channel, command->channel_len);
    struct subscribe subscribe = {
        .channel = command->channel,
        .channel_len = command->channel_len,
        .nonce = command->nonce,
    };
    if (channel && channel_has(channel, client, &client->subscriptions))
        client_answer_ok(client, &command->nonce);
    else if (client->subscriptions.count >= client->limits.channels_per_client)
        client_answer_reason(client, REASON_TOO_MANY_CHANNELS, &command->nonce);
    else if (command->password_len > 0)
        subscribe_with_password(client, command, &subscribe);
    else
        decide(client, &subscribe);
}

void handle_subscribe_cancel(struct client *client)
{
    if (!client->pending)
        return;
    hash_waiter_cancel(client->relay->hash_jobs, &client->pending->waiter);
    free(client->pending);
    client->pending = NULL;
}

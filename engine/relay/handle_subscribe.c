/* handle_subscribe.c — subscribe: the password's hash, the policy's word, the network's, the
 * channel opened or joined.
 *
 * Source: protocol-notes "Subscribe to Channel". A password costs 12 ms of another core, so a
 * subscribe with one may wait: the transport is paused meanwhile, and the client's commands keep
 * their order; it waits on where the network has to be asked whether the name is free. An unknown
 * channel and a known one go the same way as far as the hash, so its time tells nothing. */
#include <stdlib.h>
#include <string.h>

#include "protocol/client_command.h"
#include "relay/client.h"
#include "relay/handle.h"
#include "relay/pending_subscribe.h"
#include "relay/trace.h"
#include "relay/uplink.h"

/* What is known once the hash is there. */
struct subscribe {
    const char *channel;
    size_t channel_len;
    struct password_hash password;
    const struct hash_waiter *waiter; /* NULL for a subscribe without a password */
    struct json_span nonce;
    struct pending_subscribe *pending; /* what waited already, or NULL */
};

enum outcome { ANSWERED, WAITS };

static struct channel_request facts(const struct client *client, const struct subscribe *subscribe)
{
    return (struct channel_request){
        .client = client_facts(client),
        .channel = {subscribe->channel, subscribe->channel_len},
    };
}

static struct verdict ask_policy(const struct client *client, const struct subscribe *subscribe,
                                 struct channel_request *request, bool is_join)
{
    const struct relay *relay = client->relay;
    const struct hooks *hooks = &relay->hooks;
    struct decision decision = {""};
    request->decision = relay->trace ? &decision : NULL;
    struct verdict verdict = is_join ? hooks->channel_join(hooks->context, request)
                                     : hooks->channel_open(hooks->context, request);
    if (relay->trace) {
        trace_about(client, request->channel);
        trace_policy(client, is_join ? "channel_auth.join" : "channel_auth.open", request->channel,
                     &subscribe->nonce, verdict.allowed ? "allowed" : "refused", &decision);
    }
    return verdict;
}

static struct pending_subscribe *pending_new(struct client *client, struct text channel,
                                             const struct json_span *nonce)
{
    size_t nonce_len = nonce->kind == JSON_ABSENT ? 0 : nonce->len;
    struct pending_subscribe *pending = calloc(1, sizeof(*pending) + channel.len + nonce_len);
    if (!pending)
        return NULL;
    pending->client = client;
    list_init(&pending->waiting);
    pending->channel_len = channel.len;
    pending->nonce_len = nonce_len;
    pending->nonce_kind = nonce->kind;
    memcpy(pending->bytes, channel.at, channel.len);
    if (nonce_len)
        memcpy(pending->bytes + channel.len, nonce->at, nonce_len);
    return pending;
}

static void pending_free(struct pending_subscribe *pending)
{
    explicit_bzero(&pending->password, sizeof(pending->password));
    free(pending);
}

static struct subscribe subscribe_of(struct pending_subscribe *pending)
{
    return (struct subscribe){
        .channel = pending->bytes,
        .channel_len = pending->channel_len,
        .password = pending->password,
        .waiter = pending->has_password ? &pending->waiter : NULL,
        .nonce = {pending->bytes + pending->channel_len, pending->nonce_len, pending->nonce_kind},
        .pending = pending,
    };
}

/* The password was right, or opened the channel: its hash need not be computed again. */
static void add(struct client *client, struct channel *channel, const struct subscribe *subscribe)
{
    struct relay *relay = client->relay;
    if (channel_add(channel, client, &client->subscriptions)) {
        relay_close_if_empty(relay, channel);
        client_answer_reason(client, REASON_BUSY, &subscribe->nonce);
        return;
    }
    if (subscribe->waiter && channel->password.is_set &&
        password_hash_equals(&channel->password, &subscribe->password))
        hash_jobs_remember(relay->hash_jobs, subscribe->waiter, &subscribe->password);
    client_answer_ok(client, &subscribe->nonce);
    if (relay->events.subscribed)
        relay->events.subscribed(relay->events.context, client, channel);
}

/* The channel opens here, whoever was asked. */
static void open_here(struct client *client, const struct subscribe *subscribe,
                      const struct password_hash *password, struct channel_scope *scope)
{
    struct channel *channel = relay_open_channel(
        client->relay, (struct text){subscribe->channel, subscribe->channel_len}, password, scope);
    if (channel)
        add(client, channel, subscribe);
    else
        client_answer_reason(client, REASON_BUSY, &subscribe->nonce);
}

/* Puts the client among those who wait for the network's word. */
static enum outcome wait_for_network(struct client *client, const struct subscribe *subscribe,
                                     struct channel_scope *scope)
{
    struct relay *relay = client->relay;
    struct text name = {subscribe->channel, subscribe->channel_len};
    struct pending_subscribe *pending =
        subscribe->pending ? subscribe->pending : pending_new(client, name, &subscribe->nonce);
    struct opening *opening = opening_find(&relay->openings, name.at, name.len);
    if (pending && !opening && (opening = opening_add(&relay->openings, name.at, name.len))) {
        opening->scope = *scope;
        *scope = (struct channel_scope){0};
    }
    if (!pending || !opening) {
        if (pending && !subscribe->pending)
            pending_free(pending);
        if (relay_subscribers(relay, name) == 0)
            relay->uplink->release(relay->uplink->context, name.at, name.len);
        client_answer_reason(client, REASON_BUSY, &subscribe->nonce);
        return ANSWERED;
    }
    pending->password = subscribe->password;
    pending->opening = opening;
    list_append(&opening->waiting, &pending->waiting);
    opening->count++;
    client->pending = pending;
    if (!subscribe->pending) /* else it is paused since its hash was asked for */
        client->session.transport->pause(client->session.connection);
    return WAITS;
}

static enum outcome ask_network(struct client *client, const struct subscribe *subscribe,
                                struct password_hash *password, struct channel_scope *scope)
{
    const struct uplink *uplink = client->relay->uplink;
    if (!uplink || scope->kind == SCOPE_NODE) {
        open_here(client, subscribe, password, scope);
        return ANSWERED;
    }
    switch (uplink->open(uplink->context, subscribe->channel, subscribe->channel_len, password)) {
    case UPLINK_OPENS:
        open_here(client, subscribe, password, scope);
        break;
    case UPLINK_WAITS:
        return wait_for_network(client, subscribe, scope);
    case UPLINK_REFUSES:
        client->relay->counters.passwords_refused++;
        client_answer_reason(client, REASON_INVALID_PASSWORD, &subscribe->nonce);
        break;
    case UPLINK_BUSY:
        client_answer_reason(client, REASON_BUSY, &subscribe->nonce);
        break;
    }
    return ANSWERED;
}

/* Nobody has the name: the policy's word, then the network's. */
static enum outcome open_channel(struct client *client, const struct subscribe *subscribe,
                                 struct channel_scope *scope)
{
    struct relay *relay = client->relay;
    struct verdict verdict = {.allowed = true};
    if (relay->hooks.channel_open) {
        struct channel_request request = facts(client, subscribe);
        request.is_protected = subscribe->password.is_set;
        verdict = ask_policy(client, subscribe, &request, false);
    }
    if (!verdict.allowed) {
        client_answer_denied(client, &verdict, REASON_NOT_ALLOWED, &subscribe->nonce);
        return ANSWERED;
    }
    struct password_hash password = subscribe->password;
    return ask_network(client, subscribe, &password, scope);
}

/* The channel has this password, here or on another node. False: the client was told no. */
static bool may_join(struct client *client, const struct password_hash *password,
                     const struct subscribe *subscribe)
{
    struct relay *relay = client->relay;
    bool matches = !password->is_set || password_hash_equals(password, &subscribe->password);
    struct verdict verdict = {.allowed = matches};
    if (relay->hooks.channel_join) {
        struct channel_request request = facts(client, subscribe);
        request.is_protected = password->is_set;
        request.password_matches = matches;
        verdict = ask_policy(client, subscribe, &request, true);
    }
    if (!matches)
        relay->counters.passwords_refused++;
    if (!verdict.allowed)
        client_answer_denied(client, &verdict,
                             matches ? REASON_NOT_ALLOWED : REASON_INVALID_PASSWORD,
                             &subscribe->nonce);
    return verdict.allowed;
}

/* Not open here: reserved by another node, or free. */
static enum outcome decide_by_network(struct client *client, const struct subscribe *subscribe)
{
    struct relay *relay = client->relay;
    struct text name = {subscribe->channel, subscribe->channel_len};
    struct password_hash password;
    struct channel_scope scope = {0};
    enum outcome outcome = ANSWERED;
    if (relay->uplink && relay->hooks.routing_scope)
        relay->hooks.routing_scope(relay->hooks.context, name, &scope);
    bool is_reserved =
        relay->uplink && scope.kind != SCOPE_NODE &&
        relay->uplink->is_reserved(relay->uplink->context, name.at, name.len, &password);
    if (!is_reserved)
        outcome = open_channel(client, subscribe, &scope);
    else if (may_join(client, &password, subscribe))
        outcome = ask_network(client, subscribe, &password, &scope);
    buf_deinit(&scope.nodes);
    return outcome;
}

static enum outcome decide(struct client *client, const struct subscribe *subscribe)
{
    struct channel *channel =
        channel_table_find(&client->relay->channels, subscribe->channel, subscribe->channel_len);
    if (!channel)
        return decide_by_network(client, subscribe);
    if (may_join(client, &channel->password, subscribe))
        add(client, channel, subscribe);
    return ANSWERED;
}

/* What waited is over; the client goes on. */
static void finish(struct pending_subscribe *pending)
{
    struct client *client = pending->client;
    pending_free(pending);
    if (!client->is_closing)
        client->session.transport->resume(client->session.connection);
}

static void hash_done(struct hash_waiter *waiter, const struct password_hash *hash, int err)
{
    struct pending_subscribe *pending = list_entry(waiter, struct pending_subscribe, waiter);
    struct client *client = pending->client;
    struct relay *relay = client->relay;
    enum outcome outcome = ANSWERED;
    client->pending = NULL;
    if (!err)
        pending->password = *hash;
    struct subscribe subscribe = subscribe_of(pending);
    if (err)
        client_answer_reason(client, REASON_BUSY, &subscribe.nonce);
    else
        outcome = decide(client, &subscribe);
    if (outcome == ANSWERED)
        finish(pending);
    relay_close_condemned(relay);
}

/* Takes it out of the list of those who wait. */
static void leave_opening(struct relay *relay, struct pending_subscribe *pending)
{
    struct opening *opening = pending->opening;
    pending->opening = NULL;
    list_remove(&pending->waiting);
    if (--opening->count == 0)
        opening_remove(&relay->openings, opening);
}

void pending_subscribe_opened(struct pending_subscribe *pending, struct channel *channel)
{
    struct client *client = pending->client;
    struct subscribe subscribe = subscribe_of(pending);
    client->pending = NULL;
    leave_opening(client->relay, pending);
    add(client, channel, &subscribe);
    finish(pending);
}

void pending_subscribe_refused(struct pending_subscribe *pending, enum client_reason reason)
{
    struct client *client = pending->client;
    struct subscribe subscribe = subscribe_of(pending);
    client->pending = NULL;
    leave_opening(client->relay, pending);
    client->relay->counters.passwords_refused += reason == REASON_INVALID_PASSWORD;
    if (client->relay->trace)
        trace_about(client, (struct text){subscribe.channel, subscribe.channel_len});
    client_answer_reason(client, reason, &subscribe.nonce);
    finish(pending);
}

static void refuse_busy(struct client *client, const struct json_span *nonce)
{
    client->relay->counters.passwords_busy++;
    client_answer_reason(client, REASON_BUSY, nonce);
}

static void subscribe_with_password(struct client *client, const struct client_command *command)
{
    struct relay *relay = client->relay;
    struct pending_subscribe *pending =
        pending_new(client, (struct text){command->channel, command->channel_len}, &command->nonce);
    if (!pending) {
        refuse_busy(client, &command->nonce);
        return;
    }
    pending->has_password = true;
    pending->waiter.done = hash_done;
    int is_known = hash_jobs_request(relay->hash_jobs, &pending->waiter, command->password,
                                     command->password_len, command->channel, command->channel_len,
                                     &pending->password);
    if (is_known == 0) {
        client->pending = pending;
        client->session.transport->pause(client->session.connection);
        return;
    }
    enum outcome outcome = ANSWERED;
    if (is_known > 0) {
        relay->counters.passwords_remembered++;
        struct subscribe subscribe = subscribe_of(pending);
        outcome = decide(client, &subscribe);
    } else {
        refuse_busy(client, &command->nonce);
    }
    if (outcome == ANSWERED)
        pending_free(pending);
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
        subscribe_with_password(client, command);
    else
        (void)decide(client, &subscribe);
}

void handle_subscribe_cancel(struct client *client)
{
    struct pending_subscribe *pending = client->pending;
    struct relay *relay = client->relay;
    if (!pending)
        return;
    client->pending = NULL;
    if (pending->opening) {
        struct text name = {pending->bytes, pending->channel_len};
        leave_opening(relay, pending);
        if (relay_subscribers(relay, name) == 0)
            relay->uplink->release(relay->uplink->context, name.at, name.len);
    } else {
        hash_waiter_cancel(relay->hash_jobs, &pending->waiter);
    }
    pending_free(pending);
}

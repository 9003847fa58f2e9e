/* client.c — a client's life, its limits, and the way of a command to its handler. See client.h. */
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element) ((element)->hh.tbl = NULL)

#include "relay/client.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/client_command.h"
#include "protocol/client_reply.h"
#include "relay/handle.h"
#include "relay/trace.h"
#include "relay/uplink.h"

#define MALFORMED_IN_A_ROW_MAX 20

static void take_limits(struct client *client)
{
    const struct relay *relay = client->relay;
    client->limits = relay->limits;
    client->limits_version = relay->limits_version;
    if (relay->hooks.client_limits) {
        struct client_facts facts = client_facts(client);
        relay->hooks.client_limits(relay->hooks.context, &facts, &client->limits);
    }
    if (relay->uplink && client->limits.message_bytes > UPLINK_MESSAGE_MAX)
        client->limits.message_bytes = UPLINK_MESSAGE_MAX;
}

static struct client *client_of(struct session *session)
{
    return list_entry(session, struct client, session);
}

static size_t session_bytes_max(const struct session *session)
{
    return list_entry(session, const struct client, session)->limits.message_bytes;
}

static void receive_text(struct session *session, const char *text, size_t len)
{
    client_receive(client_of(session), text, len);
}

static void close_session(struct session *session, unsigned code, const char *reason)
{
    client_close(client_of(session), code, reason);
}

static void end_session(struct session *session)
{
    client_gone(client_of(session));
}

static const struct session_kind kind = {
    .message_max = session_bytes_max,
    .receive = receive_text,
    .close = close_session,
    .gone = end_session,
};

static void free_memory(struct client *client)
{
    free(client->subscriptions.items);
    free(client->identity);
    free(client);
}

struct client *relay_find_client(const struct relay *relay, uint64_t id)
{
    struct client *found;
    HASH_FIND(hh, relay->clients_by_id, &id, sizeof(id), found);
    return found;
}

struct client *client_open(struct relay *relay, const struct transport *transport, void *connection,
                           const char *address, const struct buf *identity)
{
    struct client *client = calloc(1, sizeof(*client));
    if (!client)
        return NULL;
    if (identity->len && !(client->identity = strndup(identity->bytes, identity->len))) {
        free(client);
        return NULL;
    }
    client->session =
        (struct session){.kind = &kind, .transport = transport, .connection = connection};
    outbox_init(&client->session.outbox, &relay->queued_bytes);
    client->session.id = ++relay->last_client_id;
    HASH_ADD(hh, relay->clients_by_id, session.id, sizeof(client->session.id), client);
    if (!client->hh.tbl) {
        free_memory(client);
        return NULL;
    }
    client->relay = relay;
    client->address = address;
    list_init(&client->condemned_node);
    list_append(&relay->clients, &client->node);
    relay->client_count++;
    relay->counters.clients_opened++;
    take_limits(client);
    uint64_t now_ms = clock_ms(&relay->clock);
    client->opened_ms = now_ms;
    rate_init(&client->commands, client->limits.burst, now_ms);
    rate_init(&client->refusals, client->limits.burst, now_ms);
    log_debug(relay->log, "client opened", LOG_INT("client", client_id(client)),
              LOG_STR("address", address));
    if (relay->events.client_opened)
        relay->events.client_opened(relay->events.context, client);
    return client;
}

void client_leave_at(struct client *client, uint32_t place)
{
    struct relay *relay = client->relay;
    struct channel *channel = client->subscriptions.items[place].channel;
    channel_remove_at(&client->subscriptions, place);
    if (relay->events.unsubscribed)
        relay->events.unsubscribed(relay->events.context, client, channel);
    relay_close_if_empty(relay, channel);
}

static void leave_all(struct client *client)
{
    while (client->subscriptions.count > 0)
        client_leave_at(client, client->subscriptions.count - 1);
}

void client_close(struct client *client, unsigned code, const char *reason)
{
    if (client->is_closing)
        return;
    client->is_closing = true;
    handle_subscribe_cancel(client);
    leave_all(client);
    log_debug(client->relay->log, "client closing", LOG_INT("client", client_id(client)),
              LOG_INT("code", code), LOG_STR("reason", reason));
    client->session.transport->close(client->session.connection, code, reason);
}

void client_gone(struct client *client)
{
    struct relay *relay = client->relay;
    client->is_closing = true;
    handle_subscribe_cancel(client);
    leave_all(client);
    if (relay->events.client_closed)
        relay->events.client_closed(relay->events.context, client);
    HASH_DEL(relay->clients_by_id, client);
    list_remove(&client->condemned_node);
    list_remove(&client->node);
    relay->client_count--;
    relay->counters.clients_closed++;
    log_debug(relay->log, "client closed", LOG_INT("client", client_id(client)));
    relay->counters.frames_dropped_gone += client_outbox(client)->count;
    outbox_deinit(client_outbox(client));
    free_memory(client);
}

/* A client is condemned, not closed, when its queue is full: the caller may be walking the
 * channel's subscribers. */
static void condemn(struct client *client)
{
    if (list_is_empty(&client->condemned_node))
        list_append(&client->relay->condemned, &client->condemned_node);
}

bool client_queue(struct client *client, struct frame *frame, bool is_answer)
{
    if (client->is_closing)
        return false;
    bool is_full = client->session.outbox.bytes > 0 &&
                   client->session.outbox.bytes + frame->len > client->limits.send_queue_bytes;
    if (is_full || outbox_push(client_outbox(client), frame)) {
        client->relay->counters.frames_dropped_slow++;
        condemn(client);
        return false;
    }
    client->session.transport->wake(client->session.connection, is_answer);
    return true;
}

void relay_close_condemned(struct relay *relay)
{
    struct list *node;
    while ((node = list_shift(&relay->condemned))) {
        struct client *client = list_entry(node, struct client, condemned_node);
        if (client->is_closing)
            continue;
        relay->counters.clients_too_slow++;
        log_event_gated(
            relay->log, &relay->gates.limits, clock_ms(&relay->clock), LOG_WARN, "client too slow",
            LOG_FIELDS(LOG_INT("client", client_id(client)), LOG_STR("address", client->address),
                       LOG_INT("queued_bytes", client->session.outbox.bytes)));
        relay->counters.frames_dropped_slow += client_outbox(client)->count;
        outbox_deinit(client_outbox(client));
        client_close(client, CLOSE_TRY_LATER, "too slow");
    }
}

void client_answer_text(struct client *client)
{
    struct buf *text = &client->relay->text;
    struct frame *frame = text->failed ? NULL : frame_new(WS_TEXT, text->bytes, text->len);
    if (frame)
        client_queue(client, frame, true);
    else
        condemn(client);
    frame_unref(frame);
    buf_clear(text);
}

void client_answer_ok(struct client *client, const struct json_span *nonce)
{
    if (nonce->kind == JSON_ABSENT) {
        client_queue(client, client->relay->ok_frame, true);
        return;
    }
    client_reply_ok(&client->relay->text, nonce);
    client_answer_text(client);
}

static void answer_failure(struct client *client, const char *reason, const struct json_span *nonce)
{
    client->relay->counters.commands_failed++;
    if (client->relay->trace)
        trace_refused(client, reason, nonce);
    client_reply_failure(&client->relay->text, reason, strlen(reason), nonce);
    client_answer_text(client);
}

void client_answer_reason(struct client *client, enum client_reason reason,
                          const struct json_span *nonce)
{
    answer_failure(client, client_reason_text(reason), nonce);
}

void client_answer_denied(struct client *client, const struct verdict *verdict,
                          enum client_reason fallback, const struct json_span *nonce)
{
    answer_failure(client, verdict->reason[0] ? verdict->reason : client_reason_text(fallback),
                   nonce);
}

struct client_facts client_facts(const struct client *client)
{
    const char *identity = client->identity ? client->identity : "";
    return (struct client_facts){
        .id = client_id(client),
        .address = {client->address, strlen(client->address)},
        .identity = {identity, strlen(identity)},
        .channels = client->subscriptions.count,
    };
}

static bool spend(const struct client *client, struct rate *rate, double cost)
{
    const struct client_limits *limits = &client->limits;
    if (limits->messages_per_second <= 0)
        return true;
    return rate_take(rate, limits->messages_per_second, limits->burst, cost,
                     clock_ms(&client->relay->clock));
}

bool client_spend(struct client *client, double cost)
{
    return spend(client, &client->commands, cost);
}

static void close_flooding(struct client *client, const char *event)
{
    struct relay *relay = client->relay;
    relay->counters.clients_flooding++;
    log_event_gated(
        relay->log, &relay->gates.limits, clock_ms(&relay->clock), LOG_WARN, event,
        LOG_FIELDS(LOG_INT("client", client_id(client)), LOG_STR("address", client->address)));
    client_close(client, CLOSE_POLICY, event);
}

/* Over its rate a command is refused; a client that goes on is refused as many again, and then
 * closed. */
static void refuse_limited(struct client *client, const struct json_span *nonce)
{
    client->relay->counters.commands_limited++;
    client_answer_reason(client, REASON_RATE_LIMITED, nonce);
    if (!spend(client, &client->refusals, 1))
        close_flooding(client, "rate limited");
}

static void refuse_malformed(struct client *client)
{
    const struct json_span no_nonce = {.kind = JSON_ABSENT};
    client->relay->counters.commands_malformed++;
    client_answer_reason(client, REASON_MALFORMED_JSON, &no_nonce);
    if (++client->malformed_in_a_row >= MALFORMED_IN_A_ROW_MAX)
        close_flooding(client, "malformed json");
}

static void handle(struct client *client, const struct client_command *command)
{
    switch (command->kind) {
    case COMMAND_SUBSCRIBE:
        handle_subscribe(client, command);
        break;
    case COMMAND_UNSUBSCRIBE:
        handle_unsubscribe(client, command);
        break;
    case COMMAND_LIST:
        handle_list(client, command);
        break;
    case COMMAND_SEND:
        handle_send(client, command);
        break;
    }
}

void client_receive(struct client *client, const char *text, size_t len)
{
    assert(!client->is_closing && !client->pending);
    if (client->limits_version != client->relay->limits_version)
        take_limits(client);
    struct client_command command;
    enum client_reason reason = client_command_parse(&command, text, len);
    client->relay->counters.commands++;
    if (client->relay->trace && reason == REASON_NONE)
        trace_command(client, &command);
    if (!client_spend(client, 1)) {
        refuse_limited(client, &command.nonce);
    } else if (reason == REASON_MALFORMED_JSON) {
        refuse_malformed(client);
    } else {
        client->malformed_in_a_row = 0;
        if (reason == REASON_NONE)
            handle(client, &command);
        else
            client_answer_reason(client, reason, &command.nonce);
    }
    explicit_bzero(command.password, command.password_len);
    relay_close_condemned(client->relay);
}

/* trace.c — see trace.h. */
#include "relay/trace.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "protocol/json_write.h"
#include "relay/channel.h"
#include "relay/client.h"
#include "relay/relay.h"

static const char *const STEPS[] = {
#define TRACE_NAME(name) #name,
    TRACE_STEPS(TRACE_NAME)
#undef TRACE_NAME
};

static bool equals(struct text a, struct text b)
{
    return a.len == b.len && memcmp(a.at, b.at, a.len) == 0;
}

/* A nonce as it was written: a number, or a string in its quotes. */
static bool is_nonce(const struct json_span *nonce, struct text wanted)
{
    char bytes[NONCE_MAX];
    size_t len = 0;
    if (nonce->kind == JSON_ABSENT)
        return false;
    if (nonce->kind != JSON_STRING)
        return equals((struct text){nonce->at, nonce->len}, wanted);
    return json_string_decode(nonce, bytes, sizeof(bytes), &len) == 0 &&
           equals((struct text){bytes, len}, wanted);
}

bool trace_matches(const struct trace_event *event, struct text channel, struct text nonce)
{
    if (channel.len && !equals(event->channel, channel))
        return false;
    return nonce.len == 0 || is_nonce(&event->nonce, nonce) ||
           (event->packet.len && equals(event->packet, nonce));
}

/* --- One event, one line --- */

struct line {
    struct buf *text;
    bool is_json;
};

static void add_key(const struct line *line, const char *key)
{
    buf_add_text(line->text, line->is_json ? ",\"" : " ");
    buf_add_text(line->text, key);
    buf_add_text(line->text, line->is_json ? "\":" : "=");
}

/* White space between JSON's tokens becomes blanks. U+007F to U+009F are for terminals, and no JSON
 * escapes them. */
static void add_clean(struct buf *text, const char *at, size_t len)
{
    char escaped[8];
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)at[i];
        unsigned char next = i + 1 < len ? (unsigned char)at[i + 1] : 0;
        if (byte == 0xC2 && next >= 0x80 && next < 0xA0) {
            snprintf(escaped, sizeof(escaped), "\\u%04x", next);
            i++;
        } else if (byte == 0x7F) {
            snprintf(escaped, sizeof(escaped), "\\u%04x", byte);
        } else {
            buf_add_byte(text, byte < 0x20 ? ' ' : (char)byte);
            continue;
        }
        buf_add_text(text, escaped);
    }
}

static void add_text(const struct line *line, const char *key, struct text text)
{
    struct buf quoted = {0};
    if (text.len == 0)
        return;
    json_write_string(&quoted, text.at, text.len);
    add_key(line, key);
    if (quoted.failed)
        line->text->failed = true;
    else
        add_clean(line->text, quoted.bytes, quoted.len);
    buf_deinit(&quoted);
}

static void add_string(const struct line *line, const char *key, const char *string)
{
    if (string)
        add_text(line, key, (struct text){string, strlen(string)});
}

/* JSON as it stands. */
static void add_span(const struct line *line, const char *key, const struct json_span *span)
{
    if (span->kind == JSON_ABSENT)
        return;
    add_key(line, key);
    add_clean(line->text, span->at, span->len);
}

static void add_number(const struct line *line, const char *key, uint64_t number)
{
    char digits[24];
    snprintf(digits, sizeof(digits), "%" PRIu64, number);
    add_key(line, key);
    buf_add_text(line->text, digits);
}

/* The beginning of a message's JSON, as a text, cut between two characters. */
static void add_message(const struct line *line, const struct json_span *message)
{
    size_t len = message->len;
    if (message->kind == JSON_ABSENT)
        return;
    if (len > TRACE_TEXT_MAX) {
        len = TRACE_TEXT_MAX;
        while (len > 0 && ((unsigned char)message->at[len] & 0xC0) == 0x80)
            len--;
        add_number(line, "length", message->len);
    }
    if (line->is_json) {
        add_text(line, "text", (struct text){message->at, len});
    } else {
        add_key(line, "text");
        add_clean(line->text, message->at, len);
        buf_add_text(line->text, len < message->len ? "…" : "");
    }
}

static void add_fields(const struct line *line, const struct trace_event *event)
{
    if (event->client)
        add_number(line, "client", event->client);
    add_text(line, "peer", event->peer);
    add_text(line, "source", event->source);
    add_text(line, "destination", event->destination);
    add_text(line, "command", event->command);
    add_text(line, "channel", event->channel);
    add_span(line, "nonce", &event->nonce);
    add_text(line, "packet", event->packet);
    add_string(line, event->step == TRACE_refused ? "reason" : "answer", event->answer);
    add_string(line, "place", event->place);
    if (event->has_counts) {
        add_number(line, "subscribers", event->subscribers);
        add_number(line, "bytes", event->bytes);
    }
    add_message(line, &event->message);
}

static void begin_text(struct buf *text, const struct trace_event *event, const char *time)
{
    char head[96];
    snprintf(head, sizeof(head), "%s %-9s%s%s", time, STEPS[event->step], event->what ? " " : "",
             event->what ? event->what : "");
    buf_add_text(text, head);
}

static void begin_json(struct buf *text, const struct trace_event *event, const char *time)
{
    const struct line line = {text, true};
    buf_add_text(text, "{\"time\":\"");
    buf_add_text(text, time);
    buf_add_byte(text, '"');
    add_string(&line, "step", STEPS[event->step]);
    add_string(&line, "what", event->what);
}

void trace_write(struct buf *line, const struct trace_event *event, const char *time, bool is_json)
{
    const struct line fields = {line, is_json};
    if (is_json)
        begin_json(line, event, time);
    else
        begin_text(line, event, time);
    add_fields(&fields, event);
    buf_add_text(line, is_json ? "}\n" : "\n");
}

/* --- The steps of a relay --- */

static void tell(const struct relay *relay, const struct trace_event *event)
{
    relay->trace->event(relay->trace->context, event);
}

void trace_about(const struct client *client, struct text channel)
{
    struct trace *trace = client->relay->trace;
    trace->client = client_id(client);
    trace->channel_len = channel.len < sizeof(trace->channel) ? channel.len : 0;
    memcpy(trace->channel, channel.at, trace->channel_len);
}

void trace_command(const struct client *client, const struct client_command *command)
{
    static const char *const COMMANDS[] = {"subscribe", "unsubscribe", "list", "send"};
    bool has_channel = command->kind != COMMAND_LIST;
    struct text channel = {command->channel, has_channel ? command->channel_len : 0};
    trace_about(client, channel);
    tell(client->relay,
         &(struct trace_event){
             .step = TRACE_command,
             .what = COMMANDS[command->kind],
             .client = client_id(client),
             .channel = channel,
             .nonce = command->nonce,
             .message = command->kind == COMMAND_SEND ? command->message : (struct json_span){0},
         });
}

void trace_policy(const struct client *client, const char *question, struct text channel,
                  const struct json_span *nonce, const char *answer,
                  const struct decision *decision)
{
    tell(client->relay, &(struct trace_event){
                            .step = TRACE_policy,
                            .what = question,
                            .client = client_id(client),
                            .channel = channel,
                            .nonce = *nonce,
                            .answer = answer,
                            .place = decision->place[0] ? decision->place : "failed, see the log",
                        });
}

void trace_refused(const struct client *client, const char *reason, const struct json_span *nonce)
{
    const struct trace *trace = client->relay->trace;
    bool is_known = trace->client == client_id(client);
    tell(client->relay, &(struct trace_event){
                            .step = TRACE_refused,
                            .client = client_id(client),
                            .channel = {trace->channel, is_known ? trace->channel_len : 0},
                            .nonce = *nonce,
                            .answer = reason,
                        });
}

void trace_fanout(const struct relay *relay, const struct channel *channel,
                  const struct json_span *message, const struct json_span *nonce,
                  size_t subscribers, size_t bytes)
{
    tell(relay, &(struct trace_event){
                    .step = TRACE_fanout,
                    .channel = {channel->name, channel->name_len},
                    .nonce = *nonce,
                    .message = *message,
                    .has_counts = true,
                    .subscribers = subscribers,
                    .bytes = bytes,
                });
}

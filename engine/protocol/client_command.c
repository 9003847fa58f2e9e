/* client_command.c — one pass gathers the members as spans; then the checks run in their order. */
#include "protocol/client_command.h"

#include <string.h>

#include "protocol/utf8.h"

/* The members that mean something, as they were written last. Kind JSON_ABSENT: not there. */
struct envelope {
    struct json_span command, nonce;
    enum json_kind data; /* the kind of the last `data` */
    struct json_span topic, channel, password, message, scope;
};

static void forget_data(struct envelope *envelope)
{
    static const struct json_span absent;
    envelope->topic = envelope->channel = envelope->password = absent;
    envelope->message = envelope->scope = absent;
}

/* Where a member of `data` belongs; NULL when it means nothing. */
static struct json_span *data_member(struct envelope *envelope, const struct json_span *key)
{
    if (json_string_equals(key, "channel"))
        return &envelope->channel;
    if (json_string_equals(key, "message"))
        return &envelope->message;
    if (json_string_equals(key, "topic"))
        return &envelope->topic;
    if (json_string_equals(key, "password"))
        return &envelope->password;
    if (json_string_equals(key, "scope"))
        return &envelope->scope;
    return NULL;
}

/* Reads the value of `data`: its members when it is an object. A later one replaces all of an
 * earlier one. Syntax errors are the reader's to remember. */
static void read_data(struct json_reader *json, struct envelope *envelope)
{
    struct json_span key, ignored;
    forget_data(envelope);
    envelope->data = json_peek(json);
    if (envelope->data != JSON_OBJECT) {
        (void)!json_read_value(json, &ignored);
        return;
    }
    if (json_enter_object(json) != 0)
        return;
    while (json_next_member(json, &key) > 0) {
        struct json_span *member = data_member(envelope, &key);
        if (json_read_value(json, member ? member : &ignored) != 0)
            return;
    }
}

static void read_member(struct json_reader *json, struct envelope *envelope,
                        const struct json_span *key)
{
    struct json_span ignored;
    struct json_span *member = &ignored;
    if (json_string_equals(key, "data")) {
        read_data(json, envelope);
        return;
    }
    if (json_string_equals(key, "command"))
        member = &envelope->command;
    else if (json_string_equals(key, "nonce"))
        member = &envelope->nonce;
    (void)!json_read_value(json, member); /* a failed reader ends the caller's loop */
}

/* RELAY_ESYNTAX when the text is no JSON. JSON that is no object leaves the envelope empty. */
static int read_envelope(struct envelope *envelope, const char *text, size_t len)
{
    struct json_reader json;
    struct json_span key, ignored;
    json_read_init(&json, text, len);
    if (json_peek(&json) != JSON_OBJECT) {
        (void)!json_read_value(&json, &ignored);
        return json_finish(&json);
    }
    if (json_enter_object(&json) == 0) {
        while (json_next_member(&json, &key) > 0)
            read_member(&json, envelope, &key);
    }
    return json_finish(&json);
}

static bool is_valid_nonce(const struct json_span *nonce)
{
    if (nonce->kind == JSON_NUMBER)
        return nonce->len <= NONCE_MAX;
    return nonce->kind == JSON_STRING && nonce->len - 2 <= NONCE_MAX;
}

static bool take_kind(struct client_command *command, const struct json_span *name)
{
    static const char *const names[] = {
        [COMMAND_SUBSCRIBE] = "subscribe",
        [COMMAND_UNSUBSCRIBE] = "unsubscribe",
        [COMMAND_LIST] = "list",
        [COMMAND_SEND] = "send",
    };
    if (name->kind != JSON_STRING)
        return false;
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (json_string_equals(name, names[i])) {
            command->kind = (enum client_command_kind)i;
            return true;
        }
    }
    return false;
}

bool channel_name_is_valid(const char *name, size_t len)
{
    if (len == 0 || len > CHANNEL_NAME_MAX || !utf8_is_valid(name, len))
        return false;
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)name[i];
        if (byte < 0x20 || byte == 0x7f)
            return false;
        if (byte == 0xc2 && (unsigned char)name[i + 1] < 0xa0) /* U+0080–9F; UTF-8, so it has it */
            return false;
    }
    return true;
}

/* `topic` and `channel` mean the same; the one that the notes name for the command goes first and
 * gives the failure its name. */
static enum client_reason take_channel(struct client_command *command,
                                       const struct envelope *envelope)
{
    bool is_send = command->kind == COMMAND_SEND;
    const struct json_span *name = is_send ? &envelope->channel : &envelope->topic;
    if (name->kind == JSON_ABSENT)
        name = is_send ? &envelope->topic : &envelope->channel;
    if (name->kind == JSON_ABSENT)
        return is_send ? REASON_MISSING_CHANNEL : REASON_MISSING_TOPIC;
    size_t len = 0;
    if (name->kind != JSON_STRING ||
        json_string_decode(name, command->channel, CHANNEL_NAME_MAX, &len) != 0 ||
        !channel_name_is_valid(command->channel, len))
        return is_send ? REASON_INVALID_CHANNEL : REASON_INVALID_TOPIC;
    command->channel_len = len;
    return REASON_NONE;
}

static enum client_reason take_password(struct client_command *command,
                                        const struct json_span *password)
{
    if (password->kind == JSON_ABSENT || password->kind == JSON_NULL)
        return REASON_NONE;
    size_t len = 0;
    if (password->kind != JSON_STRING ||
        json_string_decode(password, command->password, PASSWORD_MAX, &len) != 0)
        return REASON_INVALID_PASSWORD;
    command->password_len = len;
    return REASON_NONE;
}

static enum client_reason take_data(struct client_command *command, const struct envelope *envelope)
{
    if (command->kind == COMMAND_LIST) {
        command->of_node =
            envelope->scope.kind == JSON_STRING && json_string_equals(&envelope->scope, "node");
        return REASON_NONE;
    }
    if (envelope->data != JSON_OBJECT)
        return REASON_MISSING_DATA;
    enum client_reason reason = take_channel(command, envelope);
    if (reason != REASON_NONE || command->kind == COMMAND_UNSUBSCRIBE)
        return reason;
    if (command->kind == COMMAND_SUBSCRIBE)
        return take_password(command, &envelope->password);
    if (envelope->message.kind == JSON_ABSENT)
        return REASON_MISSING_MESSAGE;
    command->message = envelope->message;
    return REASON_NONE;
}

/* Everything but the bytes of the two arrays, which would cost more than a whole parse. */
static void clear(struct client_command *command)
{
    static const struct json_span absent;
    command->kind = COMMAND_SUBSCRIBE;
    command->channel_len = 0;
    command->password_len = 0;
    command->message = absent;
    command->of_node = false;
    command->nonce = absent;
}

enum client_reason client_command_parse(struct client_command *command, const char *text,
                                        size_t len)
{
    struct envelope envelope = {0};
    clear(command);
    if (read_envelope(&envelope, text, len) != 0)
        return REASON_MALFORMED_JSON;
    if (envelope.nonce.kind != JSON_ABSENT) {
        if (!is_valid_nonce(&envelope.nonce))
            return REASON_INVALID_NONCE;
        command->nonce = envelope.nonce;
    }
    if (!take_kind(command, &envelope.command))
        return REASON_INVALID_COMMAND;
    return take_data(command, &envelope);
}

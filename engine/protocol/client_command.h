/* client_command.h — what a client of /connect asks for: the envelope read as spans.
 *
 * Source: protocol-notes "WS /connect", and docs/protocol.md for the order of the checks. Spans
 * point into the text that was parsed and live as long as it does. */
#ifndef WSRELAY_PROTOCOL_CLIENT_COMMAND_H
#define WSRELAY_PROTOCOL_CLIENT_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "protocol/client_reason.h"
#include "protocol/json_read.h"

#define CHANNEL_NAME_MAX 256
#define PASSWORD_MAX 1024
#define NONCE_MAX 128 /* bytes between the quotes, or of the number, as written */

enum client_command_kind { COMMAND_SUBSCRIBE, COMMAND_UNSUBSCRIBE, COMMAND_LIST, COMMAND_SEND };

struct client_command {
    enum client_command_kind kind;
    char channel[CHANNEL_NAME_MAX]; /* subscribe, unsubscribe, send: unescaped, no NUL */
    size_t channel_len;
    char password[PASSWORD_MAX]; /* subscribe: unescaped; length 0: none was given */
    size_t password_len;
    struct json_span message; /* send: any value */
    bool of_node;             /* list: "scope":"node" */
    struct json_span nonce;   /* JSON_ABSENT when none was given or it was not valid */
};

/* Parses one text frame. REASON_NONE, or the first of protocol.md's reasons that applies, in the
 * order: malformed json, invalid nonce, invalid command, missing data, missing topic or channel,
 * invalid topic or channel, missing message, invalid password. `command->nonce` is set whenever a
 * valid one was there, also on failure. */
enum client_reason client_command_parse(struct client_command *command, const char *text,
                                        size_t len);

/* Whether a channel's name may be this: 1 to 256 bytes of UTF-8 without control characters
 * (U+0000–1F, U+7F–9F). */
bool channel_name_is_valid(const char *name, size_t len);

#endif

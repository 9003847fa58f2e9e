/* client_reason.c — the words themselves; a client may compare them, so they never change. */
#include "protocol/client_reason.h"

const char *client_reason_text(enum client_reason reason)
{
    static const char *const texts[REASON_COUNT] = {
        [REASON_NONE] = "",
        [REASON_MALFORMED_JSON] = "malformed json",
        [REASON_INVALID_COMMAND] = "invalid command",
        [REASON_MISSING_DATA] = "missing data",
        [REASON_MISSING_TOPIC] = "missing topic",
        [REASON_MISSING_CHANNEL] = "missing channel",
        [REASON_MISSING_MESSAGE] = "missing message",
        [REASON_INVALID_TOPIC] = "invalid topic",
        [REASON_INVALID_CHANNEL] = "invalid channel",
        [REASON_INVALID_NONCE] = "invalid nonce",
        [REASON_INVALID_PASSWORD] = "invalid password",
        [REASON_NOT_SUBSCRIBED] = "not subscribed",
        [REASON_NOT_ALLOWED] = "not allowed",
        [REASON_CHANNEL_ALREADY_RESERVED] = "channel already reserved",
        [REASON_TOO_MANY_CHANNELS] = "too many channels",
        [REASON_RATE_LIMITED] = "rate limited",
        [REASON_BUSY] = "busy",
    };
    return (unsigned)reason < REASON_COUNT ? texts[reason] : "";
}

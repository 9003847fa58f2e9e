/* inm_message.h — the data of `message` packets: what a client sent, there and back.
 *
 * A JSON string travels as the base64 of its UTF-8 text, as the notes have it; any other value as
 * the base64 of its JSON text, with "encoding":"json" beside it (docs/protocol.md "WS /node"). A
 * string with half of a surrogate pair, which no UTF-8 can hold, travels as JSON text too. */
#ifndef WSRELAY_PROTOCOL_INM_MESSAGE_H
#define WSRELAY_PROTOCOL_INM_MESSAGE_H

#include "protocol/inm_packet.h"

#define INM_CLAIM_LEN 8 /* the first digits of the channel's password hash (mesh.md) */

struct inm_message {
    struct json_span message; /* any value, as the client wrote it */
    const char *channel_json; /* the channel's name, quoted */
    size_t channel_json_len;
    struct json_span nonce; /* the client's; JSON_ABSENT leaves the key out */
    const char *claim;      /* INM_CLAIM_LEN digits; NULL leaves the key out */
};

/* Adds a whole `message` packet. */
void inm_message_write(struct buf *buf, const struct inm_address *address,
                       const struct inm_message *message);

/* Adds the message of a `message` packet as the JSON value that clients get. A value that travelled
 * as JSON text is byte for byte what was sent; a string has the least escapes. RELAY_ESYNTAX when
 * the base64, the UTF-8 or the JSON in it is not valid, RELAY_ENOMEM; the buffer then keeps what it
 * held. */
int inm_message_decode(const struct inm_packet *packet, struct buf *json) RELAY_MUST_USE;

/* Whether a `message` packet carries this claim, INM_CLAIM_LEN digits and a NUL. */
bool inm_message_claims(const struct inm_packet *packet, const char *claim);

#endif

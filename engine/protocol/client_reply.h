/* client_reply.h — the texts that a node sends to its clients, composed into a buffer.
 *
 * Source: protocol-notes "WS /connect". A nonce is a span of what the client wrote and goes out
 * byte for byte; JSON_ABSENT leaves the key out. */
#ifndef WSRELAY_PROTOCOL_CLIENT_REPLY_H
#define WSRELAY_PROTOCOL_CLIENT_REPLY_H

#include <stddef.h>

#include "base/buf.h"
#include "protocol/json_read.h"

/* {"type":"response","data":{"ok":true},"nonce":N} */
void client_reply_ok(struct buf *buf, const struct json_span *nonce);

/* {"type":"response","data":{"ok":false,"reason":R},"nonce":N} */
void client_reply_failure(struct buf *buf, const char *reason, size_t reason_len,
                          const struct json_span *nonce);

/* {"type":"response","data":{"channels":[…]},"nonce":N}: begin, each name, end. */
void client_reply_channels_begin(struct buf *buf);
void client_reply_channels_add(struct buf *buf, const char *channel_json,
                               size_t len); /* quoted, as json_write_string does */
void client_reply_channels_end(struct buf *buf, const struct json_span *nonce);

/* {"type":"message","data":{"message":M,"channel":C},"nonce":N}; M any JSON as written, C quoted.
 */
void client_reply_message(struct buf *buf, const struct json_span *message,
                          const char *channel_json, size_t channel_json_len,
                          const struct json_span *nonce);

/* {"type":"unsubscribed","data":{"channel":C,"reason":R}} */
void client_reply_unsubscribed(struct buf *buf, const char *channel_json, size_t channel_json_len,
                               const char *reason, size_t reason_len);

#endif

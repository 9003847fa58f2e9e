/* ws_frame.h — the header of an unmasked WebSocket frame, server to client (RFC 6455 section 5.2).
 */
#ifndef WSRELAY_PROTOCOL_WS_FRAME_H
#define WSRELAY_PROTOCOL_WS_FRAME_H

#include <stddef.h>
#include <stdint.h>

#define WS_HEADER_MAX 10
#define WS_REASON_MAX 123 /* bytes of a Close frame's reason */

enum ws_opcode { WS_TEXT = 0x1, WS_CLOSE = 0x8, WS_PING = 0x9, WS_PONG = 0xa };

/* Writes the header of one whole frame (FIN set) into `out`, at most WS_HEADER_MAX bytes; returns
 * its length. */
size_t ws_frame_header(unsigned char *out, enum ws_opcode opcode, size_t payload_len);

/* What an endpoint may send in a Close frame: 1000–1003, 1007–1014, 3000–4999 (RFC 6455 section 7.4
 * and the registry). */
int ws_close_code_is_valid(unsigned code);

#endif

/* ws_frame.h — the header of an unmasked WebSocket frame, server to client (RFC 6455 section 5.2).
 */
#ifndef WSRELAY_PROTOCOL_WS_FRAME_H
#define WSRELAY_PROTOCOL_WS_FRAME_H

#include <stddef.h>
#include <stdint.h>

#define WS_HEADER_MAX 10
#define WS_REASON_MAX 123 /* bytes of a Close frame's reason */

/* Close codes that the engine sends (RFC 6455 section 7.4.1; 1012 and 1013 of the registry; 4403 of
 * protocol.md "WS /node"). */
enum ws_close {
    CLOSE_NORMAL = 1000,
    CLOSE_GOING_AWAY = 1001,
    CLOSE_PROTOCOL = 1002,
    CLOSE_NOT_TEXT = 1003,
    CLOSE_NOT_UTF8 = 1007,
    CLOSE_POLICY = 1008,
    CLOSE_TOO_BIG = 1009,
    CLOSE_RESTARTING = 1012,
    CLOSE_TRY_LATER = 1013, /* too slow, or overloaded */
    CLOSE_FORBIDDEN = 4403, /* a node's name and token do not belong together */
};

enum ws_opcode { WS_TEXT = 0x1, WS_CLOSE = 0x8, WS_PING = 0x9, WS_PONG = 0xa };

/* Writes the header of one whole frame (FIN set) into `out`, at most WS_HEADER_MAX bytes; returns
 * its length. */
size_t ws_frame_header(unsigned char *out, enum ws_opcode opcode, size_t payload_len);

/* What an endpoint may send in a Close frame: 1000–1003, 1007–1014, 3000–4999 (RFC 6455 section 7.4
 * and the registry). */
int ws_close_code_is_valid(unsigned code);

#endif

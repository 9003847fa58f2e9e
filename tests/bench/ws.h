/* ws.h — WebSocket frames, as the benchmark's programs write and read them. Client frames are
 * masked with the key 0, which leaves their text as it is: they can be made once and sent many
 * times. */
#ifndef BENCH_WS_H
#define BENCH_WS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ws_opcode {
    WS_CONTINUATION = 0,
    WS_TEXT = 1,
    WS_BINARY = 2,
    WS_CLOSE = 8,
    WS_PING = 9,
    WS_PONG = 10
};

enum { WS_HEADER_MAX = 14 };

/* Every handshake uses the key of RFC 6455's example, so the answer is known beforehand. */
#define WS_KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define WS_ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

struct ws_frame {
    char *payload;
    size_t length;
    uint8_t opcode;
    bool final;
};

/* Writes a header of at most WS_HEADER_MAX bytes and returns its length. */
size_t ws_client_header(char *out, uint8_t opcode, size_t length);
size_t ws_server_header(char *out, uint8_t opcode, size_t length);

/* Reads the frame at `bytes`, unmasking it in place. Returns the bytes that it takes, or 0 when it
 * is not whole yet. */
size_t ws_read(char *bytes, size_t available, struct ws_frame *frame);

#endif

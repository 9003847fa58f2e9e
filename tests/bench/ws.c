/* ws.c — RFC 6455 framing without the parts that a benchmark does not meet (extensions, reserved
 * bits). */
#include "ws.h"

#include <string.h>

static size_t put_header(char *out, uint8_t opcode, size_t length, uint8_t mask)
{
    unsigned extra = length < 126 ? 0 : length < 65536 ? 2 : 8;
    uint8_t *bytes = (uint8_t *)out;
    bytes[0] = (uint8_t)(0x80U | opcode);
    bytes[1] = (uint8_t)(mask | (extra == 0 ? (unsigned)length : extra == 2 ? 126U : 127U));
    for (unsigned i = 0; i < extra; i++) {
        bytes[2 + i] = (uint8_t)(length >> (8 * (extra - 1 - i)));
    }
    return 2 + extra;
}

size_t ws_client_header(char *out, uint8_t opcode, size_t length)
{
    size_t used = put_header(out, opcode, length, 0x80);
    memset(out + used, 0, 4);
    return used + 4;
}

size_t ws_server_header(char *out, uint8_t opcode, size_t length)
{
    return put_header(out, opcode, length, 0);
}

static void unmask(char *payload, size_t length, const char *key)
{
    if ((key[0] | key[1] | key[2] | key[3]) == 0) {
        return;
    }
    for (size_t i = 0; i < length; i++) {
        payload[i] = (char)(payload[i] ^ key[i % 4]);
    }
}

size_t ws_read(char *bytes, size_t available, struct ws_frame *frame)
{
    const uint8_t *head = (const uint8_t *)bytes;
    size_t at = 2;
    if (available < 2) {
        return 0;
    }
    size_t length = head[1] & 0x7FU;
    bool masked = (head[1] & 0x80U) != 0;
    unsigned extra = length == 126 ? 2 : length == 127 ? 8 : 0;
    if (available < at + extra + (masked ? 4 : 0)) {
        return 0;
    }
    if (extra > 0) {
        length = 0;
        for (unsigned i = 0; i < extra; i++) {
            length = length << 8 | head[at++];
        }
    }
    const char *key = bytes + at;
    at += masked ? 4 : 0;
    if (length > available - at) {
        return 0;
    }
    frame->payload = bytes + at;
    frame->length = length;
    frame->opcode = head[0] & 0x0FU;
    frame->final = (head[0] & 0x80U) != 0;
    if (masked) {
        unmask(frame->payload, length, key);
    }
    return at + length;
}

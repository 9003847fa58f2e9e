/* ws_frame.c — lengths in their shortest form, as RFC 6455 section 5.2 demands. */
#include "protocol/ws_frame.h"

#define FIN 0x80

/* Big-endian, `count` bytes behind the header's first two. */
static size_t put_length(unsigned char *out, uint64_t len, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        out[2 + i] = (unsigned char)(len >> (8 * (count - 1 - i)));
    return 2 + count;
}

size_t ws_frame_header(unsigned char *out, enum ws_opcode opcode, size_t payload_len)
{
    out[0] = (unsigned char)(FIN | (unsigned)opcode);
    if (payload_len < 126) {
        out[1] = (unsigned char)payload_len;
        return 2;
    }
    out[1] = payload_len <= UINT16_MAX ? 126 : 127;
    return put_length(out, payload_len, payload_len <= UINT16_MAX ? 2 : 8);
}

int ws_close_code_is_valid(unsigned code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}

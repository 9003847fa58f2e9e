/* frame.c — see frame.h. */
#include "relay/frame.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct frame *frame_new(enum ws_opcode opcode, const void *payload, size_t len)
{
    unsigned char header[WS_HEADER_MAX];
    size_t header_len = ws_frame_header(header, opcode, len);
    if (len > UINT32_MAX - header_len)
        return NULL;
    struct frame *frame = malloc(sizeof(*frame) + header_len + len);
    if (!frame)
        return NULL;
    frame->references = 1;
    frame->len = (uint32_t)(header_len + len);
    memcpy(frame->bytes, header, header_len);
    if (len)
        memcpy(frame->bytes + header_len, payload, len);
    return frame;
}

struct frame *frame_new_close(unsigned code, const char *reason)
{
    unsigned char payload[2 + WS_REASON_MAX] = {(unsigned char)(code >> 8), (unsigned char)code};
    size_t len = strnlen(reason, WS_REASON_MAX);
    memcpy(payload + 2, reason, len);
    return frame_new(WS_CLOSE, payload, 2 + len);
}

void frame_unref(struct frame *frame)
{
    if (!frame)
        return;
    assert(frame->references > 0);
    if (--frame->references == 0)
        free(frame);
}

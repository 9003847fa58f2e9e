/* mask.c — see mask.h. */
#include "socket/mask.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#define MASKED 0x80

static size_t header_len(const unsigned char *frame)
{
    switch (frame[1]) {
    case 126:
        return 4;
    case 127:
        return 10;
    default:
        return 2;
    }
}

/* Eight bytes at a time: twice the key, in the order in which it stands in memory. */
static void mask(unsigned char *out, const unsigned char *in, size_t len,
                 const unsigned char key[MASK_KEY_LEN])
{
    uint64_t twice, word;
    size_t i = 0;
    memcpy(&twice, key, MASK_KEY_LEN);
    memcpy((unsigned char *)&twice + MASK_KEY_LEN, key, MASK_KEY_LEN);
    for (; i + sizeof(word) <= len; i += sizeof(word)) {
        memcpy(&word, in + i, sizeof(word));
        word ^= twice;
        memcpy(out + i, &word, sizeof(word));
    }
    for (; i < len; i++)
        out[i] = in[i] ^ key[i % MASK_KEY_LEN];
}

size_t mask_frame(unsigned char *out, const unsigned char *frame, size_t len,
                  const unsigned char key[MASK_KEY_LEN])
{
    size_t header = header_len(frame);
    assert(len >= header && !(frame[1] & MASKED));
    memcpy(out, frame, header);
    out[1] |= MASKED;
    memcpy(out + header, key, MASK_KEY_LEN);
    mask(out + header + MASK_KEY_LEN, frame + header, len - header, key);
    return len + MASK_KEY_LEN;
}

/* fuzz_utf8.c — a text in pieces must be judged as the whole is, and both as the definition says.
 *
 * The input's first two bytes choose where the pieces end; the rest is the text. */
#include <stdint.h>
#include <stdlib.h>

#include "protocol/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

/* The slow judge: decodes one character by the bits of its lead. 0: none is there. */
static size_t decode_one(const uint8_t *at, size_t left)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    size_t len = at[0] < 0x80             ? 1
                 : (at[0] & 0xe0) == 0xc0 ? 2
                 : (at[0] & 0xf0) == 0xe0 ? 3
                 : (at[0] & 0xf8) == 0xf0 ? 4
                                          : 0;
    if (len < 2 || len > left)
        return len == 1 ? 1 : 0;
    uint32_t code = at[0] & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (at[i] & 0x3fu);
    }
    bool is_scalar = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
    return is_scalar && code >= least[len] ? len : 0;
}

static bool is_valid_by_definition(const uint8_t *at, size_t len)
{
    while (len > 0) {
        size_t taken = decode_one(at, len);
        if (taken == 0)
            return false;
        at += taken;
        len -= taken;
    }
    return true;
}

static bool is_valid_in_pieces(const uint8_t *at, size_t len, size_t piece, size_t growth)
{
    struct utf8 utf8 = {0};
    while (len > 0) {
        size_t taken = piece < len ? piece : len;
        if (!utf8_feed(&utf8, at, taken))
            return false;
        at += taken;
        len -= taken;
        piece = (piece + growth) % 64 + 1;
    }
    return utf8_is_complete(&utf8);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    const uint8_t *text = data + 2;
    size_t len = size - 2;
    bool valid = utf8_is_valid(text, len);
    CHECK(valid == is_valid_by_definition(text, len));
    CHECK(valid == is_valid_in_pieces(text, len, 1, 0));
    CHECK(valid == is_valid_in_pieces(text, len, data[0] % 64 + 1u, data[1]));
    return 0;
}

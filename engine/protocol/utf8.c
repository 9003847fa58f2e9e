/* utf8.c — the table of RFC 3629 section 4 as three bytes of state; runs of ASCII go eight at a
 * time. */
#include "protocol/utf8.h"

#include <string.h>

#define HIGH_BITS UINT64_C(0x8080808080808080)

static const unsigned char *skip_ascii(const unsigned char *at, const unsigned char *end)
{
    while (end - at >= 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        if (word & HIGH_BITS)
            break;
        at += 8;
    }
    while (at < end && *at < 0x80)
        at++;
    return at;
}

static void expect(struct utf8 *utf8, uint8_t need, uint8_t low, uint8_t high)
{
    utf8->need = need;
    utf8->low = low;
    utf8->high = high;
}

/* Takes a byte from 0x80 on that stands where a character begins. The second byte's range is what
 * keeps out overlong forms (E0, F0), surrogates (ED) and what is over U+10FFFF (F4). */
static bool begin(struct utf8 *utf8, unsigned char lead)
{
    if (lead < 0xc2 || lead > 0xf4)
        return false;
    if (lead < 0xe0)
        expect(utf8, 1, 0x80, 0xbf);
    else if (lead < 0xf0)
        expect(utf8, 2, lead == 0xe0 ? 0xa0 : 0x80, lead == 0xed ? 0x9f : 0xbf);
    else
        expect(utf8, 3, lead == 0xf0 ? 0x90 : 0x80, lead == 0xf4 ? 0x8f : 0xbf);
    return true;
}

static bool go_on(struct utf8 *utf8, unsigned char byte)
{
    if (byte < utf8->low || byte > utf8->high)
        return false;
    expect(utf8, (uint8_t)(utf8->need - 1), 0x80, 0xbf);
    return true;
}

bool utf8_feed(struct utf8 *utf8, const void *bytes, size_t len)
{
    if (len == 0)
        return true;
    const unsigned char *at = bytes;
    const unsigned char *end = at + len;
    while (at < end) {
        if (utf8->need == 0 && *at < 0x80) {
            at = skip_ascii(at, end);
            continue;
        }
        bool fits = utf8->need ? go_on(utf8, *at) : begin(utf8, *at);
        if (!fits)
            return false;
        at++;
    }
    return true;
}

bool utf8_is_valid(const void *bytes, size_t len)
{
    struct utf8 utf8 = {0};
    return utf8_feed(&utf8, bytes, len) && utf8_is_complete(&utf8);
}

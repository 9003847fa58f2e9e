/* base64.c — three bytes are four digits; the last group may be shorter. */
#include "protocol/base64.h"

#include <stdbool.h>
#include <stdint.h>

static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* Writes `count` digits of a group, whose 24 bits stand at the low end. */
static char *put_digits(char *at, const char *alphabet, uint32_t group, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        *at++ = alphabet[group >> (18 - 6 * i) & 63];
    return at;
}

/* The digits of all the bytes, without padding. The room is there. */
static char *put_all(char *at, const char *alphabet, const unsigned char *bytes, size_t len)
{
    for (; len >= 3; len -= 3, bytes += 3)
        at = put_digits(at, alphabet, (uint32_t)(bytes[0] << 16 | bytes[1] << 8 | bytes[2]), 4);
    if (len == 2)
        at = put_digits(at, alphabet, (uint32_t)(bytes[0] << 16 | bytes[1] << 8), 3);
    if (len == 1)
        at = put_digits(at, alphabet, (uint32_t)(bytes[0] << 16), 2);
    return at;
}

/* Without padding, a last group of one or two bytes has one digit more than it has bytes. */
static size_t encoded_len(size_t len, bool pads)
{
    size_t rest = len % 3;
    size_t last = rest == 0 ? 0 : pads ? 4 : rest + 1;
    return len / 3 * 4 + last; /* an object is under PTRDIFF_MAX, so this does not wrap */
}

static void encode(struct buf *buf, const char *alphabet, bool pads, const void *bytes, size_t len)
{
    size_t room = encoded_len(len, pads);
    char *start = room ? buf_reserve(buf, room) : NULL;
    if (!start)
        return;
    char *at = put_all(start, alphabet, bytes, len);
    while (at < start + room)
        *at++ = '=';
    buf->len += room;
}

void base64_encode(struct buf *buf, const void *bytes, size_t len)
{
    encode(buf, standard, true, bytes, len);
}

void base64_encode_url(struct buf *buf, const void *bytes, size_t len)
{
    encode(buf, url, false, bytes, len);
}

#define IS_DIGIT 64

/* From '+' to 'z': a digit's value and IS_DIGIT, or 0. */
static const unsigned char digits[] = {
    126, 0,  0,  0,  127, 116, 117, 118, 119, 120, 121, 122, 123, 124, 125, 0,   0,   0,   0,   0,
    0,   0,  64, 65, 66,  67,  68,  69,  70,  71,  72,  73,  74,  75,  76,  77,  78,  79,  80,  81,
    82,  83, 84, 85, 86,  87,  88,  89,  0,   0,   0,   0,   0,   0,   90,  91,  92,  93,  94,  95,
    96,  97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 115,
};

/* The URL's two digits of its own stand for the standard's. */
static unsigned read_digit(char c, bool is_url)
{
    if (is_url && (c == '+' || c == '/'))
        return 0;
    if (is_url && (c == '-' || c == '_'))
        c = c == '-' ? '+' : '/';
    unsigned place = (unsigned char)c - (unsigned)'+';
    return place < sizeof(digits) ? digits[place] : 0;
}

/* Reads `count` digits into the high end of 24 bits. */
static bool read_digits(const char *at, unsigned count, bool is_url, uint32_t *group)
{
    unsigned all = IS_DIGIT;
    *group = 0;
    for (unsigned i = 0; i < count; i++) {
        unsigned digit = read_digit(at[i], is_url);
        all &= digit;
        *group |= (uint32_t)(digit & 63) << (18 - 6 * i);
    }
    return all == IS_DIGIT;
}

/* A last group of two or three digits; the bits behind its bytes are zero. */
static bool read_last(const char *at, unsigned count, bool is_url, char *out)
{
    uint32_t group;
    uint32_t behind = count == 2 ? 0xffff : 0xff;
    if (!read_digits(at, count, is_url, &group) || (group & behind) != 0)
        return false;
    out[0] = (char)(group >> 16);
    if (count == 3)
        out[1] = (char)(group >> 8 & 255);
    return true;
}

/* How many of the last four characters are padding: 0, 1 or 2. */
static unsigned padding_of(const char *text, size_t len)
{
    if (len == 0 || text[len - 1] != '=')
        return 0;
    return text[len - 2] == '=' ? 2 : 1;
}

/* Of `len` digits, without padding. */
static bool decode(const char *text, size_t len, bool is_url, char *out)
{
    unsigned last = (unsigned)(len % 4);
    size_t whole = len - last;
    for (size_t i = 0; i < whole; i += 4, out += 3) {
        uint32_t group;
        if (!read_digits(text + i, 4, is_url, &group))
            return false;
        out[0] = (char)(group >> 16);
        out[1] = (char)(group >> 8 & 255);
        out[2] = (char)(group & 255);
    }
    return last == 0 || read_last(text + whole, last, is_url, out);
}

/* Adds the bytes of `len` digits. */
static int add_decoded(struct buf *buf, const char *text, size_t len, bool is_url)
{
    if (len % 4 == 1)
        return RELAY_ESYNTAX;
    if (len == 0)
        return 0;
    size_t written = len / 4 * 3 + (len % 4 ? len % 4 - 1 : 0);
    char *out = buf_reserve(buf, written);
    if (!out)
        return RELAY_ENOMEM;
    if (!decode(text, len, is_url, out))
        return RELAY_ESYNTAX;
    buf->len += written;
    return 0;
}

int base64_decode(struct buf *buf, const char *text, size_t len)
{
    if (len % 4 != 0)
        return RELAY_ESYNTAX;
    return add_decoded(buf, text, len - padding_of(text, len), false);
}

int base64_decode_url(struct buf *buf, const char *text, size_t len)
{
    return add_decoded(buf, text, len, true);
}

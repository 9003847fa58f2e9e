/* inm_nonce.c — see inm_nonce.h. */
#include "protocol/inm_nonce.h"

#include <assert.h>
#include <string.h>

#define DIGITS_MAX 14 /* of the longer number, so none overflows */

bool inm_boot_is_valid(uint64_t boot)
{
    return boot >= INM_BOOT_MIN && boot <= INM_BOOT_MAX;
}

static bool seq_is_valid(uint64_t seq)
{
    return seq >= 1 && seq <= INM_SEQ_MAX;
}

/* The value of a lower-case digit, or -1. */
static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A number without leading zeros, from 1 on. */
static bool read_number(const char *at, size_t len, uint64_t *number)
{
    if (len == 0 || len > DIGITS_MAX || at[0] == '0')
        return false;
    *number = 0;
    for (size_t i = 0; i < len; i++) {
        int value = digit_value(at[i]);
        if (value < 0)
            return false;
        *number = *number << 4 | (uint64_t)value;
    }
    return true;
}

bool inm_nonce_parse(const char *text, size_t len, uint64_t *boot, uint64_t *seq)
{
    const char *dot = len ? memchr(text, '.', len) : NULL;
    if (!dot)
        return false;
    size_t boot_len = (size_t)(dot - text);
    uint64_t first, second;
    if (!read_number(text, boot_len, &first) ||
        !read_number(dot + 1, len - boot_len - 1, &second) || !inm_boot_is_valid(first) ||
        !seq_is_valid(second))
        return false;
    *boot = first;
    *seq = second;
    return true;
}

static size_t write_number(char *out, uint64_t number)
{
    static const char digits[] = "0123456789abcdef";
    size_t len = 1;
    for (uint64_t rest = number >> 4; rest; rest >>= 4)
        len++;
    for (size_t i = len; i > 0; i--, number >>= 4)
        out[i - 1] = digits[number & 15];
    return len;
}

size_t inm_nonce_write(char out[INM_NONCE_OURS_MAX], uint64_t boot, uint64_t seq)
{
    assert(inm_boot_is_valid(boot) && seq_is_valid(seq));
    size_t len = write_number(out, boot);
    out[len++] = '.';
    return len + write_number(out + len, seq);
}

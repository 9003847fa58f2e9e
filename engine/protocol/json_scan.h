/* json_scan.h — the one loop that reading and writing strings share: over bytes that need no
 * escape. */
#ifndef WSRELAY_PROTOCOL_JSON_SCAN_H
#define WSRELAY_PROTOCOL_JSON_SCAN_H

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Whether a byte may stand in a JSON string as it is. */
static inline bool json_is_plain(char byte)
{
    return (unsigned char)byte >= 0x20 && byte != '"' && byte != '\\';
}

/* The high bit of each byte that is not plain. A borrow can set a wrong one only above a right one,
 * so the lowest is always right ("Bit Twiddling Hacks", hasless). With bit 1 turned over, `"` is
 * 0x20 and what is below 0x20 stays there: one comparison for both. */
static inline uint64_t json_not_plain(uint64_t word)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t quote_or_control = (word ^ (ones * 0x02)) - ones * 0x21;
    uint64_t backslash = (word ^ (ones * '\\')) - ones;
    return (quote_or_control | backslash) & ~word & (ones * 0x80);
}

/* The first byte from `at` on that is not plain, or `end`. */
static inline const char *json_skip_plain(const char *at, const char *end)
{
    while (end - at >= 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        uint64_t stops = json_not_plain(le64toh(word));
        if (stops)
            return at + __builtin_ctzll(stops) / 8;
        at += 8;
    }
    while (at < end && json_is_plain(*at))
        at++;
    return at;
}

#endif

/* utf8.h — an incremental UTF-8 validator (RFC 3629; no overlong forms, no surrogates, nothing over
 * U+10FFFF).
 *
 * A text may come in pieces of any size; the state between them is three bytes. */
#ifndef WSRELAY_PROTOCOL_UTF8_H
#define WSRELAY_PROTOCOL_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* {0} before a text begins. */
struct utf8 {
    uint8_t need;      /* continuation bytes still to come */
    uint8_t low, high; /* what the next of them may be */
};

/* Takes a piece. False at the first byte that no valid text can hold; the state is then spent. */
bool utf8_feed(struct utf8 *utf8, const void *bytes, size_t len);

/* Whether a text may end here. */
static inline bool utf8_is_complete(const struct utf8 *utf8)
{
    return utf8->need == 0;
}

/* A whole text at once. */
bool utf8_is_valid(const void *bytes, size_t len);

#endif

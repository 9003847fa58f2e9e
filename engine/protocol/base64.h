/* base64.h — bytes as printable text, RFC 4648: section 4 with padding, and section 5 (the URL's
 * alphabet) without, for tokens.
 *
 * Reading is strict: a text that decodes is the only one for its bytes. White space, a missing `=`
 * and bits set behind the last byte are refused. */
#ifndef WSRELAY_PROTOCOL_BASE64_H
#define WSRELAY_PROTOCOL_BASE64_H

#include <stddef.h>

#include "base/buf.h"

/* Adds the standard form, padded. */
void base64_encode(struct buf *buf, const void *bytes, size_t len);

/* Adds the URL's form: `-` and `_` for `+` and `/`, no padding. */
void base64_encode_url(struct buf *buf, const void *bytes, size_t len);

/* Adds the bytes of a text in the standard form. RELAY_ESYNTAX when it is none, RELAY_ENOMEM when
 * they find no room; the buffer then keeps what it held. */
int base64_decode(struct buf *buf, const char *text, size_t len) RELAY_MUST_USE;
/* The same, of a text in the URL's form. */
int base64_decode_url(struct buf *buf, const char *text, size_t len) RELAY_MUST_USE;

#endif

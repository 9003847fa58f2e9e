/* mask.h — frames as a client has to send them (RFC 6455 section 5.3): to a peer that we dialled.
 *
 * A frame in an outbox is shared and unmasked; each peer gets a masked copy of its own, with a key
 * that nobody can foretell. */
#ifndef WSRELAY_SOCKET_MASK_H
#define WSRELAY_SOCKET_MASK_H

#include <stddef.h>

#define MASK_KEY_LEN 4

/* Copies a whole unmasked frame of `len` bytes (relay/frame.h), masked, to `out`, which has room
 * for MASK_KEY_LEN bytes more. How many bytes that are. */
size_t mask_frame(unsigned char *out, const unsigned char *frame, size_t len,
                  const unsigned char key[MASK_KEY_LEN]);

#endif

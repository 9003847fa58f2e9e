/* json_write.h — JSON text composed into a buffer. */
#ifndef WSRELAY_PROTOCOL_JSON_WRITE_H
#define WSRELAY_PROTOCOL_JSON_WRITE_H

#include <stddef.h>

#include "base/buf.h"

/* Adds a string with quotes and escapes: only `"`, `\` and bytes below 0x20 are escaped; the text
 * is UTF-8. */
void json_write_string(struct buf *buf, const char *text, size_t len);

#endif

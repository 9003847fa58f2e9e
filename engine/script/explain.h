/* explain.h — a raw Lua error as a person wants to read it: the file in full and first, then the
 * line. */
#ifndef WSRELAY_SCRIPT_EXPLAIN_H
#define WSRELAY_SCRIPT_EXPLAIN_H

#include <stdbool.h>

#include "base/buf.h"

/* When the error lies in the file at `path`: adds its message, without the traceback and with the
 * path in full (Lua shortens one of 60 bytes or more), and answers true. */
bool explain_in_file(const char *raw, const char *path, struct buf *error);

/* Adds any other error whole; one without a place is put into `path`. */
void explain_elsewhere(const char *raw, const char *path, struct buf *error);

#endif

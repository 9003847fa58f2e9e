/* json_text.h — a whole text through the JSON reader, in both ways that there are to read one. */
#ifndef TEST_JSON_TEXT_H
#define TEST_JSON_TEXT_H

#include <stddef.h>

#include "protocol/json_read.h"

/* Reads the whole text as one value. */
int read_whole(const char *text, size_t len, struct json_span *value);

/* Reads the text member by member, each object entered. */
int walk_whole(const char *text, size_t len);

#endif

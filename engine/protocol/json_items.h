/* json_items.h — the items of an array that json_read_value gave as a span.
 *
 * An array that was read is valid JSON, so walking it cannot fail. The span may be any value's: one
 * that is no array has no items.
 *
 *     json_items_init(&items, &span);
 *     while (json_items_next(&items, &item)) …
 */
#ifndef WSRELAY_PROTOCOL_JSON_ITEMS_H
#define WSRELAY_PROTOCOL_JSON_ITEMS_H

#include <stdbool.h>

#include "protocol/json_read.h"

struct json_items {
    struct json_reader json; /* over the inside of the brackets */
};

void json_items_init(struct json_items *items, const struct json_span *array);

/* Gives the next item; false behind the last one. */
bool json_items_next(struct json_items *items, struct json_span *item);

#endif

/* store_items.c — see store_items.h. */
#include "store/store_items.h"

#include <string.h>

static bool has_text(enum store_kind kind)
{
    return kind == STORE_TEXT || kind == STORE_STATEMENT;
}

/* What stands behind the byte of the kind: the number, or how long the text is. */
static const void *number_of(const struct store_item *item, size_t *size)
{
    *size = 8;
    if (item->kind == STORE_REAL)
        return &item->real;
    if (has_text(item->kind))
        return &item->len;
    if (item->kind == STORE_NIL)
        *size = 0;
    return &item->integer;
}

void store_items_add(struct buf *items, const struct store_item *item)
{
    _Static_assert(sizeof item->integer == 8 && sizeof item->real == 8 && sizeof item->len == 8,
                   "every number has eight bytes");
    size_t size, len = has_text(item->kind) ? item->len : 0;
    const void *number = number_of(item, &size);
    char *room = buf_reserve(items, 1 + size + len);
    if (!room)
        return;
    room[0] = (char)item->kind;
    memcpy(room + 1, number, size);
    if (len)
        memcpy(room + 1 + size, item->text, len);
    items->len += 1 + size + len;
}

bool store_items_next(const struct buf *items, size_t *at, struct store_item *item)
{
    size_t size;
    if (*at >= items->len)
        return false;
    *item = (struct store_item){.kind = (enum store_kind)items->bytes[*at]};
    char *number = (char *)number_of(item, &size);
    memcpy(number, items->bytes + *at + 1, size);
    *at += 1 + size;
    if (has_text(item->kind)) {
        item->text = items->bytes + *at;
        *at += item->len;
    }
    return true;
}

/* json_items.c — see json_items.h. */
#include "protocol/json_items.h"

void json_items_init(struct json_items *items, const struct json_span *array)
{
    if (array->kind == JSON_ARRAY)
        json_read_init(&items->json, array->at + 1, array->len - 2);
    else
        json_read_init(&items->json, NULL, 0);
}

bool json_items_next(struct json_items *items, struct json_span *item)
{
    struct json_reader *json = &items->json;
    (void)json_peek(json); /* steps over white space, to the comma or to the end */
    if (json->at == json->end)
        return false;
    if (*json->at == ',')
        json->at++;
    return json_read_value(json, item) == 0;
}

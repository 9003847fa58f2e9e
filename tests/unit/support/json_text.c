/* json_text.c — see json_text.h. */
#include "json_text.h"

int read_whole(const char *text, size_t len, struct json_span *value)
{
    struct json_reader json;
    json_read_init(&json, text, len);
    *value = (struct json_span){0};
    (void)!json_read_value(&json, value);
    return json_finish(&json);
}

static int walk_value(struct json_reader *json)
{
    struct json_span span;
    if (json_peek(json) != JSON_OBJECT)
        return json_read_value(json, &span);
    int more = json_enter_object(json);
    while (more == 0 && (more = json_next_member(json, &span)) > 0)
        more = walk_value(json);
    return more;
}

int walk_whole(const char *text, size_t len)
{
    struct json_reader json;
    json_read_init(&json, text, len);
    (void)!walk_value(&json);
    return json_finish(&json);
}

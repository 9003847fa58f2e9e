/* explain.c — finds the place at the beginning of an error. */
#include "script/explain.h"

#include <string.h>

#include <luaconf.h>

#define TRACEBACK "\nstack traceback:"

static size_t message_length(const char *raw)
{
    const char *traceback = strstr(raw, TRACEBACK);
    return traceback ? (size_t)(traceback - raw) : strlen(raw);
}

/* How long `path`, as Lua shows it, is at the beginning of the error; 0: it is not there. */
static size_t shown_length(const char *raw, const char *path)
{
    const size_t tail = LUA_IDSIZE - 1 - 3; /* of a long path, behind "..." */
    size_t len = strlen(path);
    if (strncmp(raw, path, len) == 0)
        return len;
    if (len < LUA_IDSIZE - 1 || strncmp(raw, "...", 3) != 0 ||
        strncmp(raw + 3, path + len - tail, tail) != 0)
        return 0;
    return tail + 3;
}

/* "cannot open PATH: why" and "cannot read PATH: why" */
static bool explain_unreadable(const char *raw, const char *path, struct buf *error)
{
    size_t len = strlen(path);
    if (strncmp(raw, "cannot ", 7) != 0 || strlen(raw) < 12 || strncmp(raw + 12, path, len) != 0 ||
        raw[12 + len] != ':')
        return false;
    buf_add_text(error, path);
    buf_add_text(error, ": ");
    buf_add(error, raw, 11);
    buf_add(error, raw + 12 + len, message_length(raw) - 12 - len);
    return true;
}

bool explain_in_file(const char *raw, const char *path, struct buf *error)
{
    size_t shown = shown_length(raw, path);
    if (shown == 0 || raw[shown] != ':')
        return explain_unreadable(raw, path, error);
    buf_add_text(error, path);
    buf_add(error, raw + shown, message_length(raw) - shown);
    return true;
}

void explain_elsewhere(const char *raw, const char *path, struct buf *error)
{
    const char *colon = strstr(raw, ": ");
    if (!colon || (size_t)(colon - raw) >= message_length(raw)) {
        buf_add_text(error, path);
        buf_add_text(error, ": ");
    }
    buf_add_text(error, raw);
}

/* host_stats.c — see host_stats.h. */
#include "host/host_stats.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "host/proc_text.h"
#include "protocol/json_write.h"
#include "protocol/utf8.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

void host_stats_deinit(struct host_stats *stats)
{
    buf_deinit(&stats->mounts);
    stats->disk_count = 0;
}

/* `1.50`: two digits behind the point, as the kernel writes it. */
static bool read_hundredths(const char **at, uint64_t *hundredths)
{
    uint64_t whole, rest;
    if (!proc_read_number(at, &whole) || **at != '.' || strspn(++*at, "0123456789") != 2 ||
        !proc_read_number(at, &rest))
        return false;
    *hundredths = whole * 100 + rest;
    return true;
}

int host_load_parse(struct host_load *load, const char *text)
{
    struct host_load read;
    const char *at = text;
    for (size_t i = 0; i < COUNT(read.hundredths); i++)
        if (!read_hundredths(&at, &read.hundredths[i]))
            return RELAY_ESYNTAX;
    *load = read;
    return 0;
}

/* The bytes of a line `MemFree:  22354192 kB`. False when the text has none of that name. */
static bool find_bytes(const char *text, const char *name, uint64_t *bytes)
{
    size_t len = strlen(name);
    *bytes = 0;
    for (const char *line = text; *line; line = proc_next_line(line)) {
        if (strncmp(line, name, len) != 0 || line[len] != ':')
            continue;
        const char *at = line + len + 1;
        if (!proc_read_number(&at, bytes))
            return false;
        *bytes *= 1024;
        return true;
    }
    return false;
}

/* What psutil makes of it: where the parts are more than the whole (in a container), `used` is all
 * that is not free, and no more is available than is free. */
int host_memory_parse(struct host_memory *memory, const char *text)
{
    uint64_t buffers, cached, reclaimable;
    struct host_memory read;
    if (!find_bytes(text, "MemTotal", &read.total) || !find_bytes(text, "MemFree", &read.free))
        return RELAY_ESYNTAX;
    (void)find_bytes(text, "Buffers", &buffers);
    (void)find_bytes(text, "Cached", &cached);
    (void)find_bytes(text, "SReclaimable", &reclaimable);
    uint64_t others = read.free + buffers + cached + reclaimable;
    if (others > read.total)
        others = read.free < read.total ? read.free : read.total;
    read.used = read.total - others;
    if (!find_bytes(text, "MemAvailable", &read.available)) /* before Linux 3.14 */
        read.available = read.free + buffers + cached;
    if (read.available > read.total)
        read.available = read.free;
    *memory = read;
    return 0;
}

static void add_number(struct buf *buf, const char *before, uint64_t number)
{
    char digits[24];
    int len = snprintf(digits, sizeof(digits), "%" PRIu64, number);
    buf_add_text(buf, before);
    buf_add(buf, digits, (size_t)len);
}

static void add_load(struct buf *buf, const char *before, uint64_t hundredths)
{
    char rest[8];
    int len = snprintf(rest, sizeof(rest), ".%02u", (unsigned)(hundredths % 100));
    add_number(buf, before, hundredths / 100);
    buf_add(buf, rest, (size_t)len);
}

/* A path is any bytes, a packet is UTF-8: in a path that is none, `?` stands for what is no ASCII.
 */
static void add_path(struct buf *buf, const char *path, size_t len)
{
    if (utf8_is_valid(path, len)) {
        json_write_string(buf, path, len);
        return;
    }
    struct buf ascii;
    buf_init(&ascii, 0);
    for (size_t i = 0; i < len; i++)
        buf_add_byte(&ascii, (unsigned char)path[i] < 0x80 ? path[i] : '?');
    json_write_string(buf, ascii.bytes, ascii.len);
    buf->failed = buf->failed || ascii.failed;
    buf_deinit(&ascii);
}

static void add_disk(struct buf *buf, const struct host_disk *disk)
{
    buf_add_text(buf, "{\"mount\":");
    add_path(buf, disk->mount, disk->mount_len);
    add_number(buf, ",\"used\":", disk->used);
    add_number(buf, ",\"free\":", disk->free);
    add_number(buf, ",\"total\":", disk->total);
    buf_add_byte(buf, '}');
}

void host_stats_write(struct buf *buf, const struct host_stats *stats,
                      const struct host_network *network)
{
    add_load(buf, "{\"cpu\":{\"1m\":", stats->load.hundredths[0]);
    add_load(buf, ",\"5m\":", stats->load.hundredths[1]);
    add_load(buf, ",\"15m\":", stats->load.hundredths[2]);
    add_number(buf, "},\"mem\":{\"used\":", stats->memory.used);
    add_number(buf, ",\"free\":", stats->memory.free);
    add_number(buf, ",\"cache\":", stats->memory.available);
    add_number(buf, ",\"total\":", stats->memory.total);
    buf_add_text(buf, "},\"disk\":[");
    for (size_t i = 0; i < stats->disk_count; i++) {
        if (i > 0)
            buf_add_byte(buf, ',');
        add_disk(buf, &stats->disks[i]);
    }
    buf_add_text(buf, "],\"network\":");
    host_network_write(buf, network);
    buf_add_byte(buf, '}');
}

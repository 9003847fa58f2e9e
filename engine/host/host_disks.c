/* host_disks.c — the text is walked once for the disks, and once for what lies in their way. Paths
 * are compared as they are escaped, which is the same for every mount. */
#include "host/host_disks.h"

#include <stdbool.h>
#include <string.h>

#include "host/proc_text.h"

static char *next_line(char *at)
{
    return at + (proc_next_line(at) - at);
}

struct word {
    char *at;
    size_t len;
};

/* A line: `ID PARENT MAJOR:MINOR ROOT MOUNT OPTIONS [TAG…] - TYPE SOURCE OPTIONS`. */
struct mount {
    struct word path, type, source;
    uint64_t major, minor;
};

/* The next word of the line; of length 0 when there is none. */
static struct word read_word(char **line)
{
    char *at = *line + strspn(*line, " ");
    struct word word = {at, strcspn(at, " \n")};
    *line = at + word.len;
    return word;
}

static bool word_is(const struct word *word, const char *text)
{
    return word->len == strlen(text) && memcmp(word->at, text, word->len) == 0;
}

static bool read_device(const struct word *word, struct mount *mount)
{
    const char *at = word->at;
    if (!proc_read_number(&at, &mount->major) || *at != ':')
        return false;
    at++;
    return proc_read_number(&at, &mount->minor) && at == word->at + word->len;
}

static bool read_mount(char *line, struct mount *mount)
{
    (void)read_word(&line); /* its id */
    (void)read_word(&line); /* its parent's */
    struct word device = read_word(&line);
    (void)read_word(&line); /* what of the device is mounted */
    mount->path = read_word(&line);
    struct word tag;
    do
        tag = read_word(&line);
    while (tag.len > 0 && !word_is(&tag, "-"));
    mount->type = read_word(&line);
    mount->source = read_word(&line);
    return mount->source.len > 0 && read_device(&device, mount);
}

static bool is_block_device(const struct mount *mount)
{
    bool is_fuse = word_is(&mount->type, "fuse") || strncmp(mount->type.at, "fuse.", 5) == 0;
    return mount->source.len > 5 && memcmp(mount->source.at, "/dev/", 5) == 0 && !is_fuse;
}

/* File systems in memory or of several layers: no block devices, and nothing in them can hang. */
static bool is_local(const struct mount *mount)
{
    static const char *const types[] = {"tmpfs",    "ramfs", "rootfs", "overlay",
                                        "devtmpfs", "zfs",   "autofs"};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (word_is(&mount->type, types[i]))
            return true;
    return false;
}

/* A subvolume of btrfs has a number of its own, but its source is the device's. */
static bool is_same_device(const struct host_disk *disk, const struct mount *mount)
{
    if (disk->major == mount->major && disk->minor == mount->minor)
        return true;
    return disk->source_len == mount->source.len &&
           memcmp(disk->source, mount->source.at, disk->source_len) == 0;
}

static bool is_among(const struct host_disk *disks, size_t count, const struct mount *mount)
{
    for (size_t i = 0; i < count; i++)
        if (is_same_device(&disks[i], mount))
            return true;
    return false;
}

static size_t find_block_devices(char *text, struct host_disk *disks, size_t most)
{
    size_t count = 0;
    struct mount mount;
    for (char *line = text; *line && count < most; line = next_line(line)) {
        if (!read_mount(line, &mount) || !is_block_device(&mount) || is_among(disks, count, &mount))
            continue;
        disks[count++] = (struct host_disk){.mount = mount.path.at,
                                            .mount_len = mount.path.len,
                                            .source = mount.source.at,
                                            .source_len = mount.source.len,
                                            .major = mount.major,
                                            .minor = mount.minor};
    }
    return count;
}

/* Whether a mount stands at the path or above it. The root does not count: where that one hangs,
 * so does everything. */
static bool is_on_the_way(const struct mount *mount, const struct host_disk *disk)
{
    size_t len = mount->path.len;
    if (len == 1 || len > disk->mount_len || memcmp(mount->path.at, disk->mount, len) != 0)
        return false;
    return len == disk->mount_len || disk->mount[len] == '/';
}

/* Leaves out the disks behind a mount; how many are left. */
static size_t leave_out(struct host_disk *disks, size_t count, const struct mount *mount)
{
    size_t left = 0;
    for (size_t i = 0; i < count; i++)
        if (!is_on_the_way(mount, &disks[i]))
            disks[left++] = disks[i];
    return left;
}

static size_t keep_reachable(char *text, struct host_disk *disks, size_t count)
{
    struct mount mount;
    for (char *line = text; *line; line = next_line(line))
        if (read_mount(line, &mount) && !is_block_device(&mount) && !is_local(&mount))
            count = leave_out(disks, count, &mount);
    return count;
}

static bool is_octal(const char *at)
{
    return at[0] >= '0' && at[0] <= '3' && at[1] >= '0' && at[1] <= '7' && at[2] >= '0' &&
           at[2] <= '7';
}

/* A blank, tab, newline or backslash in a path is written as `\040` and so on. */
static void end_path(struct host_disk *disk)
{
    char *out = disk->mount;
    const char *end = disk->mount + disk->mount_len;
    for (const char *at = disk->mount; at < end; out++) {
        if (*at == '\\' && end - at >= 4 && is_octal(at + 1)) {
            *out = (char)((at[1] - '0') << 6 | (at[2] - '0') << 3 | (at[3] - '0'));
            at += 4;
        } else {
            *out = *at++;
        }
    }
    *out = '\0'; /* over a byte of the path, or the blank behind it */
    disk->mount_len = (size_t)(out - disk->mount);
}

size_t host_disks_find(char *mountinfo, struct host_disk *disks, size_t most)
{
    size_t count = find_block_devices(mountinfo, disks, most);
    count = keep_reachable(mountinfo, disks, count);
    for (size_t i = 0; i < count; i++)
        end_path(&disks[i]);
    return count;
}

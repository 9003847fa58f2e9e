/* watch.c — libuv's events of directories, gathered. See watch.h. */
#include "watch.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PAUSE_MS 100   /* an editor's several steps are one change */
#define PAUSES_MS 1000 /* whoever writes all the time does not put it off for ever */
#define LOOK_MS 500
#define DIRECTORIES_MAX 256

struct directory {
    struct list node;
    struct watch *watch;
    uv_fs_event_t event;
    bool is_armed, is_wanted;
    dev_t device; /* which directory is watched: its path may lead to another one later */
    ino_t inode;
    char path[];
};

static void on_pause_over(uv_timer_t *timer)
{
    struct watch *watch = timer->data;
    watch->changed(watch->context);
}

static void note_change(struct watch *watch, const char *directory, const char *name)
{
    uint64_t now = uv_now(watch->loop);
    if (!uv_is_active((uv_handle_t *)&watch->pause)) {
        log_info(watch->log, "script changed", LOG_STR("directory", directory),
                 LOG_STR("file", name));
        watch->first_ms = now;
    } else if (now - watch->first_ms >= PAUSES_MS) {
        return;
    }
    uv_timer_start(&watch->pause, on_pause_over, PAUSE_MS, 0);
}

/* Editors have their own files beside: .x.lua.swp, x.lua~, .#x.lua. */
static bool is_script(const char *name)
{
    size_t len = strlen(name);
    return name[0] != '.' && len > 4 && strcmp(name + len - 4, ".lua") == 0;
}

/* What happens to a directory itself is told with its own name. */
static bool is_itself(const struct directory *directory, const char *name)
{
    const char *slash = strrchr(directory->path, '/');
    return strcmp(slash ? slash + 1 : directory->path, name) == 0;
}

/* Its inode's number alone does not say that it is another one: the next directory often gets it.
 */
static void on_event(uv_fs_event_t *event, const char *name, int events, int status)
{
    struct directory *directory = event->data;
    if (status != 0 || !name)
        return;
    if (is_script(name))
        note_change(directory->watch, directory->path, name);
    else if ((events & UV_RENAME) && is_itself(directory, name))
        directory->is_armed = false; /* on_look watches what is there now */
}

static bool is_another(const struct directory *directory, const struct stat *status)
{
    return !directory->is_armed || directory->device != status->st_dev ||
           directory->inode != status->st_ino;
}

/* Watches what the path leads to now. Whether that is another directory than before, or none any
 * more: what libuv had to say of the old one is lost. */
static bool arm(struct directory *directory)
{
    struct stat status;
    bool was_armed = directory->is_armed;
    bool is_there = stat(directory->path, &status) == 0 && S_ISDIR(status.st_mode);
    if (is_there && !is_another(directory, &status))
        return false;
    uv_fs_event_stop(&directory->event);
    directory->is_armed = false;
    if (!is_there)
        return was_armed;
    int err = uv_fs_event_start(&directory->event, on_event, directory->path, 0);
    directory->is_armed = err == 0;
    directory->device = status.st_dev;
    directory->inode = status.st_ino;
    return directory->is_armed;
}

static void on_look(uv_timer_t *timer)
{
    struct watch *watch = timer->data;
    for (struct list *node = watch->directories.next; node != &watch->directories;
         node = node->next) {
        struct directory *directory = list_entry(node, struct directory, node);
        if (arm(directory))
            note_change(watch, directory->path, "");
    }
}

static void on_directory_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void drop(struct directory *directory)
{
    list_remove(&directory->node);
    uv_close((uv_handle_t *)&directory->event, on_directory_closed);
}

static struct directory *find(struct watch *watch, const char *path, size_t *count)
{
    *count = 0;
    for (struct list *node = watch->directories.next; node != &watch->directories;
         node = node->next, ++*count) {
        struct directory *directory = list_entry(node, struct directory, node);
        if (strcmp(directory->path, path) == 0)
            return directory;
    }
    return NULL;
}

static struct directory *add(struct watch *watch, const char *path)
{
    size_t size = strlen(path) + 1;
    struct directory *directory = calloc(1, sizeof *directory + size);
    if (!directory)
        return NULL;
    memcpy(directory->path, path, size);
    directory->watch = watch;
    uv_fs_event_init(watch->loop, &directory->event);
    directory->event.data = directory;
    list_append(&watch->directories, &directory->node);
    if (!arm(directory))
        log_debug(watch->log, "nothing to watch yet", LOG_STR("directory", path));
    return directory;
}

/* The directory of a file. */
static void want(struct watch *watch, const char *file)
{
    char path[PATH_MAX];
    size_t count;
    const char *slash = strrchr(file, '/');
    int len = !slash ? 1 : slash == file ? 1 : (int)(slash - file);
    if (len >= PATH_MAX)
        return;
    snprintf(path, sizeof path, "%.*s", len, slash ? file : ".");
    struct directory *directory = find(watch, path, &count);
    if (!directory && count < DIRECTORIES_MAX)
        directory = add(watch, path);
    if (directory)
        directory->is_wanted = true;
    else
        log_warn(watch->log, "not watched", LOG_STR("directory", path));
}

static void sweep(struct watch *watch)
{
    for (struct list *node = watch->directories.next, *next; node != &watch->directories;
         node = next) {
        struct directory *directory = list_entry(node, struct directory, node);
        next = node->next;
        if (!directory->is_wanted)
            drop(directory);
    }
}

void watch_set(struct watch *watch, const struct buf *files, bool keeps_old)
{
    if (!watch->loop)
        return;
    for (struct list *node = watch->directories.next; node != &watch->directories;
         node = node->next)
        list_entry(node, struct directory, node)->is_wanted = keeps_old;
    for (size_t at = 0; at < files->len; at += strlen(files->bytes + at) + 1)
        want(watch, files->bytes + at);
    sweep(watch);
}

void watch_open(struct watch *watch, uv_loop_t *loop, const struct log *log,
                void (*changed)(void *context), void *context)
{
    *watch = (struct watch){.loop = loop, .log = log, .changed = changed, .context = context};
    list_init(&watch->directories);
    uv_timer_init(loop, &watch->pause);
    uv_timer_init(loop, &watch->look);
    watch->pause.data = watch->look.data = watch;
    uv_timer_start(&watch->look, on_look, LOOK_MS, LOOK_MS);
}

void watch_close(struct watch *watch)
{
    if (!watch->loop)
        return;
    for (struct list *node; (node = watch->directories.next) != &watch->directories;)
        drop(list_entry(node, struct directory, node));
    uv_close((uv_handle_t *)&watch->pause, NULL);
    uv_close((uv_handle_t *)&watch->look, NULL);
    watch->loop = NULL;
}

/* watch.h — says when a script changed: *.lua in the directories of the files that a load read.
 *
 * Directories are watched, not files, so an editor that writes another file and renames it over the
 * old one is noticed like one that writes in place. A directory that is deleted and made again, or
 * replaced by a rename or a link, is found again within half a second. A part of engine.c, its
 * storage: {0} watches nothing and may be set and closed; watch_open, watch_close, and the loop
 * runs once more. */
#ifndef WSRELAY_WATCH_H
#define WSRELAY_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/buf.h"
#include "base/list.h"
#include "base/log.h"

struct watch {
    uv_loop_t *loop; /* NULL: not open */
    const struct log *log;
    void (*changed)(void *context); /* some time after a change, and not while more of them come */
    void *context;
    struct list directories;
    uv_timer_t pause; /* runs between a change and `changed` */
    uv_timer_t look;  /* for directories that are others now */
    uint64_t first_ms;
};

void watch_open(struct watch *watch, uv_loop_t *loop, const struct log *log,
                void (*changed)(void *context), void *context);

/* From now on these files' directories are watched; a path that ends with / is a directory itself.
 * Each path has a NUL behind it. `keeps_old`: beside the ones before, for what a load that failed
 * read. */
void watch_set(struct watch *watch, const struct buf *files, bool keeps_old);

void watch_close(struct watch *watch);

#endif

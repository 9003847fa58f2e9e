/* stderr_log.c — see stderr_log.h. */
#include "stderr_log.h"

#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static uint64_t wall_ms(void *context)
{
    struct timespec now;
    (void)context;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* A reader of our log that stalls must not stop the loop: a pipe that is writable takes one line
 * whole. */
static void write_stderr(void *context, const char *line, size_t len)
{
    struct pollfd fd = {.fd = STDERR_FILENO, .events = POLLOUT};
    (void)context;
    if (poll(&fd, 1, 0) == 1 && write(STDERR_FILENO, line, len) < 0)
        return;
}

/* Under systemd the journal stamps the lines. */
void stderr_log_open(struct log *log)
{
    log->sink = (struct log_sink){.write = write_stderr,
                                  .wall_ms = getenv("JOURNAL_STREAM") ? NULL : wall_ms};
    log->level = LOG_INFO;
    log->format = LOG_TEXT;
}

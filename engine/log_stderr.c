/* log_stderr.c — see log_stderr.h. */
#include "log_stderr.h"

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

/* A reader of our log that stalls must not stop the loop: a pipe that is writable takes one line
 * whole. */
static void write_stderr(void *context, const char *line, size_t len)
{
    struct pollfd fd = {.fd = STDERR_FILENO, .events = POLLOUT};
    (void)context;
    if (poll(&fd, 1, 0) == 1 && write(STDERR_FILENO, line, len) < 0)
        return;
}

void log_stderr_open(struct log *log, uint64_t (*wall_ms)(void *context))
{
    log->sink = (struct log_sink){.write = write_stderr,
                                  .wall_ms = getenv("JOURNAL_STREAM") ? NULL : wall_ms};
    log->level = LOG_INFO;
    log->format = LOG_TEXT;
}

/* log_stderr.h — the log of a process: its lines go to standard error. */
#ifndef WSRELAY_LOG_STDERR_H
#define WSRELAY_LOG_STDERR_H

#include <stdint.h>

#include "base/log.h"

/* At level info, as text. With `wall_ms` (Unix time in ms) for the stamps, but for systemd's
 * journal, which has its own. */
void log_stderr_open(struct log *log, uint64_t (*wall_ms)(void *context));

#endif

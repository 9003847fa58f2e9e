/* stderr_log.h — the node's log, on standard error.
 *
 * A line that its reader has no room for is lost: the loop does not wait for a log. */
#ifndef WSRELAY_STDERR_LOG_H
#define WSRELAY_STDERR_LOG_H

#include "base/log.h"

/* Text, from `info` on, with time stamps unless systemd's journal makes them. */
void stderr_log_open(struct log *log);

#endif

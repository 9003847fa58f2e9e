/* service.h — tells the service manager that started this node how it does: systemd's notification
 * protocol, sd_notify(3).
 *
 * A part of engine.c, its storage: {0} is silent and may be told things and closed; service_open,
 * service_close, and the loop runs once more. Without NOTIFY_SOCKET in the environment all of it
 * does nothing.
 *
 * The datagrams are sent by hand and not by libsystemd, for two reasons. Its sd_notify waits when
 * the manager's queue is full, so that a manager that stands still would hold the loop; here a
 * message waits instead. And it would bring compression and cryptography into a process that
 * strangers talk to, for a protocol of one sendto that systemd promises to keep, and of which its
 * manual says that it may be spoken directly.
 *
 * The watchdog is a timer of the loop. Sockets, scripts and policies all run there, one after the
 * other, so a ping says that each of them comes back; no other thread could say it. */
#ifndef WSRELAY_SERVICE_H
#define WSRELAY_SERVICE_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <uv.h>

#include "base/buf.h"
#include "base/log.h"

struct service {
    uv_loop_t *loop; /* NULL: silent */
    const struct log *log;
    int socket;
    struct sockaddr_un address;
    socklen_t address_len;
    uv_timer_t watchdog;
    uv_timer_t retry;
    struct buf waiting; /* messages that the manager had no room for, each with a NUL behind it */
    bool is_stopping;
    bool has_failed; /* and said so */
};

/* Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID. What is wrong with them is logged, and
 * nobody is told. Pings begin with the loop. */
void service_open(struct service *service, uv_loop_t *loop, const struct log *log);

/* It serves the generation of the log: after the start, and when a reload is over. */
void service_ready(struct service *service, bool is_refused);
void service_reloading(struct service *service);

/* A line for `systemctl status`: short, UTF-8, without a newline. */
void service_status(struct service *service, const char *text);

/* It drains for so long and then ends; the manager shall not kill it earlier, though the unit's
 * TimeoutStopSec be less. After this it is not ready any more, whatever reloads. */
void service_stopping(struct service *service, double drain_seconds);

void service_close(struct service *service);

#endif

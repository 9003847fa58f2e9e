/* service.c — one datagram a message, in order; none waits for the manager. See service.h. */
#include "service.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MESSAGE_MAX 256
#define WAITING_MAX 4096
#define RETRY_MS 100
#define END_SECONDS 10 /* behind the drain: RELOAD_PATIENCE_MS, and some */

/* Messages. */

static void note_failure(struct service *service, const char *reason)
{
    if (!service->has_failed)
        log_warn(service->log, "cannot notify the service manager", LOG_STR("reason", reason));
    service->has_failed = true;
}

/* Whether it is done with: sent, or never to be sent. Otherwise the manager has no room for it. */
static bool send_now(struct service *service, const char *message)
{
    ssize_t sent = sendto(service->socket, message, strlen(message), MSG_DONTWAIT | MSG_NOSIGNAL,
                          (const struct sockaddr *)&service->address, service->address_len);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (sent < 0)
        note_failure(service, strerror(errno));
    else
        service->has_failed = false;
    return true;
}

static void on_retry(uv_timer_t *timer)
{
    struct service *service = timer->data;
    struct buf *waiting = &service->waiting;
    size_t sent = 0;
    while (sent < waiting->len && send_now(service, waiting->bytes + sent))
        sent += strlen(waiting->bytes + sent) + 1;
    waiting->len -= sent;
    memmove(waiting->bytes, waiting->bytes + sent, waiting->len);
    if (waiting->len == 0)
        uv_timer_stop(timer);
}

static void keep(struct service *service, const char *message)
{
    service->waiting.failed = false;
    buf_add(&service->waiting, message, strlen(message) + 1);
    if (service->waiting.failed)
        note_failure(service, "too many messages wait");
    if (!uv_is_active((uv_handle_t *)&service->retry))
        uv_timer_start(&service->retry, on_retry, RETRY_MS, RETRY_MS);
}

__attribute__((format(printf, 2, 3))) static void tell(struct service *service, const char *format,
                                                       ...)
{
    char message[MESSAGE_MAX];
    va_list arguments;
    if (!service->loop)
        return;
    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    if (service->waiting.len > 0 || !send_now(service, message))
        keep(service, message);
}

void service_ready(struct service *service, bool is_refused)
{
    if (!service->loop || service->is_stopping)
        return;
    tell(service, "READY=1\nSTATUS=Serves with generation %" PRIu64 " of the scripts%s.",
         service->log->generation, is_refused ? "; a reload was refused, the log says why" : "");
}

void service_reloading(struct service *service)
{
    if (!service->is_stopping)
        tell(service, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64 "\nSTATUS=Loads the scripts anew.",
             uv_hrtime() / 1000);
}

void service_status(struct service *service, const char *text)
{
    tell(service, "STATUS=%s", text);
}

void service_stopping(struct service *service, double drain_seconds)
{
    if (!service->is_stopping)
        tell(service, "STOPPING=1\nEXTEND_TIMEOUT_USEC=%.0f", (drain_seconds + END_SECONDS) * 1e6);
    service->is_stopping = true;
}

/* The watchdog. What waits for room in the manager's queue is not made longer by pings. */
static void on_watchdog(uv_timer_t *timer)
{
    struct service *service = timer->data;
    if (service->waiting.len == 0)
        (void)send_now(service, "WATCHDOG=1");
}

/* A variable's whole number; 0 when there is none. */
static uint64_t number_of(const char *variable)
{
    const char *text = getenv(variable);
    char *end = NULL;
    if (!text || *text < '0' || *text > '9')
        return 0;
    errno = 0;
    uint64_t number = strtoull(text, &end, 10);
    return errno == 0 && *end == '\0' ? number : 0;
}

/* The half, as sd_watchdog_enabled(3) asks for. WATCHDOG_PID tells a child of the one who is meant
 * that it is not. */
static void start_watchdog(struct service *service)
{
    uint64_t half_ms = number_of("WATCHDOG_USEC") / 2000;
    bool is_another = getenv("WATCHDOG_PID") && number_of("WATCHDOG_PID") != (uint64_t)getpid();
    if (getenv("WATCHDOG_USEC") && half_ms == 0)
        log_warn(service->log, "no watchdog: WATCHDOG_USEC is no number of 2000 or more");
    if (half_ms > 0 && !is_another)
        uv_timer_start(&service->watchdog, on_watchdog, half_ms, half_ms);
}

/* A path, or @name for one in the abstract namespace, whose first byte is 0. */
static bool read_address(struct service *service, const char *text)
{
    size_t len = strlen(text);
    bool is_abstract = text[0] == '@';
    if (len < 2 || len >= sizeof(service->address.sun_path) || (text[0] != '/' && !is_abstract))
        return false;
    service->address = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(service->address.sun_path, text, len);
    if (is_abstract)
        service->address.sun_path[0] = '\0';
    service->address_len =
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (is_abstract ? 0 : 1));
    return true;
}

void service_open(struct service *service, uv_loop_t *loop, const struct log *log)
{
    const char *text = getenv("NOTIFY_SOCKET");
    *service = (struct service){.log = log, .socket = -1};
    if (!text)
        return;
    if (!read_address(service, text)) {
        note_failure(service, "NOTIFY_SOCKET is neither a path nor an @name");
        return;
    }
    service->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (service->socket < 0) {
        note_failure(service, strerror(errno));
        return;
    }
    service->loop = loop;
    buf_init(&service->waiting, WAITING_MAX);
    uv_timer_init(loop, &service->watchdog);
    uv_timer_init(loop, &service->retry);
    service->watchdog.data = service->retry.data = service;
    start_watchdog(service);
}

void service_close(struct service *service)
{
    if (!service->loop)
        return;
    uv_close((uv_handle_t *)&service->watchdog, NULL);
    uv_close((uv_handle_t *)&service->retry, NULL);
    close(service->socket);
    buf_deinit(&service->waiting);
    service->loop = NULL;
}

/* admission.c — see admission.h. */
#include "socket/admission.h"

#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

#include "socket/conn.h"
#include "socket/listener.h"

#define REFUSED_MAX 64 /* connections over a limit that are kept to be told so */

/* Whether there is room for one more, and with which status it must be refused otherwise. -1: not
 * even for that. */
static int refuse_status(struct sockets *sockets, const struct conn *conn)
{
    struct counters *counters = &sockets->relay->counters;
    if (sockets->count > sockets->connections_max) {
        counters->connections_refused_full++;
        return sockets->count > sockets->connections_max + REFUSED_MAX ? -1 : 503;
    }
    size_t most = sockets->connections_per_address;
    if (most && conn->address->connections > most) {
        counters->connections_refused_address++;
        return conn->address->connections > most + REFUSED_MAX ? -1 : 429;
    }
    counters->connections_accepted++;
    return 0;
}

static void log_refused(struct sockets *sockets, const struct conn *conn, const char *event)
{
    log_event_gated(sockets->relay->log, &sockets->gates.accept, clock_ms(&sockets->relay->clock),
                    LOG_WARN, event,
                    LOG_FIELDS(LOG_STR("address", conn->address_text),
                               LOG_INT("connections", sockets->count - 1)));
}

/* libwebsockets frees the connection when it destroys the wsi, also when adopting failed half-way.
 */
static void adopt(struct sockets *sockets, struct conn *conn, int fd)
{
    const int yes = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    lws_adopt_desc_t info = {
        .vh = sockets->vhost,
        .type = LWS_ADOPT_HTTP | LWS_ADOPT_SOCKET | LWS_ADOPT_ALLOW_SSL,
        .fd.sockfd = fd,
        .opaque = conn,
    };
    sockets->is_wsi_created = false;
    if (lws_adopt_descriptor_vhost_via_info(&info) || sockets->is_wsi_created)
        return;
    conn_free(conn); /* libwebsockets has closed the descriptor */
}

static void take(void *context, int fd, const struct sockaddr_storage *peer)
{
    struct sockets *sockets = context;
    struct conn *conn = conn_new(sockets, peer);
    if (!conn) {
        close(fd);
        return;
    }
    int status = refuse_status(sockets, conn);
    if (status != 0)
        log_refused(sockets, conn,
                    status == 429 ? "too many connections from one address" : "full");
    if (status < 0) {
        close(fd);
        conn_free(conn);
        return;
    }
    conn->refuse_status = (uint16_t)status;
    adopt(sockets, conn, fd);
}

int admission_open(struct sockets *sockets, const struct config *config, struct buf *error)
{
    sockets->listeners = calloc(config->listen_count, sizeof(struct listener *));
    if (!sockets->listeners)
        return RELAY_ENOMEM;
    for (size_t i = 0; i < config->listen_count; i++) {
        struct listener *listener = listener_open(
            sockets, &config->listen[i], sockets->tls.is_on ? "wss" : "ws", take, sockets, error);
        if (!listener)
            return RELAY_ESYSTEM;
        sockets->listeners[sockets->listener_count++] = listener;
    }
    return 0;
}

void admission_close(struct sockets *sockets)
{
    while (sockets->listener_count > 0)
        listener_close(sockets->listeners[--sockets->listener_count]);
}

/* intake.c — see intake.h. */
#include "socket/intake.h"

#include <poll.h>

#include "socket/conn.h"

#define FULL_LEN (CONN_RX_LEN / 2) /* so much in one read, and more is likely to wait */
#define CONN_READS 32              /* of one connection in a turn */
#define TURN_READS 256
#define TURN_DELIVERIES 100000 /* some milliseconds of pushing references */

void intake_count(struct conn *conn, size_t len)
{
    conn->read_bytes += len;
    if (conn->read_bytes >= FULL_LEN && list_is_empty(&conn->busy_node))
        list_append(&conn->sockets->busy, &conn->busy_node);
}

/* One more read, as if the loop had called. Whether it filled the buffer again. */
static bool read_once(struct conn *conn)
{
    struct lws_pollfd fd = {
        .fd = lws_get_socket_fd(conn->wsi), .events = POLLIN, .revents = POLLIN};
    conn->read_bytes = 0;
    lws_service_fd(conn->sockets->context, &fd);
    return conn->read_bytes >= FULL_LEN;
}

/* Reading can close a connection but not free it: libuv closes its handle after this turn. */
static unsigned read_on(struct conn *conn, uint64_t deliveries_max)
{
    unsigned reads = 0;
    bool is_full = true;
    while (is_full && reads < CONN_READS &&
           conn->sockets->relay->counters.deliveries < deliveries_max && conn->session &&
           !conn->is_closing && !conn->is_paused) {
        is_full = read_once(conn);
        reads++;
    }
    conn->read_bytes = 0;
    list_remove(&conn->busy_node);
    return reads;
}

void intake_turn(struct sockets *sockets)
{
    uint64_t deliveries_max = sockets->relay->counters.deliveries + TURN_DELIVERIES;
    unsigned reads = 0;
    struct list *node;
    while ((node = list_shift(&sockets->busy))) {
        struct conn *conn = list_entry(node, struct conn, busy_node);
        if (reads < TURN_READS)
            reads += read_on(conn, deliveries_max);
        conn->read_bytes = 0;
    }
}

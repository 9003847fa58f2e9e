/* keep_alive.c — see keep_alive.h.
 *
 * libwebsockets keeps its timers in sorted lists, so a timer for each connection makes connecting
 * quadratic. Instead one timer walks a slice of the ring of connections ten times a second, and
 * comes round once in two seconds: every limit below holds to within that. */
#include "socket/keep_alive.h"

#include "socket/conn.h"
#include "socket/flush.h"
#include "socket/progress.h"

#define TICK_MS 100
#define ROUND_TICKS 20
#define PONG_MS 6000         /* for the pong; with the 25 s before it and a round, gone in 35 s */
#define REQUEST_MS 10000     /* for the request, or the next one on a kept connection */
#define MESSAGE_MS 10000     /* for assembling one message */
#define STALLED_MS 10000     /* for a full socket to take a byte */
#define CLOSE_ANSWER_MS 5000 /* for the peer's Close */

/* A link counts for itself. */
static void note_end(struct conn *conn, const char *event, const char *link_event,
                     uint64_t *counter)
{
    struct sockets *sockets = conn->sockets;
    uint64_t now_ms = clock_ms(&sockets->relay->clock);
    if (conn->is_link) {
        log_event_gated(sockets->relay->log, &sockets->gates.limits, now_ms, LOG_WARN, link_event,
                        LOG_FIELDS(LOG_STR("address", conn->address_text)));
        return;
    }
    (*counter)++;
    log_event_gated(
        sockets->relay->log, &sockets->gates.limits, now_ms, LOG_INFO, event,
        LOG_FIELDS(LOG_INT("client", conn->session->id), LOG_STR("address", conn->address_text)));
}

static uint64_t acknowledged(struct conn *conn)
{
    return progress_acknowledged(lws_get_socket_fd(conn->wsi));
}

static void ping(struct conn *conn)
{
    if (outbox_push(&conn->session->outbox, conn->sockets->ping_frame))
        return;
    conn->is_pinged = true;
    conn->acked_bytes = acknowledged(conn);
    flush_mark(conn, true);
}

/* A slow reader that takes bytes is slow, neither stalled nor silent. */
static bool has_moved(struct conn *conn)
{
    uint64_t acked_bytes = acknowledged(conn);
    bool has = acked_bytes != conn->acked_bytes;
    conn->acked_bytes = acked_bytes;
    return has;
}

/* Nothing is read of a session that paused, or during a request, so its going is not heard; a
 * client's password would be hashed for nobody. */
static bool has_left_waiting(const struct conn *conn)
{
    return (conn->is_paused || conn->exchange) && !progress_is_open(lws_get_socket_fd(conn->wsi));
}

static bool is_stalled(struct conn *conn, uint64_t now_ms)
{
    if (!conn->is_blocked)
        return false;
    if (has_moved(conn))
        conn->moved_at_ms = now_ms;
    return now_ms - conn->moved_at_ms >= STALLED_MS;
}

static void end_stalled(struct conn *conn)
{
    note_end(conn, "client stalled", "link stalled",
             &conn->sockets->relay->counters.clients_too_slow);
    conn->sockets->relay->counters.frames_dropped_slow += conn->session->outbox.count;
    outbox_deinit(&conn->session->outbox);
    session_close(conn->session, CLOSE_TRY_LATER, "too slow");
}

static void end_unfinished(struct conn *conn)
{
    note_end(conn, "message unfinished", "packet unfinished",
             &conn->sockets->relay->counters.messages_unfinished);
    session_close(conn->session, CLOSE_POLICY, "message unfinished");
}

static void end_silent(struct conn *conn)
{
    note_end(conn, "client timed out", "link timed out",
             &conn->sockets->relay->counters.clients_timed_out);
    conn_kill(conn);
}

static void look_at_session(struct conn *conn, uint64_t now_ms)
{
    uint64_t silent_ms = now_ms - conn->heard_at_ms;
    uint64_t keep_alive_ms = conn->sockets->keep_alive_ms;
    if (has_left_waiting(conn))
        conn_kill(conn);
    else if (is_stalled(conn, now_ms))
        end_stalled(conn);
    else if (conn->is_assembling && now_ms - conn->message_at_ms >= MESSAGE_MS)
        end_unfinished(conn);
    else if (conn->is_paused || conn->is_blocked)
        conn->heard_at_ms = now_ms; /* paused by us, or the ping waits behind the rest */
    else if (conn->is_pinged && silent_ms >= keep_alive_ms + PONG_MS && !has_moved(conn))
        end_silent(conn);
    else if (!conn->is_pinged && silent_ms >= keep_alive_ms)
        ping(conn);
}

static void look_at(struct conn *conn, uint64_t now_ms)
{
    if (conn->is_closing) {
        if (now_ms - conn->closing_at_ms >= CLOSE_ANSWER_MS)
            conn_kill(conn);
    } else if (conn->session) {
        look_at_session(conn, now_ms);
    } else if (conn->exchange) { /* libwebsockets knows its end */
        if (has_left_waiting(conn))
            conn_kill(conn);
    } else if (now_ms - conn->heard_at_ms >= REQUEST_MS) {
        conn_kill(conn);
    }
}

static void on_tick(uv_timer_t *timer)
{
    struct sockets *sockets = timer->data;
    uint64_t now_ms = clock_ms(&sockets->relay->clock);
    size_t slice = sockets->count / ROUND_TICKS + 1;
    for (size_t i = 0; i < slice; i++) {
        struct list *node = list_shift(&sockets->conns);
        if (!node)
            break;
        list_append(&sockets->conns, node);
        look_at(list_entry(node, struct conn, node), now_ms);
    }
    dialer_tick(sockets, now_ms);
}

int keep_alive_open(struct sockets *sockets)
{
    sockets->ping_frame = frame_new(WS_PING, "wsrelay", 7);
    if (!sockets->ping_frame)
        return RELAY_ENOMEM;
    uv_timer_init(sockets->loop, &sockets->keep_alive_timer);
    sockets->keep_alive_timer.data = sockets;
    uv_timer_start(&sockets->keep_alive_timer, on_tick, TICK_MS, TICK_MS);
    return 0;
}

void keep_alive_close(struct sockets *sockets)
{
    uv_close((uv_handle_t *)&sockets->keep_alive_timer, NULL);
}

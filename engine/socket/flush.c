/* flush.c — see flush.h. */
#include "socket/flush.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "socket/conn.h"
#include "socket/intake.h"

#define SCRATCH_LEN (64 * 1024)
#define TURN_WRITES 512 /* writes of one turn: at 5 µs each under 3 ms */

/* The frames that fit, copied one behind the other; how many bytes. A single frame is not copied:
 * `*bytes` points at it. */
static size_t gather(struct conn *conn, const unsigned char **bytes, uint32_t *frames)
{
    struct outbox *outbox = client_outbox(conn->client);
    struct frame *first = outbox_first(outbox);
    if (outbox->count == 1 || first->len >= SCRATCH_LEN) {
        *bytes = first->bytes;
        *frames = 1;
        return first->len;
    }
    unsigned char *scratch = conn->sockets->scratch;
    size_t len = 0;
    uint32_t i = 0;
    for (; i < outbox->count; i++) {
        const struct frame *frame = outbox->ring[(outbox->first + i) & (outbox->capacity - 1)];
        if (len + frame->len > SCRATCH_LEN)
            break;
        memcpy(scratch + len, frame->bytes, frame->len);
        len += frame->len;
    }
    *bytes = scratch;
    *frames = i;
    return len;
}

/* Writes as far as the socket takes it without libwebsockets: on a plain socket it would do the
 * same, behind its own bookkeeping. How many bytes went; negative: the connection is dead. */
static ssize_t write_plain(struct conn *conn, const unsigned char *bytes, size_t len)
{
    if (conn->sockets->tls.is_on || lws_partial_buffered(conn->wsi))
        return 0;
    ssize_t sent = send(lws_get_socket_fd(conn->wsi), bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return 0;
    return sent;
}

/* All bytes are sent, or held by libwebsockets. It does not change the bytes of a raw write, though
 * its type says that it may. */
static int write_all(struct conn *conn, const unsigned char *bytes, size_t len)
{
    ssize_t sent = write_plain(conn, bytes, len);
    if (sent < 0)
        return RELAY_ESYSTEM;
    if ((size_t)sent == len)
        return 0;
    unsigned char *rest = (unsigned char *)(uintptr_t)bytes + sent;
    return lws_write(conn->wsi, rest, len - (size_t)sent, LWS_WRITE_HTTP) < 0 ? RELAY_ESYSTEM : 0;
}

static void write_once(struct conn *conn)
{
    const unsigned char *bytes;
    uint32_t frames;
    size_t len = gather(conn, &bytes, &frames);
    if (write_all(conn, bytes, len)) {
        outbox_deinit(client_outbox(conn->client)); /* nobody will read it */
        conn_kill(conn);
        return;
    }
    conn->sockets->relay->counters.bytes_sent += len;
    for (uint32_t i = 0; i < frames; i++)
        outbox_shift(client_outbox(conn->client));
    if (lws_partial_buffered(conn->wsi)) {
        conn->is_blocked = true;
        conn->moved_at_ms = clock_ms(&conn->sockets->relay->clock);
        lws_callback_on_writable(conn->wsi);
    }
}

static bool has_work(const struct conn *conn)
{
    return conn->client && !conn->is_blocked && !conn->is_dead &&
           client_outbox(conn->client)->count > 0;
}

void flush_mark(struct conn *conn, bool is_answer)
{
    if (conn->is_blocked || conn->is_dead)
        return;
    if (is_answer)
        list_remove(&conn->dirty_node);
    if (list_is_empty(&conn->dirty_node))
        list_append(is_answer ? &conn->sockets->urgent : &conn->sockets->dirty, &conn->dirty_node);
}

void flush_unblock(struct conn *conn)
{
    if (!conn->is_blocked || lws_partial_buffered(conn->wsi))
        return;
    conn->is_blocked = false;
    if (has_work(conn))
        flush_mark(conn, false);
}

void flush_now(struct conn *conn)
{
    while (has_work(conn))
        write_once(conn);
}

static struct list *next_dirty(struct sockets *sockets)
{
    struct list *node = list_shift(&sockets->urgent);
    return node ? node : list_shift(&sockets->dirty);
}

/* A connection with more than one write's worth goes to the list's end, behind the others. */
static void flush_turn(struct sockets *sockets)
{
    struct list *node;
    for (unsigned i = 0; i < TURN_WRITES && (node = next_dirty(sockets)); i++) {
        struct conn *conn = list_entry(node, struct conn, dirty_node);
        if (!has_work(conn))
            continue;
        write_once(conn);
        if (has_work(conn))
            flush_mark(conn, false);
    }
}

static bool has_backlog(const struct sockets *sockets)
{
    return !list_is_empty(&sockets->urgent) || !list_is_empty(&sockets->dirty);
}

static void spin(uv_idle_t *idle)
{
    (void)idle; /* its being active keeps the loop from waiting */
}

static void on_prepare(uv_prepare_t *prepare)
{
    struct sockets *sockets = prepare->data;
    intake_turn(sockets);
    flush_turn(sockets);
    if (!has_backlog(sockets))
        uv_idle_stop(&sockets->flush_idle);
    else
        uv_idle_start(&sockets->flush_idle, spin);
}

int flush_open(struct sockets *sockets)
{
    list_init(&sockets->busy);
    list_init(&sockets->urgent);
    list_init(&sockets->dirty);
    sockets->scratch = malloc(SCRATCH_LEN);
    if (!sockets->scratch)
        return RELAY_ENOMEM;
    uv_prepare_init(sockets->loop, &sockets->flush_prepare);
    uv_idle_init(sockets->loop, &sockets->flush_idle);
    sockets->flush_prepare.data = sockets;
    uv_prepare_start(&sockets->flush_prepare, on_prepare);
    return 0;
}

void flush_close(struct sockets *sockets)
{
    uv_close((uv_handle_t *)&sockets->flush_prepare, NULL);
    uv_close((uv_handle_t *)&sockets->flush_idle, NULL);
}

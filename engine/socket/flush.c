/* flush.c — see flush.h. */
#include "socket/flush.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "crypto/random.h"
#include "socket/conn.h"
#include "socket/intake.h"
#include "socket/mask.h"

#define SCRATCH_LEN (64 * 1024)
#define KEYS_AT_ONCE 64 /* the generator costs more to ask than the bytes */
#define TURN_WRITES 512 /* writes of one turn: at 5 µs each under 3 ms */

/* What one write sends. */
struct batch {
    const unsigned char *bytes;
    size_t len;
    uint32_t frames;
    unsigned char *owned; /* NULL, or the memory behind `bytes` */
};

static const struct frame *frame_at(const struct outbox *outbox, uint32_t i)
{
    return outbox->ring[(outbox->first + i) & (outbox->capacity - 1)];
}

/* The frames that fit, copied one behind the other. A single frame is not copied. */
static int gather(struct conn *conn, struct batch *batch)
{
    const struct outbox *outbox = &conn->session->outbox;
    const struct frame *first = outbox_first(outbox);
    if (outbox->count == 1 || first->len >= SCRATCH_LEN) {
        *batch = (struct batch){first->bytes, first->len, 1, NULL};
        return 0;
    }
    unsigned char *scratch = conn->sockets->scratch;
    size_t len = 0;
    uint32_t i = 0;
    for (; i < outbox->count; i++) {
        const struct frame *frame = frame_at(outbox, i);
        if (len + frame->len > SCRATCH_LEN)
            break;
        memcpy(scratch + len, frame->bytes, frame->len);
        len += frame->len;
    }
    *batch = (struct batch){scratch, len, i, NULL};
    return 0;
}

/* A frame that is larger than the scratch. */
static int mask_alone(const struct frame *frame, struct batch *batch)
{
    unsigned char key[MASK_KEY_LEN];
    unsigned char *bytes = malloc(frame->len + MASK_KEY_LEN);
    if (!bytes)
        return RELAY_ENOMEM;
    *batch = (struct batch){bytes, frame->len + MASK_KEY_LEN, 1, bytes};
    int err = random_bytes(key, sizeof(key));
    if (!err)
        mask_frame(bytes, frame->bytes, frame->len, key);
    return err;
}

/* To a peer that we dialled every frame goes as a masked copy. */
static int gather_masked(struct conn *conn, struct batch *batch)
{
    const struct outbox *outbox = &conn->session->outbox;
    unsigned char *scratch = conn->sockets->scratch;
    if (outbox_first(outbox)->len + MASK_KEY_LEN > SCRATCH_LEN)
        return mask_alone(outbox_first(outbox), batch);
    unsigned char keys[KEYS_AT_ONCE][MASK_KEY_LEN];
    *batch = (struct batch){.bytes = scratch};
    for (; batch->frames < outbox->count; batch->frames++) {
        const struct frame *frame = frame_at(outbox, batch->frames);
        uint32_t left = outbox->count - batch->frames, turn = batch->frames % KEYS_AT_ONCE;
        if (batch->len + frame->len + MASK_KEY_LEN > SCRATCH_LEN)
            break;
        if (turn == 0 &&
            random_bytes(keys, (left < KEYS_AT_ONCE ? left : KEYS_AT_ONCE) * (size_t)MASK_KEY_LEN))
            return RELAY_ESYSTEM;
        batch->len += mask_frame(scratch + batch->len, frame->bytes, frame->len, keys[turn]);
    }
    return 0;
}

/* Writes as far as the socket takes it without libwebsockets: on a plain socket it would do the
 * same, behind its own bookkeeping. How many bytes went; negative: the connection is dead. */
static ssize_t write_plain(struct conn *conn, const unsigned char *bytes, size_t len)
{
    if (conn->is_tls || lws_partial_buffered(conn->wsi))
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
    struct batch batch = {0};
    int err = conn->is_dialled ? gather_masked(conn, &batch) : gather(conn, &batch);
    if (!err)
        err = write_all(conn, batch.bytes, batch.len);
    free(batch.owned);
    struct counters *counters = &conn->sockets->relay->counters;
    if (err) {
        counters->frames_dropped_gone += conn->session->outbox.count;
        outbox_deinit(&conn->session->outbox); /* nobody will read it */
        conn_kill(conn);
        return;
    }
    *(conn->is_link ? &counters->peer_bytes_sent : &counters->bytes_sent) += batch.len;
    for (uint32_t i = 0; i < batch.frames; i++)
        outbox_shift(&conn->session->outbox);
    if (lws_partial_buffered(conn->wsi)) {
        conn->is_blocked = true;
        conn->moved_at_ms = clock_ms(&conn->sockets->relay->clock);
        lws_callback_on_writable(conn->wsi);
    }
}

static bool has_work(const struct conn *conn)
{
    return conn->session && !conn->is_blocked && !conn->is_dead && conn->session->outbox.count > 0;
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

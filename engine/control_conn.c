/* control_conn.c — one connection of the control socket: its request, its answer, its end.
 *
 * What a handler writes is only kept and sent: the connection is never closed from inside of it,
 * but by the timer. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control_state.h"
#include "protocol/json_read.h"
#include "protocol/json_write.h"
#include "protocol/utf8.h"

#define TICK_MS 1000

/* --- The end --- */

static void on_handle_closed(uv_handle_t *handle)
{
    struct control_conn *conn = handle->data;
    if (--conn->handles > 0)
        return;
    list_remove(&conn->node);
    conn->control->conn_count--;
    buf_deinit(&conn->request);
    buf_deinit(&conn->out);
    buf_deinit(&conn->sending);
    free(conn);
}

void control_conn_close(struct control_conn *conn)
{
    bool followed = conn->state == CONN_FOLLOWS;
    if (conn->state == CONN_CLOSES)
        return;
    conn->state = CONN_CLOSES;
    if (followed)
        control_followers_changed(conn->control);
    script_control_cancel(&conn->command);
    uv_close((uv_handle_t *)&conn->pipe, on_handle_closed);
    uv_close((uv_handle_t *)&conn->timer, on_handle_closed);
}

/* A request that takes too long, and a reader that takes nothing. */
static void on_timer(uv_timer_t *timer)
{
    struct control_conn *conn = timer->data;
    bool is_stuck = uv_now(conn->control->loop) - conn->moved_ms >= CONTROL_PATIENCE_MS;
    bool is_awaited = conn->state == CONN_READS || conn->is_writing;
    if (conn->is_cut || (is_stuck && is_awaited && conn->state != CONN_FOLLOWS))
        control_conn_close(conn);
}

/* Soon, from the loop. */
static void cut(struct control_conn *conn)
{
    conn->is_cut = true;
    uv_timer_start(&conn->timer, on_timer, 0, 0);
}

/* --- The answer: `out` waits, `sending` is on its way as far as `sent` --- */

static void flush(struct control_conn *conn);

static size_t waiting(const struct control_conn *conn)
{
    return conn->out.len + conn->sending.len - conn->sent;
}

static void add(struct control_conn *conn, const char *key, struct text text)
{
    if (waiting(conn) == 0 && !conn->is_writing)
        conn->moved_ms = uv_now(conn->control->loop);
    buf_add_text(&conn->out, "{\"");
    buf_add_text(&conn->out, key);
    buf_add_text(&conn->out, "\":");
    json_write_string(&conn->out, text.at, text.len);
    buf_add_text(&conn->out, "}\n");
}

static void tell_lost(struct control_conn *conn)
{
    char line[80];
    int len = snprintf(line, sizeof(line),
                       conn->is_json ? "{\"step\":\"lost\",\"lines\":%" PRIu64 "}\n"
                                     : "(%" PRIu64 " lines lost: the reader is too slow)\n",
                       conn->lost);
    conn->lost = 0;
    add(conn, "out", (struct text){line, (size_t)len});
}

/* The reader has taken all. */
static void drained(struct control_conn *conn)
{
    if (conn->state == CONN_ENDS)
        control_conn_close(conn);
    else if (conn->state == CONN_RUNS)
        script_control_drained(&conn->command);
    else if (conn->lost)
        tell_lost(conn);
    flush(conn);
}

static void on_written(uv_write_t *write, int status)
{
    struct control_conn *conn = write->data;
    conn->is_writing = false;
    if (conn->state == CONN_CLOSES)
        return;
    if (status != 0) {
        control_conn_close(conn);
        return;
    }
    conn->moved_ms = uv_now(conn->control->loop);
    flush(conn);
    if (!conn->is_writing)
        drained(conn);
}

static void swap(struct control_conn *conn)
{
    struct buf sent = conn->sending;
    conn->sending = conn->out;
    conn->sent = 0;
    conn->out = sent;
    conn->out.max = CONTROL_OUT_MAX;
    buf_clear(&conn->out);
}

/* Piece by piece, so that a reader that takes a little is seen to. */
static void flush(struct control_conn *conn)
{
    if (conn->is_writing || conn->is_cut || conn->state == CONN_CLOSES || waiting(conn) == 0)
        return;
    if (conn->sent == conn->sending.len)
        swap(conn);
    size_t len = conn->sending.len - conn->sent;
    if (len > CONTROL_PIECE)
        len = CONTROL_PIECE;
    uv_buf_t piece = uv_buf_init(conn->sending.bytes + conn->sent, (unsigned)len);
    conn->write.data = conn;
    conn->sent += len;
    conn->is_writing = true;
    if (uv_write(&conn->write, (uv_stream_t *)&conn->pipe, &piece, 1, on_written) != 0) {
        conn->is_writing = false;
        cut(conn);
    }
}

/* How much of a text makes one line: whole characters. */
static size_t piece_of(struct text text)
{
    size_t len = CONTROL_PIECE;
    if (text.len <= len)
        return text.len;
    while (len > CONTROL_PIECE - 4 && ((unsigned char)text.at[len] & 0xC0) == 0x80)
        len--;
    return len;
}

static void add_all(struct control_conn *conn, const char *key, struct text text)
{
    while (text.len > 0) {
        size_t len = piece_of(text);
        add(conn, key, (struct text){text.at, len});
        text.at += len;
        text.len -= len;
    }
    if (conn->out.failed)
        cut(conn); /* it does not read, or there is no memory */
    else
        flush(conn);
}

/* Bytes that are no UTF-8 are told as \xNN, all that are not ASCII. */
static void add_escaped(struct control_conn *conn, const char *key, struct text text)
{
    struct buf escaped;
    char hex[8];
    buf_init(&escaped, CONTROL_OUT_MAX);
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.at[i];
        snprintf(hex, sizeof(hex), "\\x%02x", byte);
        if (byte < 0x80)
            buf_add_byte(&escaped, (char)byte);
        else
            buf_add_text(&escaped, hex);
    }
    if (escaped.failed)
        cut(conn);
    else
        add_all(conn, key, (struct text){escaped.bytes, escaped.len});
    buf_deinit(&escaped);
}

static bool is_told(const struct control_conn *conn)
{
    return conn->state != CONN_CLOSES && conn->state != CONN_ENDS && !conn->is_cut;
}

static void tell(void *context, bool is_error, struct text text)
{
    struct control_conn *conn = context;
    const char *key = is_error ? "error" : "out";
    if (!is_told(conn))
        return;
    if (utf8_is_valid(text.at, text.len))
        add_all(conn, key, text);
    else
        add_escaped(conn, key, text);
}

static size_t count_waiting(void *context)
{
    const struct control_conn *conn = context;
    return is_told(conn) && conn->is_writing ? waiting(conn) : 0;
}

void control_conn_end(struct control_conn *conn, int exit_code)
{
    char line[32];
    bool followed = conn->state == CONN_FOLLOWS;
    if (!is_told(conn))
        return;
    snprintf(line, sizeof(line), "{\"exit\":%d}\n", exit_code);
    buf_add_text(&conn->out, line);
    conn->state = CONN_ENDS;
    if (followed)
        control_followers_changed(conn->control);
    if (conn->out.failed)
        cut(conn);
    else
        flush(conn);
}

/* The handler has ended; a trace begins then. */
static void on_end(void *context, int exit_code)
{
    struct control_conn *conn = context;
    if (!is_told(conn))
        return;
    if (!conn->will_follow || exit_code != 0) {
        control_conn_end(conn, exit_code);
        return;
    }
    conn->state = CONN_FOLLOWS;
    control_followers_changed(conn->control);
}

/* --- Traces --- */

static const char *follow(void *context, struct text channel, struct text nonce, bool is_json)
{
    struct control_conn *conn = context;
    if (conn->control->followers >= CONTROL_FOLLOWERS_MAX)
        return "too many follow traces already";
    conn->will_follow = true;
    conn->is_json = is_json;
    conn->channel_len = channel.len;
    conn->nonce_len = nonce.len;
    memcpy(conn->channel, channel.at, channel.len);
    memcpy(conn->nonce, nonce.at, nonce.len);
    return NULL;
}

void control_conn_tell(struct control_conn *conn, const struct trace_event *event, const char *time)
{
    struct buf *line = &conn->control->line;
    if (!trace_matches(event, (struct text){conn->channel, conn->channel_len},
                       (struct text){conn->nonce, conn->nonce_len}))
        return;
    if (waiting(conn) > CONTROL_TRACE_MAX) {
        conn->lost++;
        return;
    }
    if (conn->lost)
        tell_lost(conn);
    buf_clear(line);
    trace_write(line, event, time, conn->is_json);
    if (!line->failed)
        tell(conn, false, (struct text){line->bytes, line->len});
}

/* --- The request --- */

static void refuse(struct control_conn *conn, const char *why, int exit_code)
{
    tell(conn, true, (struct text){why, strlen(why)});
    control_conn_end(conn, exit_code);
}

static bool is_object(const struct buf *text)
{
    struct json_reader json;
    struct json_span value;
    json_read_init(&json, text->bytes, text->len);
    return utf8_is_valid(text->bytes, text->len) && json_read_value(&json, &value) == 0 &&
           json_finish(&json) == 0 && value.kind == JSON_OBJECT;
}

static void run(struct control_conn *conn)
{
    struct text request = {conn->request.bytes, conn->request.len};
    conn->state = CONN_RUNS;
    conn->command = (struct script_control){
        .context = conn,
        .write = tell,
        .waiting = count_waiting,
        .follow = follow,
        .end = on_end,
    };
    if (!is_object(&conn->request))
        refuse(conn, "the request is no JSON object\n", 2);
    else if (!conn->control->script ||
             script_control(conn->control->script, request, &conn->command) != 0)
        refuse(conn, "the node is busy, or ends\n", 1);
}

static void take(struct control_conn *conn, const char *bytes, size_t len)
{
    const char *end = memchr(bytes, '\n', len);
    buf_add(&conn->request, bytes, end ? (size_t)(end - bytes) : len);
    if (conn->request.failed)
        refuse(conn, "the request is longer than 65536 bytes\n", 2);
    else if (end)
        run(conn);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *room)
{
    struct control_conn *conn = handle->data;
    (void)suggested;
    *room = uv_buf_init(conn->control->incoming, sizeof(conn->control->incoming));
}

/* What comes behind the request is not looked at. Whoever ends his half has left. */
static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *bytes)
{
    struct control_conn *conn = stream->data;
    if (len < 0)
        control_conn_close(conn);
    else if (conn->state == CONN_READS)
        take(conn, bytes->base, (size_t)len);
}

/* --- The beginning --- */

static struct control_conn *conn_new(struct control *control)
{
    struct control_conn *conn = calloc(1, sizeof(*conn));
    if (!conn)
        return NULL;
    conn->control = control;
    conn->handles = 2;
    conn->moved_ms = uv_now(control->loop);
    buf_init(&conn->request, CONTROL_REQUEST_MAX);
    buf_init(&conn->out, CONTROL_OUT_MAX);
    buf_init(&conn->sending, CONTROL_OUT_MAX);
    uv_pipe_init(control->loop, &conn->pipe, 0);
    uv_timer_init(control->loop, &conn->timer);
    conn->pipe.data = conn->timer.data = conn;
    list_append(&control->conns, &conn->node);
    control->conn_count++;
    return conn;
}

static void refuse_stranger(struct control_conn *conn)
{
    struct control *control = conn->control;
    log_event_gated(control->relay->log, &control->gate, uv_now(control->loop), LOG_WARN,
                    "ctl refused", LOG_FIELDS(LOG_STR("reason", "another user")));
    control_conn_close(conn);
}

void control_conn_accept(struct control *control, uv_stream_t *listener)
{
    uv_os_fd_t fd;
    struct control_conn *conn = conn_new(control);
    if (!conn)
        return;
    if (uv_accept(listener, (uv_stream_t *)&conn->pipe) != 0 ||
        uv_fileno((const uv_handle_t *)&conn->pipe, &fd) != 0) {
        control_conn_close(conn);
    } else if (!control_socket_admits(fd)) {
        refuse_stranger(conn);
    } else {
        uv_timer_start(&conn->timer, on_timer, TICK_MS, TICK_MS);
        uv_read_start((uv_stream_t *)&conn->pipe, on_alloc, on_read);
        if (control->conn_count > CONTROL_CONNS_MAX)
            refuse(conn, "too many talk to this node already\n", 1);
    }
}

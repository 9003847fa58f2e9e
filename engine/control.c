/* control.c — the control socket's life, where it listens, and who follows traces. See control.h.
 */
#include "control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "control_state.h"

/* The time of day, UTC. */
static void write_time(char out[32])
{
    struct timespec now;
    struct tm day;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &day);
    size_t len = strftime(out, 32, "%FT%T", &day);
    snprintf(out + len, 32 - len, ".%03ldZ", now.tv_nsec / 1000000);
}

static void on_trace(void *context, const struct trace_event *event)
{
    struct control *control = context;
    char time[32];
    write_time(time);
    for (struct list *node = control->conns.next; node != &control->conns; node = node->next) {
        struct control_conn *conn = list_entry(node, struct control_conn, node);
        if (conn->state == CONN_FOLLOWS)
            control_conn_tell(conn, event, time);
    }
}

struct control *control_new(uv_loop_t *loop, struct relay *relay)
{
    struct control *control = calloc(1, sizeof(*control));
    if (!control)
        return NULL;
    control->loop = loop;
    control->relay = relay;
    control->trace = (struct trace){.context = control, .event = on_trace};
    list_init(&control->conns);
    return control;
}

/* --- Where it listens --- */

static void on_connection(uv_stream_t *stream, int status)
{
    const struct control_listener *listener = stream->data;
    if (status == 0)
        control_conn_accept(listener->control, stream);
}

static void on_listener_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void close_listener(struct control_listener *listener)
{
    if (!listener)
        return;
    control_socket_remove(&listener->socket);
    uv_close((uv_handle_t *)&listener->pipe, on_listener_closed);
}

static int listen_on(struct control_listener *listener, struct buf *error)
{
    int err = uv_pipe_open(&listener->pipe, listener->socket.fd);
    if (err)
        close(listener->socket.fd);
    else
        err = uv_listen((uv_stream_t *)&listener->pipe, CONTROL_CONNS_MAX, on_connection);
    if (err)
        buf_add_text(error, uv_strerror(err));
    return err ? RELAY_ESYSTEM : 0;
}

static int open_listener(struct control *control, const char *path,
                         struct control_listener **opened, struct buf *error)
{
    struct control_listener *listener = calloc(1, sizeof(*listener));
    if (!listener)
        return RELAY_ENOMEM;
    listener->control = control;
    int err = control_socket_open(&listener->socket, path, error);
    if (err) {
        free(listener);
        return err;
    }
    uv_pipe_init(control->loop, &listener->pipe, 0);
    listener->pipe.data = listener;
    err = listen_on(listener, error);
    if (err)
        close_listener(listener);
    else
        *opened = listener;
    return err;
}

int control_apply(struct control *control, const char *path, struct buf *error)
{
    struct control_listener *listener = NULL;
    if (path && control->listener && strcmp(path, control->listener->socket.path) == 0)
        return 0;
    int err = path ? open_listener(control, path, &listener, error) : 0;
    if (err)
        return err;
    close_listener(control->listener);
    control->listener = listener;
    return 0;
}

void control_serve(struct control *control, struct script *script)
{
    control->script = script;
}

/* --- Traces --- */

void control_followers_changed(struct control *control)
{
    control->followers = 0;
    for (struct list *node = control->conns.next; node != &control->conns; node = node->next)
        control->followers += list_entry(node, struct control_conn, node)->state == CONN_FOLLOWS;
    control->relay->trace = control->followers ? &control->trace : NULL;
}

size_t control_traces(const struct control *control)
{
    return control->followers;
}

size_t control_end_traces(struct control *control)
{
    size_t count = 0;
    for (struct list *node = control->conns.next; node != &control->conns; node = node->next) {
        struct control_conn *conn = list_entry(node, struct control_conn, node);
        if (conn->state != CONN_FOLLOWS)
            continue;
        control_conn_end(conn, 0);
        count++;
    }
    return count;
}

/* --- The end --- */

void control_close(struct control *control)
{
    if (!control)
        return;
    close_listener(control->listener);
    control->listener = NULL;
    for (struct list *node = control->conns.next, *next; node != &control->conns; node = next) {
        next = node->next;
        control_conn_close(list_entry(node, struct control_conn, node));
    }
}

void control_free(struct control *control)
{
    if (!control)
        return;
    buf_deinit(&control->line);
    free(control);
}

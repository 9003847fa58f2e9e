/* control_state.h — the inside of the control socket, for control*.c alone.
 *
 * control.c: life, the listener, traces. control_conn.c: one connection. control_socket.c: the
 * file.
 */
#ifndef WSRELAY_CONTROL_STATE_H
#define WSRELAY_CONTROL_STATE_H

#include "base/list.h"
#include "control.h"
#include "control_socket.h"
#include "relay/trace.h"

#define CONTROL_CONNS_MAX 16
#define CONTROL_FOLLOWERS_MAX 8
#define CONTROL_REQUEST_MAX (64 * 1024)
#define CONTROL_PATIENCE_MS 10000                 /* for a request, and for a reader that stalls */
#define CONTROL_OUT_MAX ((size_t)8 * 1024 * 1024) /* what may wait for a reader; then it is cut */
#define CONTROL_TRACE_MAX ((size_t)256 * 1024)    /* then a follower loses lines */
#define CONTROL_PIECE ((size_t)16 * 1024)         /* of a text in one line; of one write */

enum control_conn_state {
    CONN_READS,   /* its request */
    CONN_RUNS,    /* a handler answers */
    CONN_FOLLOWS, /* traces */
    CONN_ENDS,    /* what waits is sent, then it is closed */
    CONN_CLOSES
};

struct control_conn {
    struct list node; /* control->conns */
    struct control *control;
    enum control_conn_state state;
    uv_pipe_t pipe;
    uv_timer_t timer;
    unsigned handles;
    uint64_t moved_ms; /* when it was opened, or its reader took something last */

    struct buf request;
    struct script_control command;

    struct buf out, sending; /* what waits; what is being written */
    size_t sent;             /* of `sending` */
    uv_write_t write;
    bool is_writing;
    bool is_cut; /* it is closed in the next turn */

    bool will_follow;
    bool is_json;
    size_t channel_len, nonce_len;
    char channel[CHANNEL_NAME_MAX], nonce[NONCE_MAX];
    uint64_t lost; /* lines of the trace, since the last that was sent */
};

/* Where one listens; heap, since it ends asynchronously. */
struct control_listener {
    uv_pipe_t pipe;
    struct control *control;
    struct control_socket socket;
};

struct control {
    uv_loop_t *loop;
    struct relay *relay;
    struct script *script;
    struct control_listener *listener; /* NULL: nowhere */
    struct list conns;
    size_t conn_count;
    size_t followers;
    struct trace trace;
    struct buf line; /* scratch */
    struct log_gate gate;
    char incoming[4096]; /* scratch */
};

/* control_conn.c */

/* Takes the connection that waits at a listener. */
void control_conn_accept(struct control *control, uv_stream_t *listener);
/* A trace's line for a follower, or one that it loses. */
void control_conn_tell(struct control_conn *conn, const struct trace_event *event,
                       const char *time);
/* The exit code, and the end. */
void control_conn_end(struct control_conn *conn, int exit_code);
void control_conn_close(struct control_conn *conn);

/* control.c */

/* One more follows, or one less. */
void control_followers_changed(struct control *control);

#endif

/* conn.c — a connection's callbacks: messages put together from pieces, ends. See conn.h.
 *
 * What libwebsockets does not check, or checks wrongly, is checked here as the pieces come: UTF-8,
 * the declared size, the number of fragments. A failure closes through the session, so that what
 * was answered before still goes out. */
#include "socket/conn.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "mesh/mesh.h"
#include "relay/client.h"
#include "socket/exchange.h"
#include "socket/flush.h"
#include "socket/handshake.h"
#include "socket/http.h"
#include "socket/intake.h"
#include "socket/listener.h"

#define TX_PACKET_LEN (64 * 1024)
#define FRAGMENTS_MAX 1024

static struct conn *make(struct sockets *sockets, const struct sockaddr_storage *peer)
{
    struct conn *conn = calloc(1, sizeof(*conn));
    if (!conn)
        return NULL;
    conn->sockets = sockets;
    address_text(peer, conn->address_text);
    conn->heard_at_ms = clock_ms(&sockets->relay->clock);
    buf_init(&conn->identity, IDENTITY_MAX);
    list_init(&conn->dirty_node);
    list_init(&conn->busy_node);
    list_append(&sockets->conns, &conn->node);
    sockets->count++;
    return conn;
}

static int accepted_event(struct accepted *accepted, struct lws *wsi,
                          enum lws_callback_reasons reason, void *in, size_t len);

struct conn *conn_new(struct sockets *sockets, const struct sockaddr_storage *peer)
{
    struct conn *conn = make(sockets, peer);
    if (!conn)
        return NULL;
    conn->accepted.event = accepted_event;
    conn->is_tls = sockets->tls.is_on;
    conn->address = address_take(&sockets->addresses, peer);
    if (conn->address)
        return conn;
    conn_free(conn);
    return NULL;
}

struct conn *conn_new_dialled(struct sockets *sockets, struct lws *wsi,
                              const struct sockaddr_storage *peer)
{
    struct conn *conn = make(sockets, peer);
    if (!conn)
        return NULL;
    conn->wsi = wsi;
    conn->is_link = conn->is_dialled = true;
    conn->is_tls = lws_is_ssl(wsi) != 0;
    return conn;
}

/* A token does not stay in memory. */
static void wipe_identity(struct conn *conn)
{
    if (conn->identity.bytes)
        explicit_bzero(conn->identity.bytes, conn->identity.capacity);
    buf_deinit(&conn->identity);
}

void conn_free(struct conn *conn)
{
    if (conn->session)
        session_gone(conn->session);
    exchange_free(conn->exchange);
    list_remove(&conn->dirty_node);
    list_remove(&conn->busy_node);
    list_remove(&conn->node);
    conn->sockets->count--;
    address_give(&conn->sockets->addresses, conn->address);
    buf_deinit(&conn->message);
    wipe_identity(conn);
    free(conn);
}

static void set_closing(struct conn *conn)
{
    if (conn->is_closing)
        return;
    conn->is_closing = true;
    conn->closing_at_ms = clock_ms(&conn->sockets->relay->clock);
}

void conn_kill(struct conn *conn)
{
    set_closing(conn);
    conn->is_dead = true;
    list_remove(&conn->dirty_node);
    lws_set_timeout(conn->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
    lws_cancel_service(
        conn->sockets->context); /* its timer is not armed from outside its callbacks */
}

/* The session's view of a connection: struct transport. */

static void transport_wake(void *connection, bool is_answer)
{
    flush_mark(connection, is_answer);
}

static void transport_resume(void *connection)
{
    struct conn *conn = connection;
    if (!conn->is_paused)
        return;
    conn->is_paused = false;
    lws_rx_flow_control(conn->wsi, 1);
}

static void transport_close(void *connection, unsigned code, const char *reason)
{
    struct conn *conn = connection;
    if (conn->is_closing)
        return;
    if (!conn->session) { /* its own opening has not returned yet */
        conn_kill(conn);
        return;
    }
    struct frame *frame = frame_new_close(code, reason);
    if (!frame || outbox_push(&conn->session->outbox, frame)) {
        conn_kill(conn);
    } else {
        set_closing(conn);
        transport_resume(conn); /* or the answer to our Close would not be heard */
        flush_mark(conn, true);
    }
    frame_unref(frame);
    buf_deinit(&conn->message);
}

static void transport_pause(void *connection)
{
    struct conn *conn = connection;
    conn->is_paused = true;
    lws_rx_flow_control(conn->wsi, 0);
}

static const struct transport transport = {
    .wake = transport_wake,
    .close = transport_close,
    .pause = transport_pause,
    .resume = transport_resume,
};

/* Messages. */

static void heard(struct conn *conn)
{
    conn->heard_at_ms = clock_ms(&conn->sockets->relay->clock);
    conn->is_pinged = false;
}

static struct session *open_client(struct conn *conn)
{
    struct client *client =
        client_open(conn->sockets->relay, &transport, conn, conn->address_text, &conn->identity);
    return client ? &client->session : NULL;
}

static struct session *open_link(struct conn *conn)
{
    struct text token = {conn->identity.bytes, conn->identity.len};
    return mesh_accept(conn->sockets->mesh, &transport, conn, conn->address_text, token);
}

static int established(struct conn *conn)
{
    heard(conn);
    conn->session = conn->is_link ? open_link(conn) : open_client(conn);
    wipe_identity(conn);
    if (conn->session)
        return 0;
    lws_close_reason(conn->wsi, (enum lws_close_status)CLOSE_TRY_LATER, NULL, 0);
    return -1;
}

int conn_dialled(struct conn *conn, uint64_t dial)
{
    heard(conn);
    conn->session = mesh_dialled(conn->sockets->mesh, dial, &transport, conn, conn->address_text);
    return conn->session ? 0 : -1;
}

static void refuse(struct conn *conn, uint64_t *counter, unsigned code, const char *reason)
{
    (*counter)++;
    session_close(conn->session, code, reason);
}

/* Whether the piece may be taken; otherwise the connection is closing. */
static bool accept_piece(struct conn *conn, const char *bytes, size_t len)
{
    struct counters *counters = &conn->sockets->relay->counters;
    uint64_t announced = lws_remaining_packet_payload(conn->wsi);
    if (lws_frame_is_binary(conn->wsi))
        refuse(conn, &counters->messages_not_text, CLOSE_NOT_TEXT, "text frames only");
    else if (announced > session_message_max(conn->session) ||
             conn->message.len + len + announced > session_message_max(conn->session))
        refuse(conn, &counters->messages_too_big, CLOSE_TOO_BIG, "message too big");
    else if (!utf8_feed(&conn->utf8, bytes, len))
        refuse(conn, &counters->messages_not_utf8, CLOSE_NOT_UTF8, "invalid utf-8");
    else if (announced == 0 && ++conn->fragments > FRAGMENTS_MAX)
        refuse(conn, &counters->messages_unfinished, CLOSE_POLICY, "too many fragments");
    return !conn->is_closing;
}

static void keep_piece(struct conn *conn, const char *bytes, size_t len)
{
    if (!conn->is_assembling) {
        conn->is_assembling = true;
        conn->message_at_ms = clock_ms(&conn->sockets->relay->clock);
    }
    buf_add(&conn->message, bytes, len);
    if (conn->message.failed)
        session_close(conn->session, CLOSE_TRY_LATER, "out of memory");
}

/* A message that came in one piece is not copied. */
static void deliver(struct conn *conn, const char *bytes, size_t len)
{
    if (!utf8_is_complete(&conn->utf8)) {
        refuse(conn, &conn->sockets->relay->counters.messages_not_utf8, CLOSE_NOT_UTF8,
               "invalid utf-8");
        return;
    }
    struct buf whole = conn->message;
    bool is_whole = !conn->is_assembling;
    conn->message = (struct buf){0};
    conn->is_assembling = false;
    conn->fragments = 0;
    if (is_whole)
        session_receive(conn->session, bytes, len);
    else
        session_receive(conn->session, whole.bytes ? whole.bytes : "", whole.len);
    buf_deinit(&whole);
}

static void receive(struct conn *conn, const char *bytes, size_t len)
{
    struct counters *counters = &conn->sockets->relay->counters;
    heard(conn);
    intake_count(conn, len);
    *(conn->is_link ? &counters->peer_bytes_received : &counters->bytes_received) += len;
    if (conn->is_closing || !accept_piece(conn, bytes, len))
        return;
    bool is_last = lws_is_final_fragment(conn->wsi);
    if (conn->is_assembling || !is_last)
        keep_piece(conn, bytes, len);
    if (is_last && !conn->is_closing)
        deliver(conn, bytes, len);
}

/* Ends. */

static int close_badly(struct conn *conn, enum ws_close code, const char *reason)
{
    lws_close_reason(conn->wsi, (enum lws_close_status)code, (unsigned char *)(uintptr_t)reason,
                     strlen(reason));
    return -1;
}

static void forget_session(struct conn *conn)
{
    if (conn->session)
        session_gone(conn->session);
    conn->session = NULL;
    set_closing(conn);
    list_remove(&conn->dirty_node);
}

/* The peer's Close: what was answered before goes out first, then libwebsockets echoes it, unless
 * it is the answer to ours. A Close of one byte, with a code that nobody may send, or with a bad
 * reason is an error that 4.1.6 lets through. */
static int peer_closes(struct conn *conn, const unsigned char *payload, size_t len)
{
    bool is_answer = conn->is_closing;
    if (conn->session) {
        flush_unblock(conn);
        flush_now(conn);
    }
    forget_session(conn);
    if (is_answer)
        return -1;
    if (len == 1 || (len >= 2 && !ws_close_code_is_valid((unsigned)payload[0] << 8 | payload[1])))
        return close_badly(conn, CLOSE_PROTOCOL, "invalid close");
    if (len > 2 && !utf8_is_valid(payload + 2, len - 2))
        return close_badly(conn, CLOSE_NOT_UTF8, "invalid utf-8");
    return 0;
}

/* libwebsockets closes by itself for a frame against the protocol, and says so only when it is all
 * over. */
static int writeable(struct conn *conn)
{
    if (conn->session && lws_get_close_length(conn->wsi) > 0)
        forget_session(conn);
    else
        flush_unblock(conn);
    return 0;
}

static int pong(struct conn *conn)
{
    heard(conn);
    if (conn->session && !conn->is_closing)
        session_pong(conn->session);
    return 0;
}

int conn_event(struct conn *conn, enum lws_callback_reasons reason, void *in, size_t len)
{
    switch (reason) {
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
        heard(conn);
        return handshake_check(conn);
    case LWS_CALLBACK_HTTP:
        heard(conn);
        return http_serve(conn);
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return http_go_on(&conn->exchange, conn->wsi);
    case LWS_CALLBACK_ESTABLISHED:
        return established(conn);
    case LWS_CALLBACK_RECEIVE:
    case LWS_CALLBACK_CLIENT_RECEIVE:
        if (conn->session)
            receive(conn, in, len);
        return 0;
    case LWS_CALLBACK_RECEIVE_PONG:
    case LWS_CALLBACK_CLIENT_RECEIVE_PONG:
        return pong(conn);
    case LWS_CALLBACK_SERVER_WRITEABLE:
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return writeable(conn);
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        return peer_closes(conn, in, len);
    case LWS_CALLBACK_CLOSED:
    case LWS_CALLBACK_CLIENT_CLOSED:
        forget_session(conn);
        return 0;
    default:
        return 0;
    }
}

static int accepted_event(struct accepted *accepted, struct lws *wsi,
                          enum lws_callback_reasons reason, void *in, size_t len)
{
    struct conn *conn = (struct conn *)accepted;
    conn->wsi = wsi;
    if (reason != LWS_CALLBACK_WSI_DESTROY)
        return conn_event(conn, reason, in, len);
    conn_free(conn);
    return 0;
}

static int vhost_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                          size_t len)
{
    struct sockets *sockets = lws_context_user(lws_get_context(wsi));
    if (reason == LWS_CALLBACK_WSI_CREATE)
        sockets->is_wsi_created = true;
    if (reason == LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS)
        tls_attach(&sockets->tls, user);
    if (!wsi || lws_get_vhost(wsi) != sockets->vhost)
        return 0; /* it asks the first vhost about certificates of the other's */
    struct accepted *accepted = lws_get_opaque_user_data(wsi);
    if (!accepted)
        return 0;
    if (reason == LWS_CALLBACK_WSI_DESTROY)
        lws_set_opaque_user_data(wsi, NULL);
    return accepted->event(accepted, wsi, reason, in, len);
}

/* 4.1.6 spins for ever when reading is paused while OpenSSL still holds a part of a record. A read
 * that takes whole records leaves nothing there; the buffer's pages are hardly touched. */
const struct lws_protocols conn_protocols_tls[] = {
    {
        .name = "wsrelay",
        .callback = vhost_callback,
        .rx_buffer_size = CONN_RX_LEN_TLS,
        .tx_packet_size = TX_PACKET_LEN,
    },
    {0},
};

const struct lws_protocols conn_protocols[] = {
    {
        .name = "wsrelay",
        .callback = vhost_callback,
        .rx_buffer_size = CONN_RX_LEN,
        .tx_packet_size = TX_PACKET_LEN,
    },
    {0},
};

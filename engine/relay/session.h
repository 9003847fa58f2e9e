/* session.h — the core's end of a connection: a client (client.h) or a link to a peer
 * (mesh/link.h).
 *
 * A member of both, their first: the transport knows no more of them than this. It empties the
 * outbox, brings whole messages, and says when the connection is gone. The surprising rule: `close`
 * does not free; `gone` does. */
#ifndef WSRELAY_RELAY_SESSION_H
#define WSRELAY_RELAY_SESSION_H

#include <stddef.h>
#include <stdint.h>

#include "relay/outbox.h"
#include "transport.h"

struct session;

struct session_kind {
    /* How large a message may be, in bytes. */
    size_t (*message_max)(const struct session *session);
    /* One whole text message: valid UTF-8, within message_max. Never while paused or closing. */
    void (*receive)(struct session *session, const char *text, size_t len);
    /* The answer to a ping that the core queued. NULL: nobody asks. */
    void (*pong)(struct session *session);
    /* Ends it from this side, for a fault that the transport found. A second call changes nothing.
     */
    void (*close)(struct session *session, unsigned code, const char *reason);
    /* The connection is gone: frees the session. */
    void (*gone)(struct session *session);
};

struct session {
    const struct session_kind *kind;
    const struct transport *transport;
    void *connection;
    struct outbox outbox;
    uint64_t id; /* a client's, for the log */
};

static inline size_t session_message_max(const struct session *session)
{
    return session->kind->message_max(session);
}

static inline void session_receive(struct session *session, const char *text, size_t len)
{
    session->kind->receive(session, text, len);
}

static inline void session_pong(struct session *session)
{
    if (session->kind->pong)
        session->kind->pong(session);
}

static inline void session_close(struct session *session, unsigned code, const char *reason)
{
    session->kind->close(session, code, reason);
}

static inline void session_gone(struct session *session)
{
    session->kind->gone(session);
}

#endif

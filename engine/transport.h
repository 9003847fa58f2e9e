/* transport.h — what the core needs of a connection, as function pointers.
 *
 * The socket layer implements it for real connections, the simulator and the unit tests for others.
 * A session (relay/session.h) owns its outbox; the transport empties it when it can. The surprising
 * rule: no call returns into the core. Whatever follows from a call (bytes leaving, the
 * connection's end) happens later, from the loop. */
#ifndef WSRELAY_TRANSPORT_H
#define WSRELAY_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>

struct transport {
    /* Frames wait in the outbox: send them at the end of this turn of the loop. An answer to a
     * command goes before what a fan-out left. */
    void (*wake)(void *connection, bool is_answer);
    /* Sends what waits, then a Close frame with `code` and `reason` (at most WS_REASON_MAX bytes
     * are used), and ends the connection when the peer answered or did not in time. Nothing that
     * arrives from now on is delivered. A second call changes nothing. */
    void (*close)(void *connection, unsigned code, const char *reason);
    /* Stop delivering messages, and go on. Bytes stay with the peer meanwhile: that is the
     * back-pressure. */
    void (*pause)(void *connection);
    void (*resume)(void *connection);
};

#endif

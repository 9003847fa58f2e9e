/* exchange.h — one HTTP request that the scripts answer: asked, waited for, written in pieces.
 *
 * Heap, owned by its connection: exchange_begin in LWS_CALLBACK_HTTP, exchange_write in
 * LWS_CALLBACK_HTTP_WRITEABLE, exchange_free when it is done or the connection is gone, which ends
 * the handler that still runs. After 30 s without an answer, or without a reader, libwebsockets
 * closes the connection; an end of the peer's is not heard meanwhile. */
#ifndef WSRELAY_SOCKET_EXCHANGE_H
#define WSRELAY_SOCKET_EXCHANGE_H

#include <libwebsockets.h>
#include <stdbool.h>

#include "web.h"

struct exchange;
struct sockets;

/* Asks. `is_authorized`: what the scripts are told of it. NULL: nobody answers, or too many wait.
 */
struct exchange *exchange_begin(struct sockets *sockets, struct lws *wsi, const char *address,
                                const char *path, bool is_authorized);

enum exchange_state { EXCHANGE_GOES_ON, EXCHANGE_IS_OVER, EXCHANGE_FAILED };

/* Writes what the connection takes. */
enum exchange_state exchange_write(struct exchange *exchange);

/* NULL is allowed. */
void exchange_free(struct exchange *exchange);

#endif

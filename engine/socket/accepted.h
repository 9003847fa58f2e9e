/* accepted.h — what an accepted connection is to libwebsockets' callback: whose it is.
 *
 * The first member of struct conn and of struct admin_conn, which lie in one vhost: 4.1.6 chooses
 * among several that do not listen by the Host header alone. */
#ifndef WSRELAY_SOCKET_ACCEPTED_H
#define WSRELAY_SOCKET_ACCEPTED_H

#include <libwebsockets.h>

struct accepted {
    /* Every callback that concerns it; frees it at LWS_CALLBACK_WSI_DESTROY. */
    int (*event)(struct accepted *accepted, struct lws *wsi, enum lws_callback_reasons reason,
                 void *in, size_t len);
};

#endif

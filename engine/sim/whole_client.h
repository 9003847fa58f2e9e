/* whole_client.h — a client of a simulated node (whole_node.h): what it says and hears.
 *
 * Commands wait while the node has paused it, as they would in its socket. What it hears goes to
 * the network's watch at the end of the turn. Heap of the network: it lives until whole_net_free,
 * long after its connection is gone. */
#ifndef WSRELAY_SIM_WHOLE_CLIENT_H
#define WSRELAY_SIM_WHOLE_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/list.h"
#include "protocol/ws_frame.h"
#include "relay/client.h"

#define WHOLE_ADDRESS_MAX 64

struct whole_node;

struct whole_client {
    struct list node, all; /* home->clients, the network's clients */
    struct whole_node *home;
    struct client *client; /* NULL: gone */
    void *user;            /* the watch's */
    struct list commands;  /* said, and not taken yet */
    bool is_paused, is_closing, is_turning;
    unsigned close_code; /* 0: the connection just ended */
    char close_reason[WS_REASON_MAX + 1];
    char address[WHOLE_ADDRESS_MAX];
};

/* The node must be alive. Without memory the process ends. */
struct whole_client *whole_client_open(struct whole_node *home, void *user);
/* One that comes from this address, with what client_connect said about it (may be empty). */
struct whole_client *whole_client_open_as(struct whole_node *home, void *user, const char *address,
                                          const struct buf *identity);
/* Its connection ends without a word. */
void whole_client_leave(struct whole_client *client);
/* For whole_net.c alone. */
void whole_client_free(struct whole_client *client);

/* A command; nothing when it is gone. A ' stands for a ". */
void whole_client_say(struct whole_client *client, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A text as it is: valid UTF-8, within the node's limit. */
void whole_client_say_text(struct whole_client *client, const char *text, size_t len);
/* `password` may be NULL; `message` is JSON. The nonces of the answers are given. */
void whole_client_subscribe(struct whole_client *client, const char *channel, const char *password,
                            unsigned nonce);
void whole_client_unsubscribe(struct whole_client *client, const char *channel, unsigned nonce);
void whole_client_send(struct whole_client *client, const char *channel, const char *message,
                       unsigned nonce);

#endif

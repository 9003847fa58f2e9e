/* subscribe.h — the part of a subscribe that can be waited for: its password's hash. */
#ifndef WSRELAY_RELAY_SUBSCRIBE_H
#define WSRELAY_RELAY_SUBSCRIBE_H

struct client;

/* Forgets the subscribe that the client waits for, if any. */
void subscribe_cancel(struct client *client);

#endif

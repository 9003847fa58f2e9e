/* handle.h — the four commands of a client, each in the file of its name. Every handler answers,
 * now or later. */
#ifndef WSRELAY_RELAY_HANDLE_H
#define WSRELAY_RELAY_HANDLE_H

struct client;
struct client_command;

void handle_subscribe(struct client *client, const struct client_command *command);
/* Forgets the subscribe that the client waits for, if any. */
void handle_subscribe_cancel(struct client *client);
void handle_unsubscribe(struct client *client, const struct client_command *command);
void handle_list(struct client *client, const struct client_command *command);
void handle_send(struct client *client, const struct client_command *command);

#endif

/* floor.c — bench-floor: what fan-out costs when a server does nothing but one send() for each
 * subscriber and message. No queues, no limits, no checks, no real handshake: no relay can be built
 * like this; it is the figure to compare unbatched fan-out (window 1) with. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mini.h"
#include "ws.h"

enum { CLIENTS_MAX = 20000, READ_BYTES = 1 << 16, EVENTS_MAX = 256 };

struct client {
    int fd;
    bool upgraded;
    bool subscribed;
    unsigned place; /* in clients[] */
    size_t length;  /* of what is in `bytes` */
    char *bytes;    /* received, not whole yet */
};

static struct client *clients[CLIENTS_MAX];
static unsigned client_count;
static char buffer[READ_BYTES * 2];

static void drop(struct client *client)
{
    clients[client->place] = clients[--client_count];
    clients[client->place]->place = client->place;
    close(client->fd);
    free(client->bytes);
    free(client);
}

/* The sockets block: when a client does not read, everything waits. */
static void send_all(const struct client *client, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(client->fd, bytes, length, MSG_NOSIGNAL);
        if (sent <= 0) {
            return;
        }
        bytes += sent;
        length -= (size_t)sent;
    }
}

/* Puts a header before the text at frame + WS_HEADER_MAX and returns where the frame begins. */
static const char *put_header(char *frame, size_t *length)
{
    char header[WS_HEADER_MAX];
    size_t used = ws_server_header(header, WS_TEXT, *length);
    char *start = frame + WS_HEADER_MAX - used;
    memcpy(start, header, used);
    *length += used;
    return start;
}

/* Framed once, sent to every subscriber but the sender. */
static void fan_out(const struct client *from, const struct mini_command *command)
{
    static char frame[READ_BYTES + MINI_OVERHEAD];
    size_t length = mini_delivery(frame + WS_HEADER_MAX, command);
    const char *start = put_header(frame, &length);
    for (unsigned i = 0; i < client_count; i++) {
        if (clients[i] != from && clients[i]->subscribed) {
            send_all(clients[i], start, length);
        }
    }
}

static void handle(struct client *client, const struct ws_frame *frame)
{
    static char answer[READ_BYTES + MINI_OVERHEAD];
    struct mini_command command;
    if (!mini_read(frame->payload, frame->length, &command)) {
        return;
    }
    if (command.is_send) {
        fan_out(client, &command);
    } else {
        client->subscribed = true;
    }
    size_t length = mini_answer(answer + WS_HEADER_MAX, &command);
    const char *start = put_header(answer, &length);
    send_all(client, start, length);
}

static size_t upgrade(struct client *client, const char *bytes, size_t n)
{
    static const char answer[] =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Accept: " WS_ACCEPT "\r\n\r\n";
    const char *end = memmem(bytes, n, "\r\n\r\n", 4);
    if (end == NULL) {
        return 0;
    }
    client->upgraded = true;
    send_all(client, answer, sizeof answer - 1);
    return (size_t)(end - bytes) + 4;
}

static size_t consume(struct client *client, char *bytes, size_t n)
{
    size_t at = client->upgraded ? 0 : upgrade(client, bytes, n);
    while (client->upgraded && at < n) {
        struct ws_frame frame;
        size_t used = ws_read(bytes + at, n - at, &frame);
        if (used == 0) {
            break;
        }
        handle(client, &frame);
        at += used;
    }
    return at;
}

static void receive(struct client *client)
{
    if (client->length > 0) {
        memcpy(buffer, client->bytes, client->length);
    }
    ssize_t got = recv(client->fd, buffer + client->length, READ_BYTES, MSG_DONTWAIT);
    if (got <= 0) {
        if (got == 0 || errno != EAGAIN) {
            drop(client);
        }
        return;
    }
    size_t total = client->length + (size_t)got;
    size_t used = consume(client, buffer, total);
    free(client->bytes);
    client->bytes = NULL;
    client->length = total - used;
    if (client->length > READ_BYTES) {
        drop(client);
    } else if (client->length > 0) {
        client->bytes = malloc(client->length);
        if (client->bytes == NULL) {
            abort();
        }
        memcpy(client->bytes, buffer + used, client->length);
    }
}

static void accept_one(int epoll, int listener)
{
    int on = 1;
    int fd = accept(listener, NULL, NULL);
    struct client *client = fd < 0 ? NULL : calloc(1, sizeof *client);
    if (client == NULL || client_count == CLIENTS_MAX) {
        free(client);
        close(fd);
        return;
    }
    client->fd = fd;
    client->place = client_count;
    clients[client_count++] = client;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static int listen_on(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(fd, SOMAXCONN) != 0) {
        perror("bench-floor: listening");
        return -1;
    }
    return fd;
}

int main(int argc, char **argv)
{
    struct epoll_event events[EVENTS_MAX];
    struct rlimit limit = {CLIENTS_MAX, CLIENTS_MAX};
    int epoll = epoll_create1(0);
    int listener = argc == 2 ? listen_on((uint16_t)atoi(argv[1])) : -1;
    if (listener < 0 || epoll < 0) {
        fputs("usage: bench-floor PORT\n", stderr);
        return 2;
    }
    setrlimit(RLIMIT_NOFILE, &limit);
    signal(SIGPIPE, SIG_IGN);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    for (;;) { /* until a signal ends it */
        int count = epoll_wait(epoll, events, EVENTS_MAX, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr == NULL) {
                accept_one(epoll, listener);
            } else {
                receive(events[i].data.ptr);
            }
        }
    }
}

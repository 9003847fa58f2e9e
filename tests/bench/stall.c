/* stall.c — bench-stall: how long do nodes keep an unrelated client waiting? Asks every node for a
 * short answer (`list` of a client without channels) every 5 ms and remembers the longest waits.
 *
 * A question is due at a fixed time whether or not the last one was answered, and waits count from
 * then. How late this program itself came is told too: on a busy machine it is the error of the
 * rest. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "histogram.h"
#include "process.h"
#include "ws.h"

enum { NODES_MAX = 16, STEP_MS = 5, READ_MAX = 65536, RING = 65536 };

static const char QUESTION[] = "{\"command\":\"list\",\"data\":{}}";

struct probe {
    unsigned port;
    int fd;
    uint64_t asked, answered; /* questions are answered in order */
    uint64_t due[RING];
    uint64_t worst_at; /* ns after the start, of the longest wait's question */
    struct histogram waits;
    char rest[READ_MAX];
    size_t rest_len;
};

static volatile sig_atomic_t is_ending;

static void on_signal(int number)
{
    (void)number;
    is_ending = 1;
}

static int fail(const char *what, unsigned port)
{
    fprintf(stderr, "bench-stall: port %u: %s: %s\n", port, what, strerror(errno));
    return 1;
}

/* Blocking: the node is asked for nothing else meanwhile. */
static int open_probe(struct probe *probe)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)probe->port)};
    char text[1024];
    size_t got = 0;
    int on = 1;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    probe->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (probe->fd < 0 || connect(probe->fd, (struct sockaddr *)&to, sizeof to) != 0) {
        return fail("connect", probe->port);
    }
    setsockopt(probe->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    int length = snprintf(text, sizeof text,
                          "GET /connect HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUpgrade: websocket\r\n"
                          "Connection: Upgrade\r\nSec-WebSocket-Key: " WS_KEY "\r\n"
                          "Sec-WebSocket-Version: 13\r\n\r\n",
                          probe->port);
    if (send(probe->fd, text, (size_t)length, MSG_NOSIGNAL) != length) {
        return fail("upgrade", probe->port);
    }
    while (got < sizeof text - 1 && memmem(text, got, "\r\n\r\n", 4) == NULL) {
        ssize_t more = recv(probe->fd, text + got, 1, 0); /* no byte of the frames after it */
        if (more <= 0) {
            return fail("upgrade", probe->port);
        }
        got += (size_t)more;
    }
    return memcmp(text, "HTTP/1.1 101", 12) == 0 ? 0 : fail("no upgrade", probe->port);
}

static int ask(struct probe *probe, uint64_t due)
{
    char frame[WS_HEADER_MAX + sizeof QUESTION];
    size_t length = sizeof QUESTION - 1;
    size_t header = ws_client_header(frame, WS_TEXT, length);
    memcpy(frame + header, QUESTION, length);
    probe->due[probe->asked++ % RING] = due;
    if (send(probe->fd, frame, header + length, MSG_NOSIGNAL) != (ssize_t)(header + length)) {
        return fail("send", probe->port);
    }
    return 0;
}

static void book(struct probe *probe, uint64_t now, uint64_t began)
{
    uint64_t due = probe->due[probe->answered++ % RING];
    uint64_t wait = now > due ? now - due : 0;
    if (wait > probe->waits.max) {
        probe->worst_at = due > began ? due - began : 0;
    }
    histogram_add(&probe->waits, wait);
}

static void pong(struct probe *probe, const struct ws_frame *ping)
{
    char frame[WS_HEADER_MAX + 125];
    size_t header = ws_client_header(frame, WS_PONG, ping->length);
    memcpy(frame + header, ping->payload, ping->length);
    if (send(probe->fd, frame, header + ping->length, MSG_NOSIGNAL) < 0) {
        fail("pong", probe->port);
    }
}

static int hear(struct probe *probe, uint64_t began)
{
    struct ws_frame frame;
    size_t at = 0, used;
    ssize_t got = recv(probe->fd, probe->rest + probe->rest_len, READ_MAX - probe->rest_len, 0);
    if (got <= 0) {
        return fail("recv", probe->port);
    }
    uint64_t now = clock_now();
    probe->rest_len += (size_t)got;
    while ((used = ws_read(probe->rest + at, probe->rest_len - at, &frame)) > 0) {
        at += used;
        if (frame.opcode == WS_PING && frame.length <= 125) {
            pong(probe, &frame);
        } else if (frame.opcode == WS_TEXT && probe->answered < probe->asked) {
            book(probe, now, began);
        }
    }
    probe->rest_len -= at;
    memmove(probe->rest, probe->rest + at, probe->rest_len);
    return 0;
}

static void print(struct probe **probes, unsigned count, uint64_t began,
                  const struct histogram *late)
{
    uint64_t now = clock_now();
    printf("{\"seconds\":%.3f,\"late_ms\":{\"p99\":%.2f,\"max\":%.2f},\"nodes\":[",
           (double)(now - began) / 1e9, (double)histogram_percentile(late, 99) / 1e6,
           (double)late->max / 1e6);
    for (unsigned i = 0; i < count; i++) {
        struct probe *probe = probes[i];
        while (probe->answered < probe->asked) { /* waits that have not ended */
            book(probe, now, began);
        }
        printf("%s{\"port\":%u,\"asked\":%lu,\"p50_ms\":%.2f,\"p99_ms\":%.2f,\"max_ms\":%.2f,"
               "\"max_at_s\":%.2f}",
               i > 0 ? "," : "", probe->port, (unsigned long)probe->asked,
               (double)histogram_percentile(&probe->waits, 50) / 1e6,
               (double)histogram_percentile(&probe->waits, 99) / 1e6,
               (double)probe->waits.max / 1e6, (double)probe->worst_at / 1e9);
    }
    puts("]}");
}

static int run(struct probe **probes, unsigned count, uint64_t began, struct histogram *late)
{
    struct pollfd fds[NODES_MAX];
    uint64_t due = clock_now();
    for (unsigned i = 0; i < count; i++) {
        fds[i] = (struct pollfd){.fd = probes[i]->fd, .events = POLLIN};
    }
    while (!is_ending) {
        uint64_t now = clock_now();
        while (now >= due) {
            histogram_add(late, now - due);
            for (unsigned i = 0; i < count; i++) {
                if (ask(probes[i], due) != 0) {
                    return 1;
                }
            }
            due += STEP_MS * 1000000ULL;
        }
        struct timespec left = {.tv_nsec = (long)(due - now)};
        if (ppoll(fds, count, &left, NULL) <= 0) {
            continue;
        }
        for (unsigned i = 0; i < count; i++) {
            if (fds[i].revents != 0 && hear(probes[i], began) != 0) {
                return 1;
            }
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    static struct probe *probes[NODES_MAX];
    static struct histogram late;
    struct sigaction action = {.sa_handler = on_signal};
    unsigned count = 0;
    if (argc < 2 || argc > NODES_MAX + 1) {
        fputs("usage: bench-stall PORT…    until SIGTERM; then one line of JSON\n", stderr);
        return 2;
    }
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    for (int i = 1; i < argc; i++) {
        struct probe *probe = calloc(1, sizeof *probe);
        if (probe == NULL) {
            return 1;
        }
        probes[count++] = probe;
        probe->port = (unsigned)strtoul(argv[i], NULL, 10);
        if (open_probe(probe) != 0) {
            return 1;
        }
    }
    uint64_t began = clock_now();
    int result = run(probes, count, began, &late);
    print(probes, count, began, &late);
    return result;
}

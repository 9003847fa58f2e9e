/* options.c — reads the command line of bench-load. Every number is checked; nothing is guessed. */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: bench-load --dialect wsrelay|nats|nchan --port PORT [options]\n"
    "  --host ADDRESS      IPv4 address of the server (127.0.0.1)\n"
    "  --publish-port PORT publishers connect here: another node of the same network\n"
    "  --name PREFIX       of the channels' names (bench)\n"
    "  --subscribers N     subscribers, shared out over the channels (100)\n"
    "  --channels N        channels, each with a publisher of its own (1)\n"
    "  --window N          closed loop: messages in flight in a channel (1)\n"
    "  --rate N            open loop instead: messages a second over all channels\n"
    "  --size BYTES        payload (128)\n"
    "  --seconds S         how long to measure (3)\n"
    "  --warmup S          how long to run before (1)\n"
    "  --messages N        measure N messages in each channel instead of seconds, without warm-up\n"
    "  --connect N,N,...   connect mode: so many idle subscribers, measured at each step\n"
    "  --sources N         connect from N loopback addresses, 127.0.0.1 and up\n"
    "  --server-pid PID    measure this process and its children too; may be repeated\n"
    "  --spin              never sleep while waiting for the server\n"
    "  --json              one JSON object instead of one line of text\n";

static double number(const char *name, const char *text, double least, double most, bool *fine)
{
    char *end = NULL;
    errno = 0;
    double value = strtod(text, &end);
    if (errno != 0 || end == text || *end != '\0' || !(value >= least) || !(value <= most)) {
        fprintf(stderr, "bench-load: --%s: %s is not a number from %g to %g\n", name, text, least,
                most);
        *fine = false;
        return least;
    }
    return value;
}

static unsigned whole(const char *name, const char *text, double least, double most, bool *fine)
{
    return (unsigned)number(name, text, least, most, fine);
}

static bool read_steps(struct options *options, char *list)
{
    bool fine = true;
    char *state = NULL;
    unsigned last = 0;
    for (char *part = strtok_r(list, ",", &state); part != NULL && fine;
         part = strtok_r(NULL, ",", &state)) {
        unsigned step = whole("connect", part, 1, 100000, &fine);
        if (step <= last || options->step_count == STEPS_MAX) {
            fprintf(stderr, "bench-load: --connect: at most %d rising numbers\n", STEPS_MAX);
            return false;
        }
        options->steps[options->step_count++] = last = step;
    }
    return fine;
}

static bool read_dialect(struct options *options, const char *name)
{
    options->dialect = dialect_find(name);
    if (options->dialect == NULL) {
        fprintf(stderr, "bench-load: --dialect: no such dialect: %s\n", name);
    }
    return options->dialect != NULL;
}

static bool add_server(struct options *options, pid_t pid)
{
    if (options->server_count == SERVERS_MAX) {
        fprintf(stderr, "bench-load: --server-pid: at most %d\n", SERVERS_MAX);
        return false;
    }
    options->servers[options->server_count++] = pid;
    return true;
}

static const struct option names[] = {{"dialect", required_argument, NULL, 'd'},
                                      {"host", required_argument, NULL, 'h'},
                                      {"port", required_argument, NULL, 'p'},
                                      {"publish-port", required_argument, NULL, 'q'},
                                      {"name", required_argument, NULL, 'N'},
                                      {"subscribers", required_argument, NULL, 'n'},
                                      {"channels", required_argument, NULL, 'c'},
                                      {"window", required_argument, NULL, 'w'},
                                      {"rate", required_argument, NULL, 'r'},
                                      {"size", required_argument, NULL, 'b'},
                                      {"seconds", required_argument, NULL, 's'},
                                      {"warmup", required_argument, NULL, 'u'},
                                      {"messages", required_argument, NULL, 'm'},
                                      {"connect", required_argument, NULL, 'C'},
                                      {"sources", required_argument, NULL, 'S'},
                                      {"json", no_argument, NULL, 'j'},
                                      {"server-pid", required_argument, NULL, 'P'},
                                      {"spin", no_argument, NULL, 'x'},
                                      {NULL, 0, NULL, 0}};

static bool apply(struct options *o, int letter, char *value)
{
    bool fine = true;
    switch (letter) {
    case 'd':
        return read_dialect(o, value);
    case 'h':
        o->host = value;
        break;
    case 'p':
        o->port = (uint16_t)whole("port", value, 1, 65535, &fine);
        break;
    case 'q':
        o->publish_port = (uint16_t)whole("publish-port", value, 1, 65535, &fine);
        break;
    case 'N':
        return dialect_name_channels(value);
    case 'n':
        o->subscribers = whole("subscribers", value, 1, 100000, &fine);
        break;
    case 'c':
        o->channels = whole("channels", value, 1, 10000, &fine);
        break;
    case 'w':
        o->window = whole("window", value, 1, 4096, &fine);
        break;
    case 'r':
        o->rate = number("rate", value, 0.001, 1e8, &fine);
        break;
    case 'b':
        o->size = whole("size", value, PAYLOAD_MIN, PAYLOAD_MAX, &fine);
        break;
    case 's':
        o->seconds = number("seconds", value, 0.01, 3600, &fine);
        break;
    case 'u':
        o->warmup = number("warmup", value, 0, 3600, &fine);
        break;
    case 'm':
        o->messages = whole("messages", value, 1, 1e9, &fine);
        break;
    case 'C':
        return read_steps(o, value);
    case 'S':
        o->sources = whole("sources", value, 1, 250, &fine);
        break;
    case 'P':
        return add_server(o, (pid_t)whole("server-pid", value, 1, 4194304, &fine)) && fine;
    case 'j':
        o->json = true;
        break;
    case 'x':
        o->spin = true;
        break;
    default:
        return false;
    }
    return fine;
}

bool options_read(struct options *options, int argc, char **argv)
{
    *options = (struct options){.host = "127.0.0.1",
                                .subscribers = 100,
                                .channels = 1,
                                .window = 1,
                                .size = 128,
                                .seconds = 3,
                                .warmup = 1};
    bool fine = true;
    int letter;
    while (fine && (letter = getopt_long(argc, argv, "", names, NULL)) != -1) {
        fine = apply(options, letter, optarg);
    }
    fine = fine && optind == argc && options->dialect != NULL && options->port != 0;
    if (options->publish_port == 0) {
        options->publish_port = options->port;
    }
    if (!fine) {
        fputs(usage, stderr);
    }
    return fine;
}

/* options.h — the command line of bench-load. */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "dialect.h"

enum { STEPS_MAX = 16, SERVERS_MAX = 32, PAYLOAD_MIN = 48, PAYLOAD_MAX = 60000 };

struct options {
    const struct dialect *dialect;
    const char *host;
    uint16_t port;
    uint16_t publish_port; /* the publishers' server; the same one unless it is given */
    unsigned subscribers;
    unsigned channels;
    unsigned window; /* closed loop: messages in flight in each channel */
    double rate;     /* open loop when above 0: messages a second over all channels */
    unsigned size;   /* bytes of payload */
    double seconds;
    double warmup;
    uint64_t messages; /* when above 0: so many in each channel, instead of seconds */
    pid_t servers[SERVERS_MAX];
    unsigned server_count;
    unsigned sources; /* loopback addresses to connect from; 0: as many as are needed */
    bool json;
    bool spin;
    unsigned steps[STEPS_MAX]; /* connect mode: how many connections to stop and measure at */
    unsigned step_count;
};

/* Reads the command line; prints what is wrong and returns false when it does not make sense. */
bool options_read(struct options *options, int argc, char **argv);

#endif

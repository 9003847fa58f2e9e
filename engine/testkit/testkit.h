/* testkit.h — runs specs: busted in a Lua state of ours, with require "relay.testkit".
 *
 * The state has all libraries and no budget; what the specs' networks do runs in the nodes' own
 * states. */
#ifndef WSRELAY_TESTKIT_TESTKIT_H
#define WSRELAY_TESTKIT_TESTKIT_H

#include "testkit/kit_net.h"

struct testkit_run {
    const char *main_path; /* of networks that name none; modules beside it are found */
    struct kit_paths paths;
    char **arguments; /* for busted, paths among them */
    int argument_count;
};

enum testkit_exit { TESTKIT_PASSED = 0, TESTKIT_FAILED = 1, TESTKIT_USAGE = 2 };

/* The process' exit code. What is wrong before a spec runs is said on standard error. */
enum testkit_exit testkit_run(const struct testkit_run *run);

#endif

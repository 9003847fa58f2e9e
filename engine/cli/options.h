/* options.h — the command line and the environment, as far as they can be told apart without
 * main.lua. */
#ifndef WSRELAY_CLI_OPTIONS_H
#define WSRELAY_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "script/script.h"

#define OPTIONS_MAX 64

enum options_action { OPTIONS_RUN, OPTIONS_HELP, OPTIONS_VERSION, OPTIONS_USAGE };

struct options {
    const char *main_path;
    struct script_option values[OPTIONS_MAX]; /* the environment's first: the stronger last */
    size_t count;
    bool watches;      /* --watch */
    char problem[160]; /* OPTIONS_USAGE: what is wrong */
    char *peers;       /* WSRELAY_PEERS, cut into words */
};

/* Reads both. All strings are the arguments' and the environment's. */
enum options_action options_parse(struct options *options, int argc, char **argv);
void options_deinit(struct options *options);

/* The text of --help. */
extern const char options_help[];

#endif

/* installed.h — where the scripts and policies are that came with this program. */
#ifndef WSRELAY_CLI_INSTALLED_H
#define WSRELAY_CLI_INSTALLED_H

#include <limits.h>
#include <stdbool.h>

struct installed {
    char scripts[PATH_MAX];  /* require "relay" finds relay/init.lua there */
    char policies[PATH_MAX]; /* the default of each one that the user has no file for */
};

/* Looks beside the binary, wherever it was moved (PREFIX/bin and PREFIX/share, or a build folder
 * inside the source tree), then in the prefix that it was built for. False: they are nowhere, and
 * that was said on standard error. */
bool installed_find(struct installed *installed);

#endif

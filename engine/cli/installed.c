/* installed.c — see installed.h. */
#include "cli/installed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DATA_PATH_MAX (PATH_MAX - 32) /* leaves room for the names below */

static bool find_under(struct installed *installed, const char *directory)
{
    char probe[PATH_MAX];
    if (strlen(directory) > DATA_PATH_MAX)
        return false;
    snprintf(probe, sizeof(probe), "%.*s/scripts/relay/init.lua", DATA_PATH_MAX, directory);
    if (access(probe, R_OK))
        return false;
    snprintf(installed->scripts, sizeof(installed->scripts), "%.*s/scripts", DATA_PATH_MAX,
             directory);
    snprintf(installed->policies, sizeof(installed->policies), "%.*s/policies", DATA_PATH_MAX,
             directory);
    return true;
}

bool installed_find(struct installed *installed)
{
    static const char *const places[] = {"../share/wsrelay-engine", "../.."};
    char self[PATH_MAX], place[PATH_MAX], real[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
    self[len < 0 ? 0 : len] = '\0';
    char *slash = strrchr(self, '/');
    if (slash)
        *slash = '\0';
    for (size_t i = 0; slash && i < sizeof(places) / sizeof(places[0]); i++) {
        int written = snprintf(place, sizeof(place), "%s/%s", self, places[i]);
        if (written > 0 && (size_t)written < sizeof(place) && realpath(place, real) &&
            find_under(installed, real))
            return true;
    }
    if (find_under(installed, WSRELAY_DATA_DIR))
        return true;
    fprintf(stderr, "wsrelay-engine: its scripts are neither beside the binary nor in %s\n",
            WSRELAY_DATA_DIR);
    return false;
}

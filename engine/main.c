/* main.c — arguments, the installed scripts, run, exit code. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine.h"
#include "options.h"

#define DATA_PATH_MAX (PATH_MAX - 32) /* leaves room for the names below */

struct data {
    char scripts[PATH_MAX];
    char policies[PATH_MAX];
};

static bool find_under(struct data *data, const char *directory)
{
    char probe[PATH_MAX];
    if (strlen(directory) > DATA_PATH_MAX)
        return false;
    snprintf(probe, sizeof(probe), "%.*s/scripts/relay/init.lua", DATA_PATH_MAX, directory);
    if (access(probe, R_OK))
        return false;
    snprintf(data->scripts, sizeof(data->scripts), "%.*s/scripts", DATA_PATH_MAX, directory);
    snprintf(data->policies, sizeof(data->policies), "%.*s/policies", DATA_PATH_MAX, directory);
    return true;
}

/* Beside the binary, wherever it was moved: PREFIX/bin and PREFIX/share, or a build folder inside
 * the source tree. */
static bool find_data(struct data *data)
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
            find_under(data, real))
            return true;
    }
    return find_under(data, WSRELAY_DATA_DIR);
}

static int run(const struct options *options)
{
    struct data data;
    if (!find_data(&data)) {
        fprintf(stderr, "wsrelay-engine: its scripts are neither beside the binary nor in %s\n",
                WSRELAY_DATA_DIR);
        return EXIT_CONFIGURATION;
    }
    return (int)engine_run(&(struct engine_options){
        .main_path = options->main_path,
        .scripts_path = data.scripts,
        .policies_path = data.policies,
        .options = options->values,
        .option_count = options->count,
    });
}

int main(int argc, char **argv)
{
    struct options options;
    int code = EXIT_FINE;
    switch (options_parse(&options, argc, argv)) {
    case OPTIONS_RUN:
        code = run(&options);
        break;
    case OPTIONS_HELP:
        fputs(options_help, stdout);
        break;
    case OPTIONS_VERSION:
        puts("wsrelay-engine " WSRELAY_VERSION);
        break;
    case OPTIONS_USAGE:
        fprintf(stderr, "wsrelay-engine: %s\ntry wsrelay-engine --help\n", options.problem);
        code = EXIT_USAGE;
        break;
    }
    options_deinit(&options);
    return code;
}

/* main.c — which command; run, and the process' exit code. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/installed.h"
#include "cli/options.h"
#include "engine.h"

/* Any other first word is a main.lua to run. */
static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"check", cli_check}, {"init", cli_init},   {"test", cli_test},
    {"ctl", cli_ctl},     {"token", cli_token},
};

static int run(const struct options *options)
{
    struct installed installed;
    if (!installed_find(&installed))
        return EXIT_CONFIGURATION;
    return (int)engine_run(&(struct engine_options){
        .main_path = options->main_path,
        .scripts_path = installed.scripts,
        .policies_path = installed.policies,
        .options = options->values,
        .option_count = options->count,
        .watches = options->watches,
    });
}

static int run_or_help(int argc, char **argv)
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
        code = cli_usage("%s", options.problem);
        break;
    }
    options_deinit(&options);
    return code;
}

/* `test` has a help of its own. */
static bool asks_for_help(int argc, char **argv)
{
    return argc > 2 && strcmp(argv[2], "--help") == 0 && strcmp(argv[1], "test") != 0;
}

int main(int argc, char **argv)
{
    if (asks_for_help(argc, argv))
        return run_or_help(2, (char *[]){argv[0], argv[2], NULL});
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]) && argc > 1; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    return run_or_help(argc, argv);
}

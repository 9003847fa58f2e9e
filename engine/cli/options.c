/* options.c — see options.h. */
#include "cli/options.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char options_help[] =
    "usage: wsrelay-engine [run] main.lua [OPTION …]   run a node as main.lua describes it\n"
    "       wsrelay-engine check main.lua [OPTION …]   what it would run with, or what is wrong\n"
    "       wsrelay-engine init DIR                    a main.lua, policies and specs to start "
    "from\n"
    "       wsrelay-engine test [PATH …]               run specs with the test kit; test --help\n"
    "       wsrelay-engine ctl COMMAND …               ask a node that runs, or tell it; ctl help "
    "lists\n"
    "       wsrelay-engine token                       a new random node token\n"
    "\n"
    "  --name NAME               the node's name\n"
    "  --listen HOST:PORT        where clients connect; may be repeated; port 0 picks one\n"
    "  --host URL                what other nodes are told to dial\n"
    "  --token TOKEN             nodes that present it may join\n"
    "  --peer NAME=URL,TOKEN     a node to dial; may be repeated\n"
    "  --policies DIR            where the policies are\n"
    "  --log-level LEVEL         debug, info, warn or error\n"
    "  --log-format FORMAT       text or json\n"
    "  --watch                   reload when a script changes (WSRELAY_WATCH=1)\n"
    "  --version, --help\n"
    "\n"
    "Each option has a variable (WSRELAY_NAME, WSRELAY_LISTEN, …; WSRELAY_PEERS is a list with\n"
    "spaces). An option goes over a variable, a variable over main.lua.\n"
    "Signals: HUP reloads scripts, policies and certificates; TERM and INT drain, then end, a "
    "second\n"
    "one ends at once; USR2 drains only. Exit codes: 0 fine, 1 configuration or script, 2 usage.\n";

/* In the order of --help. */
static const struct known {
    const char *option, *variable, *key;
} known[] = {
    {"--name", "WSRELAY_NAME", "name"},
    {"--listen", "WSRELAY_LISTEN", "listen"},
    {"--host", "WSRELAY_HOST", "host"},
    {"--token", "WSRELAY_TOKEN", "token"},
    {"--peer", "WSRELAY_PEERS", "peer"},
    {"--policies", "WSRELAY_POLICIES", "policies"},
    {"--log-level", "WSRELAY_LOG_LEVEL", "log-level"},
    {"--log-format", "WSRELAY_LOG_FORMAT", "log-format"},
};
#define KNOWN_COUNT (sizeof(known) / sizeof(known[0]))

static enum options_action usage(struct options *options, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(options->problem, sizeof(options->problem), format, arguments);
    va_end(arguments);
    return OPTIONS_USAGE;
}

static int add(struct options *options, const char *key, const char *value, const char *source)
{
    if (options->count == OPTIONS_MAX)
        return RELAY_EFULL;
    options->values[options->count++] = (struct script_option){key, value, source};
    return 0;
}

static int add_peers(struct options *options, const char *list, const char *source)
{
    char *rest = NULL;
    options->peers = strdup(list);
    if (!options->peers)
        return RELAY_ENOMEM;
    for (char *word = strtok_r(options->peers, " \t\n", &rest); word;
         word = strtok_r(NULL, " \t\n", &rest)) {
        int err = add(options, "peer", word, source);
        if (err)
            return err;
    }
    return 0;
}

static int read_environment(struct options *options)
{
    int err = 0;
    for (size_t i = 0; i < KNOWN_COUNT && !err; i++) {
        const char *value = getenv(known[i].variable);
        if (!value || !*value)
            continue;
        err = strcmp(known[i].key, "peer") == 0
                  ? add_peers(options, value, known[i].variable)
                  : add(options, known[i].key, value, known[i].variable);
    }
    return err;
}

/* `--name=x` as well as `--name x`: the value's place, or NULL when the argument is another option.
 */
static const char *value_of(const char *argument, const char *option, char **next)
{
    size_t len = strlen(option);
    if (strncmp(argument, option, len) != 0)
        return NULL;
    if (argument[len] == '=')
        return argument + len + 1;
    if (argument[len] != '\0')
        return NULL;
    return *next ? *next : "";
}

/* Takes one option; how many arguments it was. 0: unknown or without its value, and `problem` says
 * so. */
static int take_option(struct options *options, char **argument)
{
    for (size_t i = 0; i < KNOWN_COUNT; i++) {
        const char *value = value_of(argument[0], known[i].option, argument + 1);
        if (!value)
            continue;
        if (!*value) {
            usage(options, "%s needs a value", known[i].option);
            return 0;
        }
        if (add(options, known[i].key, value, known[i].option)) {
            usage(options, "more than %d options", OPTIONS_MAX);
            return 0;
        }
        return value == argument[1] ? 2 : 1;
    }
    usage(options, "unknown option %.80s", argument[0]);
    return 0;
}

static bool is(const char *argument, const char *a, const char *b)
{
    return strcmp(argument, a) == 0 || strcmp(argument, b) == 0;
}

/* The one that takes no value. */
static enum options_action read_watch(struct options *options)
{
    const char *value = getenv("WSRELAY_WATCH");
    if (!value || !*value || strcmp(value, "0") == 0)
        return OPTIONS_RUN;
    options->watches = true;
    return strcmp(value, "1") == 0 ? OPTIONS_RUN : usage(options, "WSRELAY_WATCH is 0 or 1");
}

enum options_action options_parse(struct options *options, int argc, char **argv)
{
    memset(options, 0, sizeof(*options));
    if (read_environment(options))
        return usage(options, "too many values in the environment");
    if (read_watch(options) == OPTIONS_USAGE)
        return OPTIONS_USAGE;
    for (int i = 1; i < argc;) {
        if (is(argv[i], "--help", "-h"))
            return OPTIONS_HELP;
        if (is(argv[i], "--version", "-V"))
            return OPTIONS_VERSION;
        if (strcmp(argv[i], "--watch") == 0) {
            options->watches = true;
            i++;
        } else if (argv[i][0] == '-') {
            int taken = take_option(options, argv + i);
            if (!taken)
                return OPTIONS_USAGE;
            i += taken;
        } else if (i == 1 && strcmp(argv[i], "run") == 0) {
            i++;
        } else if (options->main_path) {
            return usage(options, "one main.lua only, and %.80s is another", argv[i]);
        } else {
            options->main_path = argv[i++];
        }
    }
    return options->main_path ? OPTIONS_RUN : usage(options, "which main.lua?");
}

void options_deinit(struct options *options)
{
    free(options->peers);
}

/* cli.h — the commands of the program: everything behind `wsrelay-engine WORD`, but `run`.
 *
 * Each takes the arguments from its own name on (argv[0] is "token") and returns the process' exit
 * code: 0 fine, 1 what it was about went wrong, 2 wrong use. What it says to a person goes to
 * standard error, what was asked for to standard output. */
#ifndef WSRELAY_CLI_CLI_H
#define WSRELAY_CLI_CLI_H

enum cli_exit { CLI_FINE = 0, CLI_FAILED = 1, CLI_USAGE = 2 };

/* test: runs specs with the test kit (busted's options, --main FILE, paths). `argv` is changed. */
int cli_test(int argc, char **argv);

/* ctl: a command for the node that runs (engine/control.h). */
int cli_ctl(int argc, char **argv);

/* token: a new random node token. */
int cli_token(int argc, char **argv);

/* check: loads a main.lua as run would; its mistakes, or what it would run with. */
int cli_check(int argc, char **argv);

/* init: a directory with a main.lua, policies and specs to start from. */
int cli_init(int argc, char **argv);

/* Says what was used wrongly; CLI_USAGE. */
int cli_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif

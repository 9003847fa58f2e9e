/* cli.c — what the commands have in common. */
#include "cli/cli.h"

#include <stdarg.h>
#include <stdio.h>

int cli_usage(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("wsrelay-engine: ", stderr);
    vfprintf(stderr, format, arguments);
    fputs("\ntry wsrelay-engine --help\n", stderr);
    va_end(arguments);
    return CLI_USAGE;
}

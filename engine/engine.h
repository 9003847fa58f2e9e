/* engine.h — a node as a whole: the only file that sees all the others is engine.c. */
#ifndef WSRELAY_ENGINE_H
#define WSRELAY_ENGINE_H

#include "base/err.h"
#include "script/script.h"

/* What the command line gave. All strings are borrowed for the run. */
struct engine_options {
    const char *main_path;
    const char *scripts_path, *policies_path; /* the installed ones */
    const struct script_option *options;
    size_t option_count;
    bool watches; /* reload when a script changes */
};

enum engine_exit { EXIT_FINE = 0, EXIT_CONFIGURATION = 1, EXIT_USAGE = 2 };

/* Runs a node until a signal ends it; the process' exit code. HUP reloads; TERM and INT drain, then
 * end, a second one ends at once; USR2 drains only. */
enum engine_exit engine_run(const struct engine_options *options);

#endif

/* script_fixture.h — a directory with a main.lua and policies of the test's own, loaded for real.
 *
 * Runs in the source's root: the installed scripts and policies are scripts/ and policies/ there.
 */
#ifndef WSRELAY_TESTS_SCRIPT_FIXTURE_H
#define WSRELAY_TESTS_SCRIPT_FIXTURE_H

#include "base/buf.h"
#include "script/script.h"

struct script_fixture {
    char directory[64];
    struct log log;
    struct buf lines;                           /* what was logged */
    struct buf error;                           /* of the last load; ends with a NUL */
    uint64_t generation;                        /* of the next load; 0: the first */
    const struct script_simulation *simulation; /* of the next load */
    struct script *script;
    struct hooks hooks;
};

void script_fixture_init(struct script_fixture *fixture);
void script_fixture_deinit(struct script_fixture *fixture); /* removes the directory */

/* Writes a file below the directory; its folder is made. */
void script_fixture_write(struct script_fixture *fixture, const char *name, const char *text);

/* Loads `main` (below the directory); what script_load answers. */
int script_fixture_load(struct script_fixture *fixture, const char *main,
                        const struct script_option *options, size_t option_count);

/* Writes policies/<file>.lua beside a plain main.lua and loads both; asserts that it works. */
void script_fixture_policy(struct script_fixture *fixture, const char *file, const char *text);

/* Asserts that the last load failed with "<directory>/<message>". */
void script_fixture_assert_error(const struct script_fixture *fixture, const char *message);
/* The same, where the end depends on how fast the machine is. */
void script_fixture_assert_error_begins(const struct script_fixture *fixture, const char *begin);

#endif

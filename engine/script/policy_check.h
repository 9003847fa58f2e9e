/* policy_check.h — every policy file looked at by itself, for `wsrelay-engine check`. */
#ifndef WSRELAY_SCRIPT_POLICY_CHECK_H
#define WSRELAY_SCRIPT_POLICY_CHECK_H

#include <stddef.h>

#include "script/policy.h"

/* Loads each file in a state of its own; adds the first mistake of each, with a newline. How many.
 */
size_t policy_check_files(const struct policies_source *source, struct buf *problems);

/* Adds a line for each *.lua in the directory that is no policy. Specs may stand there. */
void policy_check_names(const char *directory, struct buf *notes);

#endif

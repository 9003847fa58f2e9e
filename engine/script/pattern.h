/* pattern.h — a matcher of Lua patterns that counts its steps.
 *
 * Lua's own backtracks without end inside one C call, where no budget reaches: `("a?"):rep(26) ..
 * ("a"):rep(26)` on 26 times `a` runs for seconds. This one takes the same patterns, with the same
 * results and errors, and tells how far it went. Source: Lua 5.4 reference manual, section 6.4.1.
 */
#ifndef WSRELAY_SCRIPT_PATTERN_H
#define WSRELAY_SCRIPT_PATTERN_H

#include <stddef.h>
#include <stdint.h>

#define PATTERN_CAPTURES_MAX 32
#define PATTERN_CAPTURE_OPEN (-1)     /* its ')' was not met */
#define PATTERN_CAPTURE_POSITION (-2) /* `()` */

struct pattern_capture {
    const char *at;
    ptrdiff_t len; /* or one of the two above */
};

/* One subject and one pattern; the caller fills in what comes before capture_count, and the
 * functions. */
struct pattern {
    const char *subject, *subject_end;
    const char *end; /* of the pattern */
    unsigned capture_count;
    struct pattern_capture captures[PATTERN_CAPTURES_MAX];
    unsigned depth;
    uint32_t steps;
    /* Called after every PATTERN_STEPS steps, and for a pattern that is none. Both may leave by a
     * long jump: nothing is held. */
    void (*spend)(void *context, uint32_t steps);
    void (*fail)(void *context, const char *message);
    void *context;
};

#define PATTERN_STEPS 1000

/* Whether a pattern has no special character, so that it is found as it stands. */
int pattern_is_plain(const char *pattern, size_t len);

/* The end of a match of the pattern from `at` on, which begins at `subject`; NULL when there is
 * none. Captures are those of this match. */
const char *pattern_match(struct pattern *match, const char *at, const char *pattern);

#endif

/* pattern.c — a backtracking matcher, one small function for each kind of item. See pattern.h. */
#include "script/pattern.h"

#include <ctype.h>
#include <string.h>

#define ESCAPE '%'
#define SET_PER_STEP 8 /* characters of a set that cost as much as one step */
#define DEPTH_MAX 200  /* as Lua has it: nested repetitions of one pattern */

static const char *match_here(struct pattern *match, const char *at, const char *item);

static void step(struct pattern *match)
{
    uint32_t steps = ++match->steps;
    if (steps < PATTERN_STEPS)
        return;
    match->steps = 0;
    match->spend(match->context, steps);
}

int pattern_is_plain(const char *pattern, size_t len)
{
    static const char specials[] = "^$*+?.([%-";
    for (size_t i = 0; i < len; i++)
        if (pattern[i] != '\0' && strchr(specials, pattern[i]))
            return 0;
    return 1;
}

/* Single characters. */

static int is_in_class(int byte, int class)
{
    int is_in;
    switch (tolower(class)) {
    case 'a':
        is_in = isalpha(byte);
        break;
    case 'c':
        is_in = iscntrl(byte);
        break;
    case 'd':
        is_in = isdigit(byte);
        break;
    case 'g':
        is_in = isgraph(byte);
        break;
    case 'l':
        is_in = islower(byte);
        break;
    case 'p':
        is_in = ispunct(byte);
        break;
    case 's':
        is_in = isspace(byte);
        break;
    case 'u':
        is_in = isupper(byte);
        break;
    case 'w':
        is_in = isalnum(byte);
        break;
    case 'x':
        is_in = isxdigit(byte);
        break;
    case 'z': /* of Lua 5.1, and still known */
        is_in = byte == 0;
        break;
    default:
        return class == byte;
    }
    return isupper(class) ? !is_in : is_in != 0;
}

/* Behind the set that begins at `item`, a '['. A ']' that comes first belongs to it. */
static const char *set_end(struct pattern *match, const char *item)
{
    item++;
    if (item < match->end && *item == '^')
        item++;
    do {
        if (item >= match->end)
            match->fail(match->context, "malformed pattern (missing ']')");
        if (*item++ == ESCAPE) {
            if (item >= match->end)
                match->fail(match->context, "malformed pattern (missing ']')");
            item++;
        }
    } while (item >= match->end || *item != ']');
    return item + 1;
}

/* Behind the item that stands for one character. */
static const char *single_end(struct pattern *match, const char *item)
{
    if (*item == '[')
        return set_end(match, item);
    if (*item != ESCAPE)
        return item + 1;
    if (item + 1 == match->end)
        match->fail(match->context, "malformed pattern (ends with '%')");
    return item + 2;
}

/* `item` is the '[', `last` the ']'. */
static int is_in_set(int byte, const char *item, const char *last)
{
    int found = 1;
    if (item[1] == '^') {
        found = 0;
        item++;
    }
    while (++item < last) {
        if (*item == ESCAPE) {
            item++;
            if (is_in_class(byte, (unsigned char)*item))
                return found;
        } else if (item[1] == '-' && item + 2 < last) {
            if ((unsigned char)item[0] <= byte && byte <= (unsigned char)item[2])
                return found;
            item += 2;
        } else if ((unsigned char)*item == byte) {
            return found;
        }
    }
    return !found;
}

static int is_single(struct pattern *match, const char *at, const char *item, const char *behind)
{
    match->steps += (uint32_t)((behind - item) / SET_PER_STEP);
    step(match);
    if (at >= match->subject_end)
        return 0;
    int byte = (unsigned char)*at;
    if (*item == '.')
        return 1;
    if (*item == ESCAPE)
        return is_in_class(byte, (unsigned char)item[1]);
    if (*item == '[')
        return is_in_set(byte, item, behind - 1);
    return (unsigned char)*item == byte;
}

/* Repetitions. `behind` is the suffix. */

static const char *match_most(struct pattern *match, const char *at, const char *item,
                              const char *behind)
{
    ptrdiff_t count = 0;
    while (is_single(match, at + count, item, behind))
        count++;
    for (; count >= 0; count--) {
        const char *end = match_here(match, at + count, behind + 1);
        if (end)
            return end;
    }
    return NULL;
}

static const char *match_least(struct pattern *match, const char *at, const char *item,
                               const char *behind)
{
    for (;;) {
        const char *end = match_here(match, at, behind + 1);
        if (end || !is_single(match, at, item, behind))
            return end;
        at++;
    }
}

/* Captures. */

static const char *match_capture_open(struct pattern *match, const char *at, const char *item,
                                      ptrdiff_t kind)
{
    if (match->capture_count >= PATTERN_CAPTURES_MAX)
        match->fail(match->context, "too many captures");
    match->captures[match->capture_count++] = (struct pattern_capture){at, kind};
    const char *end = match_here(match, at, item);
    if (!end)
        match->capture_count--;
    return end;
}

static const char *match_capture_close(struct pattern *match, const char *at, const char *item)
{
    unsigned i = match->capture_count;
    while (i > 0 && match->captures[i - 1].len != PATTERN_CAPTURE_OPEN)
        i--;
    if (i == 0)
        match->fail(match->context, "invalid pattern capture");
    struct pattern_capture *capture = &match->captures[i - 1];
    capture->len = at - capture->at;
    const char *end = match_here(match, at, item + 1);
    if (!end)
        capture->len = PATTERN_CAPTURE_OPEN;
    return end;
}

static void fail_index(struct pattern *match, char digit)
{
    char message[] = "invalid capture index %0";
    *strchr(message, '0') = digit;
    match->fail(match->context, message);
}

/* `%1` to `%9`: the same text again. */
static const char *match_capture_again(struct pattern *match, const char *at, char digit)
{
    unsigned index = (unsigned)(digit - '1');
    if (digit == '0' || index >= match->capture_count ||
        match->captures[index].len == PATTERN_CAPTURE_OPEN)
        fail_index(match, digit);
    const struct pattern_capture *capture = &match->captures[index];
    size_t len =
        (size_t)capture->len; /* a position is longer than any subject, and never matches */
    for (size_t i = 0; i < len / 64 && capture->len > 0; i++)
        step(match);
    if ((size_t)(match->subject_end - at) >= len && memcmp(capture->at, at, len) == 0)
        return at + len;
    return NULL;
}

/* `%bxy` and `%f[set]`. */

static const char *match_balanced(struct pattern *match, const char *at, const char *item)
{
    if (item + 1 >= match->end)
        match->fail(match->context, "malformed pattern (missing arguments to '%b')");
    if (at >= match->subject_end || *at != item[0])
        return NULL;
    for (size_t open = 1; ++at < match->subject_end;) {
        step(match);
        if (*at == item[1]) {
            if (--open == 0)
                return at + 1;
        } else if (*at == item[0]) {
            open++;
        }
    }
    return NULL;
}

/* Whether the set begins to hold between the character before `at` and the one there. */
static int is_frontier(const struct pattern *match, const char *at, const char *set,
                       const char *behind)
{
    int before = at == match->subject ? '\0' : (unsigned char)at[-1];
    int here = at < match->subject_end ? (unsigned char)*at : '\0';
    return !is_in_set(before, set, behind - 1) && is_in_set(here, set, behind - 1);
}

static const char *frontier_set_end(struct pattern *match, const char *set)
{
    if (set >= match->end || *set != '[')
        match->fail(match->context, "missing '[' after '%f' in pattern");
    return set_end(match, set);
}

/* An item that begins with '%' and stands for more than a character: 1 when it is one. `*at`
 * becomes NULL when it does not match, else moves with `*item`. */
static int match_escape(struct pattern *match, const char **at, const char **item)
{
    const char *set = *item + 2;
    switch (*item + 1 < match->end ? (*item)[1] : '\0') {
    case 'b':
        *at = match_balanced(match, *at, set);
        *item += 4;
        return 1;
    case 'f': {
        const char *behind = frontier_set_end(match, set);
        if (!is_frontier(match, *at, set, behind))
            *at = NULL;
        *item = behind;
        return 1;
    }
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
        *at = match_capture_again(match, *at, (*item)[1]);
        *item += 2;
        return 1;
    default:
        return 0;
    }
}

/* A single character with its suffix. 1: go on behind it at the new `*at`; 0: `*at` is the result.
 */
static int match_single(struct pattern *match, const char **at, const char **item)
{
    const char *behind = single_end(match, *item);
    match->steps += (uint32_t)((behind - *item) / SET_PER_STEP);
    char suffix = behind < match->end ? *behind : '\0';
    if (suffix == '*') {
        *at = match_most(match, *at, *item, behind);
        return 0;
    }
    if (suffix == '-') {
        *at = match_least(match, *at, *item, behind);
        return 0;
    }
    int is_one = is_single(match, *at, *item, behind);
    if (suffix == '+') {
        *at = is_one ? match_most(match, *at + 1, *item, behind) : NULL;
        return 0;
    }
    if (suffix != '?') {
        *at = is_one ? *at + 1 : NULL;
        *item = behind;
        return is_one;
    }
    const char *end = is_one ? match_here(match, *at + 1, behind + 1) : NULL;
    *item = behind + 1;
    if (end)
        *at = end;
    return !end;
}

/* A '(' or ')' : the rest of the pattern is matched behind it. */
static const char *match_parenthesis(struct pattern *match, const char *at, const char *item)
{
    if (*item == ')')
        return match_capture_close(match, at, item);
    if (item + 1 < match->end && item[1] == ')')
        return match_capture_open(match, at, item + 2, PATTERN_CAPTURE_POSITION);
    return match_capture_open(match, at, item + 1, PATTERN_CAPTURE_OPEN);
}

static const char *match_items(struct pattern *match, const char *at, const char *item)
{
    while (at && item != match->end) {
        step(match);
        if (*item == '(' || *item == ')')
            return match_parenthesis(match, at, item);
        if (*item == '$' && item + 1 == match->end)
            return at == match->subject_end ? at : NULL;
        if (*item == ESCAPE && match_escape(match, &at, &item))
            continue;
        if (!match_single(match, &at, &item))
            return at;
    }
    return at;
}

static const char *match_here(struct pattern *match, const char *at, const char *item)
{
    if (++match->depth > DEPTH_MAX)
        match->fail(match->context, "pattern too complex");
    const char *end = match_items(match, at, item);
    match->depth--;
    return end;
}

const char *pattern_match(struct pattern *match, const char *at, const char *pattern)
{
    match->capture_count = 0;
    match->depth = 0;
    return match_here(match, at, pattern);
}

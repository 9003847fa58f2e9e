/* proc_text.c — see proc_text.h. */
#include "host/proc_text.h"

#include <string.h>

const char *proc_next_line(const char *at)
{
    const char *end = strchrnul(at, '\n');
    return *end ? end + 1 : end;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool proc_read_number(const char **at, uint64_t *number)
{
    const char *digit = *at + strspn(*at, " \t");
    if (!is_digit(*digit))
        return false;
    *number = 0;
    for (; is_digit(*digit); digit++) {
        uint64_t units = (uint64_t)(*digit - '0');
        if (*number > (UINT64_MAX - units) / 10)
            *number = UINT64_MAX;
        else
            *number = *number * 10 + units;
    }
    *at = digit;
    return true;
}

bool proc_read_numbers(const char **at, uint64_t *numbers, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (!proc_read_number(at, &numbers[i]))
            return false;
    return true;
}

/* err.c — see err.h. */
#include "base/err.h"

const char *relay_err_text(int err)
{
    switch ((enum relay_err)err) {
    case RELAY_OK:
        return "ok";
    case RELAY_ENOMEM:
        return "out of memory";
    case RELAY_EINVAL:
        return "invalid";
    case RELAY_EFULL:
        return "full";
    case RELAY_ESYNTAX:
        return "syntax error";
    case RELAY_ESYSTEM:
        return "system error";
    case RELAY_ESCRIPT:
        return "script error";
    }
    return "unknown error";
}

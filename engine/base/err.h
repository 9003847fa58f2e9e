/* err.h — the failures that the engine's functions return.
 *
 * A function that can fail returns an int: 0, or a negative enum relay_err. A denial by a policy is
 * a value and no failure. */
#ifndef WSRELAY_BASE_ERR_H
#define WSRELAY_BASE_ERR_H

enum relay_err {
    RELAY_OK = 0,
    RELAY_ENOMEM = -1,  /* no memory, or a bound on it is reached */
    RELAY_EINVAL = -2,  /* what was given does not fit what was asked for */
    RELAY_EFULL = -3,   /* a bounded queue or table is full */
    RELAY_ESYNTAX = -4, /* text that does not parse */
    RELAY_ESYSTEM =
        -5, /* the operating system or a library refused; it was logged where it happened */
    RELAY_ESCRIPT = -6, /* a Lua script raised; it was logged where it happened */
};

#define RELAY_MUST_USE __attribute__((warn_unused_result))

/* The name of a code for a log line: "out of memory". Never NULL. */
const char *relay_err_text(int err);

#endif

/* web.h — HTTP requests that the scripts answer, as function pointers between socket/ and script/.
 *
 * A request is asked as JSON ({"method","path","query","address","headers","is_authorized"}) and
 * answered once, at once or much later. The surprising rule: `end` may come before `ask` returns.
 */
#ifndef WSRELAY_WEB_H
#define WSRELAY_WEB_H

#include <stdbool.h>

#include "hooks.h"

/* All of it is the giver's, for the call. */
struct web_answer {
    unsigned status;
    struct text type;    /* of the body */
    struct text headers; /* more lines, each with its CRLF */
    struct text body;
};

struct task;

/* A request, and whoever waits for its answer; the asker's storage from `ask` to `end` or `cancel`.
 */
struct web_request {
    void *context;
    void (*end)(void *context, const struct web_answer *answer);
    struct task *task; /* the script's */
};

struct web {
    void *context;
    /* Whether scripts answer this path on the node's ordinary listeners. */
    bool (*is_public)(void *context, struct text path);
    /* RELAY_EFULL, RELAY_ENOMEM: nobody answers, and `end` is not called. */
    int (*ask)(void *context, struct text request, struct web_request *asked);
    /* Nobody waits any more: the handler ends where it is. Twice is once. */
    void (*cancel)(struct web_request *asked);
};

#endif

/* loop_lag.h — measures the turns of the engine's loop (base/lag.h).
 *
 * A part of engine.c, its storage: loop_lag_open before any other prepare handle is started, since
 * libuv runs the one that was started first last; loop_lag_close ends its handles. It wakes
 * nobody: an idle node stays asleep. */
#ifndef WSRELAY_LOOP_LAG_H
#define WSRELAY_LOOP_LAG_H

#include <stdbool.h>
#include <uv.h>

#include "base/lag.h"

struct loop_lag {
    uv_check_t check;
    uv_prepare_t prepare;
    uint64_t came_ms; /* when the last wait ended */
    bool has_waited;  /* before, it was the start */
    struct lag lag;
};

void loop_lag_open(struct loop_lag *loop_lag, uv_loop_t *loop);
void loop_lag_close(struct loop_lag *loop_lag);

#endif

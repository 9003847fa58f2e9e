/* loop_lag.c — see loop_lag.h. */
#include "loop_lag.h"

/* libuv read the clock when the wait ended, and has run what came since. */
static void on_check(uv_check_t *check)
{
    struct loop_lag *loop_lag = check->data;
    loop_lag->came_ms = uv_now(check->loop);
    loop_lag->has_waited = true;
}

/* The next wait begins. The clock that is read here is the loop's own: its timers gain by it. */
static void on_prepare(uv_prepare_t *prepare)
{
    struct loop_lag *loop_lag = prepare->data;
    uv_update_time(prepare->loop);
    if (loop_lag->has_waited)
        lag_add(&loop_lag->lag, uv_now(prepare->loop) - loop_lag->came_ms);
}

void loop_lag_open(struct loop_lag *loop_lag, uv_loop_t *loop)
{
    uv_check_init(loop, &loop_lag->check);
    uv_prepare_init(loop, &loop_lag->prepare);
    loop_lag->check.data = loop_lag->prepare.data = loop_lag;
    uv_check_start(&loop_lag->check, on_check);
    uv_prepare_start(&loop_lag->prepare, on_prepare);
}

void loop_lag_close(struct loop_lag *loop_lag)
{
    uv_close((uv_handle_t *)&loop_lag->check, NULL);
    uv_close((uv_handle_t *)&loop_lag->prepare, NULL);
}

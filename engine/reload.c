/* reload.c — see reload.h. */
#include "reload.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hash_worker.h"
#include "protocol/utf8.h"
#include "script/unix_clock.h"

#define ERROR_MAX 4096

struct reload_waiter {
    struct list node;
    reload_done *done;
    void *context;
};

/* On the thread: it sees no other state than what it makes itself. */
static void load(void *context)
{
    struct reload *reload = context;
    struct script_source source = reload->source;
    source.generation++;
    source.files = &reload->files;
    reload->err = script_load(&reload->script, &source, &reload->error);
    if (!reload->err)
        reload->err =
            sockets_prepare(&reload->change, script_config(reload->script), &reload->error);
    OPENSSL_thread_stop();
    uv_async_send(&reload->loaded);
}

/* With all signals blocked there: they are the loop's. */
static int start_thread(struct reload *reload)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int err = uv_thread_create(&reload->thread, load, reload);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return err ? RELAY_ESYSTEM : 0;
}

static void answer(struct list *waiters, uint64_t generation, const char *error)
{
    struct list *node;
    while ((node = list_shift(waiters)) != NULL) {
        struct reload_waiter *waiter = list_entry(node, struct reload_waiter, node);
        waiter->done(waiter->context, generation, error);
        free(waiter);
    }
}

static void move_all(struct list *to, struct list *from)
{
    struct list *node;
    while ((node = list_shift(from)) != NULL)
        list_append(to, node);
}

/* What a reload replaced is given back where it holds nobody. */
struct leftovers {
    uv_work_t work;
    struct sockets_change change;
};

static void give_back(uv_work_t *work)
{
    struct leftovers *leftovers = work->data;
    sockets_change_deinit(&leftovers->change);
    OPENSSL_thread_stop();
}

static void given_back(uv_work_t *work, int status)
{
    (void)status;
    free(work->data);
}

static void drop(struct reload *reload)
{
    struct leftovers *leftovers = malloc(sizeof(*leftovers));
    struct sockets_change change = reload->change;
    reload->change = (struct sockets_change){0};
    if (leftovers) {
        leftovers->change = change;
        leftovers->work.data = leftovers;
    }
    if (leftovers && hash_worker_queue(reload->loop, &leftovers->work, give_back, given_back) == 0)
        return;
    free(leftovers);
    sockets_change_deinit(&change);
}

/* How many bytes of the text are its first line and valid, a refusal's room at most. */
static size_t first_line(const struct buf *text)
{
    size_t len = text->len < SCRIPT_REFUSAL_MAX ? text->len : SCRIPT_REFUSAL_MAX - 1;
    const char *end = memchr(text->bytes, '\n', len);
    len = end ? (size_t)(end - text->bytes) : len;
    while (!utf8_is_valid(text->bytes, len))
        len--;
    return len;
}

static void count_refusal(struct reload *reload)
{
    struct script_reloads *tally = &reload->tally;
    size_t len = first_line(&reload->error);
    memcpy(tally->refusal, reload->error.bytes, len);
    tally->refusal[len] = '\0';
    tally->refused_at = unix_clock_read(&(struct unix_clock){0});
    tally->refused++;
}

/* The generation is taken, or nothing of it is left. */
static void settle(struct reload *reload)
{
    uint64_t stopped_us = uv_hrtime() / 1000;
    if (!reload->err)
        reload->err = reload->calls.take(reload->calls.context, reload->script, &reload->change,
                                         &reload->error);
    reload->calls.over(reload->calls.context, &reload->files, reload->err != 0);
    uint64_t now_us = uv_hrtime() / 1000;
    const struct log *log = reload->source.log;
    if (reload->err) {
        script_free(reload->script);
        sockets_change_deinit(&reload->change);
        if (reload->error.len == 0)
            buf_add_text(&reload->error, relay_err_text(reload->err));
        count_refusal(reload);
        log_error(log, "reload refused", LOG_STRN("error", reload->error.bytes, reload->error.len));
    } else {
        reload->source.generation++;
        reload->tally.done++;
        drop(reload);
        log_info(log, "reloaded", LOG_INT("loaded_us", stopped_us - reload->began_us),
                 LOG_INT("stopped_us", now_us - stopped_us));
    }
    reload->script = NULL;
}

static void tell(struct reload *reload)
{
    struct list waiters; /* `done` may ask for another reload */
    list_init(&waiters);
    move_all(&waiters, &reload->waiting);
    buf_add_byte(&reload->error, '\0');
    const char *error = reload->error.failed ? "out of memory" : reload->error.bytes;
    answer(&waiters, reload->source.generation, reload->err ? error : NULL);
}

static void begin(struct reload *reload)
{
    reload->is_wanted = false;
    move_all(&reload->waiting, &reload->later);
    buf_clear(&reload->error);
    buf_clear(&reload->files);
    reload->script = NULL;
    reload->change = (struct sockets_change){0};
    reload->began_us = uv_hrtime() / 1000;
    reload->is_loading = true;
    reload->calls.begins(reload->calls.context);
    reload->err = start_thread(reload);
    reload->has_thread = !reload->err;
    if (!reload->has_thread)
        uv_async_send(&reload->loaded);
}

static void on_impatient(uv_timer_t *timer)
{
    const struct reload *reload = timer->data;
    log_warn(reload->source.log, "stopped while scripts load that do not end");
    _exit(0);
}

static void release(struct reload *reload)
{
    uv_close((uv_handle_t *)&reload->patience, NULL);
    buf_deinit(&reload->error);
    buf_deinit(&reload->files);
    uv_close((uv_handle_t *)&reload->loaded, NULL);
}

/* While it is handed over and told of, what is asked for is a next one. */
static void on_loaded(uv_async_t *async)
{
    struct reload *reload = async->data;
    if (!reload->is_loading)
        return;
    if (reload->has_thread)
        uv_thread_join(&reload->thread);
    if (!reload->is_closing) {
        settle(reload);
        tell(reload);
    }
    reload->is_loading = false;
    if (reload->is_closing) {
        script_free(reload->script);
        sockets_change_deinit(&reload->change);
        release(reload);
    } else if (reload->is_wanted) {
        begin(reload);
    }
}

int reload_open(struct reload *reload, uv_loop_t *loop, const struct script_source *source,
                const struct reload_calls *calls)
{
    *reload = (struct reload){.source = *source, .calls = *calls};
    list_init(&reload->waiting);
    list_init(&reload->later);
    buf_init(&reload->error, ERROR_MAX);
    if (uv_async_init(loop, &reload->loaded, on_loaded))
        return RELAY_ESYSTEM;
    uv_timer_init(loop, &reload->patience);
    reload->loaded.data = reload->patience.data = reload;
    reload->loop = loop;
    return 0;
}

int reload_begin(struct reload *reload, reload_done *done, void *context)
{
    if (reload->is_closing)
        return RELAY_EINVAL;
    if (done) {
        struct reload_waiter *waiter = malloc(sizeof(*waiter));
        if (!waiter)
            return RELAY_ENOMEM;
        *waiter = (struct reload_waiter){.done = done, .context = context};
        list_append(&reload->later, &waiter->node);
    }
    reload->is_wanted = true;
    if (!reload->is_loading)
        begin(reload);
    return 0;
}

void reload_close(struct reload *reload)
{
    if (!reload->loop || reload->is_closing)
        return;
    reload->is_closing = true;
    answer(&reload->waiting, reload->source.generation, "the node ends");
    answer(&reload->later, reload->source.generation, "the node ends");
    if (!reload->is_loading)
        release(reload);
    else
        uv_timer_start(&reload->patience, on_impatient, RELOAD_PATIENCE_MS, 0);
}

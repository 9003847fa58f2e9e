/* engine.c — the composition root: makes the parts, joins them, takes signals, ends in order. See
 * engine.h. */
#include "engine.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "control.h"
#include "crypto/random.h"
#include "drain.h"
#include "generations.h"
#include "hash_worker.h"
#include "loop_lag.h"
#include "mesh_loop.h"
#include "relay/relay.h"
#include "reload.h"
#include "script/unix_clock.h"
#include "service.h"
#include "socket/sockets.h"
#include "stderr_log.h"
#include "store_worker.h"
#include "watch.h"

#define ERROR_MAX 4096

static const int signals[] = {SIGHUP, SIGTERM, SIGINT, SIGUSR2};
#define SIGNAL_COUNT (sizeof(signals) / sizeof(signals[0]))

struct engine {
    const struct engine_options *options;
    uv_loop_t loop;
    struct loop_lag loop_lag;
    uv_signal_t signals[SIGNAL_COUNT];
    struct drain drain;
    bool ends_when_drained;
    bool is_ending;

    struct log log;
    struct script *script; /* the generation that serves */
    struct generations generations;
    struct reload reload;
    struct watch watch;
    struct service service;
    uint64_t policy_failures; /* of generations that are gone */
    struct relay relay;
    struct mesh_loop mesh_loop;
    struct sockets *sockets;
    struct store_worker store_worker;
    struct script_stores stores;

    struct control *control; /* NULL before it was made */
    struct script_calls calls;
    struct web web;
    uint64_t started_ms;
    double started_at;         /* Unix seconds */
    uint64_t handler_failures; /* of generations that are gone */
};

static uint64_t loop_ms(void *context)
{
    return uv_now(context);
}

static struct script_source source_of(struct engine *engine)
{
    const struct engine_options *options = engine->options;
    return (struct script_source){
        .main_path = options->main_path,
        .scripts_path = options->scripts_path,
        .policies_path = options->policies_path,
        .options = options->options,
        .option_count = options->option_count,
        .log = &engine->log,
        .generation = 1,
    };
}

/* From now on `script` decides. */
static void take(struct engine *engine, struct script *script)
{
    const struct config *config = script_config(script);
    engine->script = script;
    engine->log.level = config->log_level;
    engine->log.format = config->log_format;
    engine->log.generation = script_generation(script);
    engine->relay.limits = config->limits.client;
    engine->relay.limits_version = script_generation(script);
    engine->relay.health_latency_ms = config->health_latency_ms;
    engine->relay.hooks = (struct hooks){0};
    script_hooks(script, &engine->relay.hooks);
    if (engine->relay.hash_jobs)
        hash_jobs_set_queue_max(engine->relay.hash_jobs, config->limits.hash_queue);
}

/* Reload. */

/* From now on `script` answers and is called. */
static void serve(struct engine *engine, struct generation *generation, struct script *script)
{
    mesh_loop_serve(&engine->mesh_loop, script);
    control_serve(engine->control, script);
    struct script_world world = mesh_loop_world(&engine->mesh_loop);
    world.stores = &engine->stores;
    if (generations_serve(&engine->generations, generation, world))
        log_error(&engine->log, "some timers do not run: out of memory");
}

/* What a new configuration moves, and may not. What had moved already goes back then. */
static int move(struct engine *engine, const struct config *config, struct buf *error)
{
    const struct config *now = script_config(engine->script);
    int err = control_apply(engine->control, config->control, error);
    if (!err)
        err = sockets_apply_admin(engine->sockets, config, error);
    if (!err)
        err = mesh_loop_configure(&engine->mesh_loop, config);
    if (!err)
        return 0;
    struct buf unused = {0};
    if (control_apply(engine->control, now->control, &unused) ||
        sockets_apply_admin(engine->sockets, now, &unused))
        log_error(&engine->log, "a refused reload could not be undone",
                  LOG_STRN("error", unused.bytes ? unused.bytes : "", unused.len));
    buf_deinit(&unused);
    return err;
}

/* A generation was loaded: all that can fail, then all that cannot. */
static int on_loaded(void *context, struct script *script, struct sockets_change *change,
                     struct buf *error)
{
    struct engine *engine = context;
    const struct config *config = script_config(script);
    const char *key = config_restart_key(script_config(engine->script), config);
    if (key) {
        buf_add_text(error, key);
        buf_add_text(error, " needs a restart to change");
        return RELAY_EINVAL;
    }
    int err = script_carry_state(script, engine->script, error);
    if (err)
        return err;
    struct generation *generation = generation_new(&engine->generations, script);
    if (!generation)
        return RELAY_ENOMEM;
    err = move(engine, config, error);
    if (err) {
        generation_forget(generation);
        return err;
    }
    sockets_apply(engine->sockets, config, change);
    engine->policy_failures += script_policy_failures(engine->script);
    engine->handler_failures += script_handler_failures(engine->script);
    take(engine, script);
    serve(engine, generation, script);
    return 0;
}

static void reload(struct engine *engine)
{
    if (reload_begin(&engine->reload, NULL, NULL))
        log_warn(&engine->log, "no reload: the node ends");
}

static void on_scripts_changed(void *context)
{
    reload(context);
}

static void on_reload_begins(void *context)
{
    struct engine *engine = context;
    service_reloading(&engine->service);
}

static void on_reload_over(void *context, const struct buf *files, bool is_refused)
{
    struct engine *engine = context;
    watch_set(&engine->watch, files, is_refused);
    service_ready(&engine->service, is_refused);
}

/* The end. */

static void log_counters(struct engine *engine)
{
    struct log_field
        fields[(sizeof(struct counters) + sizeof(struct mesh_counters)) / sizeof(uint64_t) + 2];
    size_t count = 0;
    uint64_t policy_failures = engine->policy_failures + script_policy_failures(engine->script);
#define COUNTER_FIELD(name)                                                                        \
    if (engine->relay.counters.name)                                                               \
        fields[count++] = LOG_INT(#name, engine->relay.counters.name);
    COUNTERS(COUNTER_FIELD)
#undef COUNTER_FIELD
    const struct mesh_counters *mesh_counts = mesh_counters(engine->mesh_loop.mesh);
#define MESH_COUNTER_FIELD(name)                                                                   \
    if (mesh_counts->name)                                                                         \
        fields[count++] = LOG_INT(#name, mesh_counts->name);
    MESH_COUNTERS(MESH_COUNTER_FIELD)
#undef MESH_COUNTER_FIELD
    if (policy_failures)
        fields[count++] = LOG_INT("policy_failures", policy_failures);
    fields[count] = (struct log_field){.key = NULL};
    log_event(&engine->log, LOG_INFO, "stopped", fields);
}

/* A signal that comes while the handlers are already gone must not change the exit code. */
static void block_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        sigaddset(&set, signals[i]);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static void end(struct engine *engine)
{
    if (engine->is_ending)
        return;
    engine->is_ending = true;
    block_signals();
    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        uv_close((uv_handle_t *)&engine->signals[i], NULL);
    drain_close(&engine->drain);
    loop_lag_close(&engine->loop_lag);
    watch_close(&engine->watch);
    service_close(&engine->service);
    reload_close(&engine->reload);
    control_close(engine->control);
    mesh_loop_close(&engine->mesh_loop);
    generations_close(&engine->generations);
    store_worker_close(&engine->store_worker);
    if (engine->sockets)
        sockets_close(engine->sockets);
}

static void on_drained(void *context)
{
    struct engine *engine = context;
    log_info(&engine->log, "drained", LOG_INT("left", engine->relay.client_count));
    service_status(&engine->service, "Drained: nobody is let in.");
    if (engine->ends_when_drained)
        end(engine);
}

static void drain(struct engine *engine)
{
    log_info(&engine->log, "draining", LOG_INT("clients", engine->relay.client_count));
    service_status(&engine->service, "Drains: clients are sent away.");
    sockets_stop_listening(engine->sockets);
    drain_begin(&engine->drain, script_config(engine->script)->drain_seconds);
}

/* What ctl asks. */

static int call_reload(void *context, void (*done)(void *, uint64_t, const char *),
                       void *done_context)
{
    struct engine *engine = context;
    return reload_begin(&engine->reload, done, done_context);
}

static void call_drain(void *context)
{
    struct engine *engine = context;
    if (!engine->relay.draining && !engine->is_ending)
        drain(engine);
}

static void call_status(void *context, struct script_status *status)
{
    const struct engine *engine = context;
    *status = (struct script_status){
        .started_ms = engine->started_ms,
        .started_at = engine->started_at,
        .lag = engine->loop_lag.lag,
        .connections = engine->sockets->count,
        .connections_max = engine->sockets->connections_max,
        .traces = control_traces(engine->control),
        .policy_failures = engine->policy_failures,
        .handler_failures = engine->handler_failures,
        .reloads = engine->reload.tally,
    };
}

static size_t call_end_traces(void *context)
{
    struct engine *engine = context;
    return control_end_traces(engine->control);
}

static size_t call_show(void *context, struct text text)
{
    struct engine *engine = context;
    return sockets_show(engine->sockets, text);
}

/* What HTTP asks. */

static bool web_is_public(void *context, struct text path)
{
    const struct engine *engine = context;
    return script_web_is_public(engine->script, path);
}

static int web_ask(void *context, struct text request, struct web_request *asked)
{
    struct engine *engine = context;
    return script_web(engine->script, request, asked);
}

static int open_control(struct engine *engine, struct buf *error)
{
    engine->started_ms = uv_now(&engine->loop);
    engine->started_at = unix_clock_read(&(struct unix_clock){0});
    engine->calls = (struct script_calls){engine,     call_status,     call_reload,
                                          call_drain, call_end_traces, call_show};
    engine->mesh_loop.calls = &engine->calls;
    engine->control = control_new(&engine->loop, &engine->relay);
    if (!engine->control)
        return RELAY_ENOMEM;
    return control_apply(engine->control, script_config(engine->script)->control, error);
}

static void on_end_signal(struct engine *engine)
{
    bool is_second = engine->ends_when_drained;
    bool was_drained = engine->relay.draining && !drain_is_active(&engine->drain); /* by USR2 */
    engine->ends_when_drained = true;
    service_stopping(&engine->service, script_config(engine->script)->drain_seconds);
    if (is_second || was_drained)
        end(engine);
    else if (!engine->relay.draining)
        drain(engine);
}

static void on_signal(uv_signal_t *signal, int number)
{
    struct engine *engine = signal->data;
    if (number == SIGHUP)
        reload(engine);
    else if (number != SIGUSR2)
        on_end_signal(engine);
    else if (!engine->relay.draining)
        drain(engine);
}

/* The beginning. */

static int open_loop(struct engine *engine)
{
    if (uv_loop_init(&engine->loop))
        return RELAY_ESYSTEM;
    loop_lag_open(&engine->loop_lag, &engine->loop);
    drain_open(&engine->drain, &engine->loop, &engine->relay, on_drained, engine);
    for (size_t i = 0; i < SIGNAL_COUNT; i++) {
        uv_signal_init(&engine->loop, &engine->signals[i]);
        engine->signals[i].data = engine;
        uv_signal_start(&engine->signals[i], on_signal, signals[i]);
    }
    if (engine->options->watches)
        watch_open(&engine->watch, &engine->loop, &engine->log, on_scripts_changed, engine);
    service_open(&engine->service, &engine->loop, &engine->log);
    signal(SIGPIPE, SIG_IGN);
    return 0;
}

static int open_relay(struct engine *engine, const struct hash_key *key)
{
    struct relay *relay = &engine->relay;
    relay->clock = (struct clock){.read_ms = loop_ms, .context = &engine->loop};
    relay->log = &engine->log;
    relay->hash_jobs = hash_jobs_new(hash_worker_on(&engine->loop), hash_worker_parallel(),
                                     script_config(engine->script)->limits.hash_queue, key);
    return relay->hash_jobs ? relay_init(relay, key) : RELAY_ENOMEM;
}

static int start(struct engine *engine, struct buf *error)
{
    const struct reload_calls calls = {engine, on_reload_begins, on_loaded, on_reload_over};
    struct hash_key key;
    struct script_source source = source_of(engine);
    struct script *script = NULL;
    struct buf files = {0};
    source.files = &files;
    int err = script_load(&script, &source, error);
    watch_set(&engine->watch, &files, false);
    buf_deinit(&files);
    source.files = NULL;
    if (err)
        return err;
    generations_open(&engine->generations, &engine->loop);
    take(engine, script);
    err = random_bytes(&key, sizeof(key));
    if (!err)
        err = open_relay(engine, &key);
    if (!err)
        err = mesh_loop_open(&engine->mesh_loop, &engine->loop, &engine->relay,
                             script_config(script), &key);
    if (!err)
        err = open_control(engine, error);
    if (!err)
        err = store_worker_open(&engine->store_worker, &engine->loop, &engine->log);
    if (!err)
        engine->stores = store_worker_stores(&engine->store_worker);
    if (!err)
        err = sockets_open(&engine->sockets, &engine->loop, &engine->relay, script_config(script),
                           &key, error);
    if (!err)
        err = reload_open(&engine->reload, &engine->loop, &source, &calls);
    struct generation *generation = err ? NULL : generation_new(&engine->generations, script);
    if (!err && !generation)
        err = RELAY_ENOMEM;
    if (!err) {
        engine->web = (struct web){engine, web_is_public, web_ask, script_web_cancel};
        sockets_set_web(engine->sockets, &engine->web);
        mesh_loop_connect(&engine->mesh_loop, engine->sockets);
        serve(engine, generation, script);
    }
    if (!err) {
        log_info(&engine->log, "started", LOG_STR("name", script_config(script)->name),
                 LOG_INT("pid", getpid()));
        service_ready(&engine->service, false);
    }
    return err;
}

static void release(struct engine *engine)
{
    if (engine->sockets)
        sockets_free(engine->sockets);
    uv_run(&engine->loop, UV_RUN_DEFAULT);
    if (uv_loop_close(&engine->loop))
        log_warn(&engine->log, "the loop did not close");
    if (engine->generations.serving)
        generations_free(&engine->generations); /* what their handlers wait for is cancelled */
    else
        script_free(engine->script);
    store_worker_deinit(&engine->store_worker); /* scripts hold stores */
    mesh_loop_deinit(&engine->mesh_loop);
    control_free(engine->control);
    if (engine->relay.hash_jobs)
        relay_deinit(&engine->relay);
    if (engine->relay.hash_jobs)
        hash_jobs_free(engine->relay.hash_jobs);
}

enum engine_exit engine_run(const struct engine_options *options)
{
    struct engine engine = {.options = options};
    struct buf error;
    buf_init(&error, ERROR_MAX);
    stderr_log_open(&engine.log);
    if (open_loop(&engine))
        return EXIT_CONFIGURATION;
    int err = start(&engine, &error);
    if (err) {
        fprintf(stderr, "wsrelay-engine: %.*s\n", error.len ? (int)error.len : -1,
                error.len ? error.bytes : relay_err_text(err));
        end(&engine);
    }
    uv_run(&engine.loop, UV_RUN_DEFAULT);
    if (!err)
        log_counters(&engine);
    release(&engine);
    buf_deinit(&error);
    return err ? EXIT_CONFIGURATION : EXIT_FINE;
}
